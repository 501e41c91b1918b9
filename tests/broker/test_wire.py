"""Headers, errors and numbers of an answer; what is said of failures without one."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.broker.scrub import mask_accounts, scrub, scrub_path
from ibcli.broker.translate import translate, worth_another_try
from ibcli.broker.transport import failure_of
from ibcli.broker.wire import Answer, Kind, WireError, decode, said_in
from ibcli.config import load_settings

if TYPE_CHECKING:
    from ibcli.errors import IbcliError

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BEYOND = "Fri, 31 Dec 9999 23:59:59 -1200"  # no instant of UTC that Python can hold


def answer(text: str = "", status: int = 200, **headers: str) -> Answer:
    return Answer(status, text, {name.replace("_", "-"): each for name, each in headers.items()})


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Wed, 04 Mar 2026 05:06:37 GMT", 30.0),
        ("Wed, 04 Mar 2026 05:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (BEYOND, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(written: str, seconds: float | None) -> None:
    assert answer(Retry_After=written).retry_after(NOW) == seconds


@pytest.mark.parametrize(
    ("written", "instant"),
    [("Wed, 04 Mar 2026 05:06:07 GMT", NOW), ("yesterday", None), ("", None), (BEYOND, None)],
)
def test_the_servers_time(written: str, instant: datetime | None) -> None:
    assert answer(Date=written).server_time == instant
    assert answer().server_time is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"error": "plain"}', "plain"),
        ('{"error": "{\\"reason\\": \\"inner\\"}"}', "inner"),
        ('{"error": {"message": "nested"}}', "nested"),
        ('{"error": 5}', "5"),
        ('{"error": "[1]"}', "[1]"),
        ('{"message": "other name"}', "other name"),
        ('{"error": null}', ""),
        ("[]", ""),
        ("<html>", ""),
        ("", ""),
    ],
)
def test_the_words_of_an_error_body(text: str, words: str) -> None:
    assert said_in(text) == words


@given(st.text(max_size=60))
def test_whatever_comes_is_data_or_a_wire_error(text: str) -> None:
    with suppress(WireError):
        decode(answer(text))


def test_an_exception_that_is_no_failure_goes_on() -> None:
    bug = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        failure_of(bug)
    assert not worth_another_try(bug)


def without_an_answer(kind: Kind, **environ: str) -> IbcliError:
    settings = load_settings(environ=environ)
    return translate(WireError(kind, said="why not"), "/x", settings, login=True)


def test_an_unused_proxy_of_the_environment_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:open-sesame@proxy:1")
    found = without_an_answer(Kind.CONNECT)
    assert found.code == "proxy-needed"
    assert "HTTPS_PROXY" in found.message
    assert "open-sesame" not in found.message + found.hint
    used = without_an_answer(Kind.CONNECT, IBCLI_PROXY="http://proxy:1")
    assert used.code == "unreachable"
    here = without_an_answer(Kind.CONNECT, IB_API_URL="http://127.0.0.1:1/v1/api")
    assert here.code == "unreachable"
    monkeypatch.delenv("HTTPS_PROXY")
    assert without_an_answer(Kind.CONNECT).code == "unreachable"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order for U1234567 refused", "order for U***67 refused"),
        ("DU1234567,DF7654321", "DU***67,DF***21"),
        ("conid 653400472 of ARM at 143.5", "conid 653400472 of ARM at 143.5"),
    ],
)
def test_account_numbers_are_masked(text: str, shown: str) -> None:
    assert mask_accounts(text) == shown
    assert scrub(text) == shown


def test_a_logged_path_is_readable_and_hides_what_it_must() -> None:
    path = "/iserver/account/U1234567/x?conids=1%2C2&t=dG9rZW4tdG9rZW4%3D"
    shown = scrub_path(path, ["dG9rZW4tdG9rZW4="])
    assert shown == "/iserver/account/U***67/x?conids=1,2&t=***"


@given(st.text(max_size=400))
def test_scrubbed_text_is_one_short_printable_line(text: str) -> None:
    shown = scrub(text)
    assert len(shown) <= 200
    assert shown.isprintable()


def test_no_answer_shows_nothing_sent() -> None:
    """A WireError's own text names its kind and status alone."""
    failure: Any = WireError(Kind.STATUS, answer=answer("secret", 400), said="secret")
    assert str(failure) == "status 400"
    assert "secret" not in repr(failure.answer)
