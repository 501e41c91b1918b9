"""Answers that nobody foresaw, given to what reads them: read, named as unreadable, or refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.broker import decode
from ibcli.broker.accounts import Accounts
from ibcli.broker.decode.values import UnreadableError, prose, text
from ibcli.broker.login import _expiry
from ibcli.broker.scrub import scrub, scrub_path
from ibcli.broker.wire import Answer, WireError, decode_written, said_in
from ibcli.broker.wire import decode as decode_answer
from ibcli.broker.wording import words_of
from ibcli.errors import LoginError, RefusedError
from tests.decode import order_answers as orders
from tests.decode.answers import DEFINITIONS, OPTION_CONTRACT_INFO, OPTION_ROW, SEARCH, info_row
from tests.hostile import poisons
from tests.hostile.amount import examples
from tests.hostile.victim import assert_harmless, is_harmful

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2025, 8, 18, 15, tzinfo=UTC)
# Each reader with a good answer of its endpoint.
READERS: dict[str, tuple[Callable[[Any], object], object]] = {
    "listings": (decode.decode_listings, SEARCH),
    "strikes": (decode.decode_strikes, {"call": [142.5, 143], "put": [143, 145.0]}),
    "option info": (
        lambda told: decode.decode_option_info(told, 1),
        [info_row(1, "C", "20250822"), info_row(2, "P", "20250829")],
    ),
    "contract info": (decode.decode_contract_info, OPTION_CONTRACT_INFO),
    "definitions": (decode.decode_definitions, DEFINITIONS),
    "rows": (
        lambda told: [decode.decode_quote(n, row) for n, row in decode.raw_rows(told).items()],
        [OPTION_ROW],
    ),
    "orders": (decode.decode_orders, {"orders": [orders.ORDER_ROW], "snapshot": True}),
    "order status": (decode.decode_order_status, orders.STATUS),
    "executions": (decode.decode_executions, [orders.TRADE]),
    "positions": (decode.decode_positions, [orders.OPTION_POSITION, orders.STOCK_POSITION]),
    "page size": (decode.page_size, [orders.OPTION_POSITION]),
    "question": (decode.decode_reply, [orders.QUESTION]),
    "placed": (decode.decode_reply, [orders.PLACED]),
    "prompt": (decode.decode_reply, orders.PROMPT),
    "cancelled": (decode.decode_cancel, {"msg": "Request was submitted", "order_id": 1}),
    "what-if": (decode.decode_what_if, orders.WHAT_IF),
    "rules": (decode.decode_rules, orders.RULES),
    "hours": (decode.decode_hours, orders.HOURS),
    "venue": (lambda told: decode.decode_venue_hours(told, [date(2025, 9, 2)]), [orders.VENUE]),
    "accounts": (Accounts.decoded, {"accounts": ["DU1"], "selectedAccount": "DU1"}),
}


def plain(value: Any) -> Any:
    """As the wire would bring it: what json reads of it."""
    return json.loads(json.dumps(value, default=float))


def leaves(value: object) -> list[object]:
    """All that a decoded value holds."""
    if isinstance(value, dict):
        return [leaf for item in (*value, *value.values()) for leaf in leaves(item)]
    if isinstance(value, tuple | list | set | frozenset):
        return [leaf for item in value for leaf in leaves(item)]
    slots = getattr(value, "__slots__", None)
    if slots is None or isinstance(value, Decimal):
        return [value]
    return [leaf for name in slots for leaf in leaves(getattr(value, name))]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.timeout(1800)
@examples(15, 1500)
@given(wanted=poisons.changes(), read_as=st.sampled_from([decode_answer, decode_written]))
def test_a_good_answer_poisoned_anywhere(
    name: str, wanted: list[poisons.Change], read_as: Callable[[Answer], Any]
) -> None:
    reader, good = READERS[name]
    body = poisons.written(poisons.changed(plain(good), wanted))
    try:
        found = reader(read_as(Answer(200, body, {})))
    except (WireError, RefusedError, UnreadableError, LoginError):
        return
    for leaf in leaves(found):
        if isinstance(leaf, str):
            assert_harmless(leaf)
            assert len(leaf) < 8000
        elif isinstance(leaf, Decimal):
            assert abs(leaf) != int(poisons.TELL)
            assert len(f"{leaf:f}") < 70


@pytest.mark.parametrize("body", poisons.BODIES, ids=range(len(poisons.BODIES)))
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_body_that_is_no_answer(body: str, status: int) -> None:
    answer = Answer(status, body, {})
    for read in (decode_answer, decode_written):
        try:
            read(answer)
        except WireError as failure:
            assert_harmless(scrub(failure.said))
    assert_harmless(scrub(said_in(body)))


@pytest.mark.parametrize("word", poisons.WORDS)
def test_a_text_is_fit_to_be_shown(word: str) -> None:
    for shown in (text(word), prose(word), scrub(word), scrub_path(word)):
        assert_harmless(shown or "")
        assert len(shown or "") <= 4000


def test_an_error_without_end_has_no_words() -> None:
    nested: object = "x"
    for _ in range(100_000):
        nested = {"message": nested}
    assert words_of(nested) == ""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert words_of(deep) == ""
    assert words_of({"message": ["a", ["b"], "c"]}) == "a; c"


@pytest.mark.parametrize("key", ["order_id", "orderId"])
@pytest.mark.parametrize("wrap", [lambda row: row, lambda row: [row]], ids=["alone", "in a list"])
def test_a_refusal_that_names_an_order_is_not_plain(
    key: str, wrap: Callable[[object], object]
) -> None:
    """There may be an order: it has to be looked for before anything is sent again."""
    told = decode.decode_reply(wrap({"error": "Something failed", key: "1900000001"}))
    assert told == decode.Refused("Something failed", is_plain=False)
    plainly = decode.decode_reply(wrap({"error": "Something failed"}))
    assert plainly == decode.Refused("Something failed")


@pytest.mark.parametrize("name", poisons.WORDS)
def test_an_account_is_named_in_letters_and_digits(name: str) -> None:
    """It goes into paths, and is shown before an order is confirmed."""
    found = Accounts.decoded({"accounts": [name, "DU1234567", 5, None], "selectedAccount": name})
    for each in (*found.ids, found.selected or ""):
        assert each.isascii()
        assert not set(each) & set("/\\?#%\x1b\r\n ")
    assert "DU1234567" in found.ids


def test_a_login_that_lasts_for_ever_lasts_a_day() -> None:
    for told in (9e15, 253402300799000, "Infinity", "nan", True, [1], None, -1, 10**400):
        expires = _expiry({"live_session_token_expiration": told}, NOW)
        assert expires == NOW + timedelta(hours=24)


def test_a_page_without_end_is_cut_and_that_is_said() -> None:
    listings = [{**SEARCH[1], "conid": str(number)} for number in range(1, 3001)]
    found = decode.decode_listings(listings)
    assert len(found.rows) == 1000
    assert found.odd == ("3000 listings were told: those after 1000 are left out",)
    strikes = decode.decode_strikes({"call": list(range(1, 5001)), "put": [5]})
    assert len(strikes.calls) == 2000
    assert strikes.odd == ("5000 call strikes were told: those after 2000 are left out",)
    contracts = [info_row(number, "C", "20250822") for number in range(1, 1001)]
    info = decode.decode_option_info(contracts, 1)
    assert len(info.rows) == 500
    assert info.odd == ("1000 contracts were told: those after 500 are left out",)


def test_not_every_unreadable_row_is_named() -> None:
    found = decode.decode_executions([{}] * 5000)
    assert len(found.odd) == 21
    assert found.odd[-1] == "4980 more could not be read in the answer about trades"


@pytest.mark.parametrize("told", [0, -1, 101, 10**300, True, "5", None, 2.5])
def test_a_page_that_says_it_is_longer_does_not_hide_the_next(told: object) -> None:
    assert decode.page_size([{**orders.OPTION_POSITION, "pageSize": told}]) == 100
    assert decode.page_size([{**orders.OPTION_POSITION, "pageSize": 30}]) == 30


@given(st.text())
def test_what_is_shown_is_harmless(word: str) -> None:
    assert not any(is_harmful(sign) for sign in scrub(word))
