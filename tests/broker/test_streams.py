"""How long more is waited for what a stream has not told: by facts, at given instants."""

from __future__ import annotations

import pytest

from ibcli.broker.fields import Field
from ibcli.broker.streams import OPEN, OPEN_LONG, QUIET, QUIET_MODEL, Stream, Wanted, hasty

FIELDS = (Field.BID, Field.ASK, Field.LAST, Field.DELTA)
BARE = {"conid": 7, "conidEx": "7"}
PRICES = {"conid": 7, "6509": "RpB", "31": "1.05", "84": "1.00", "86": "1.10"}
NO_BID = {key: value for key, value in PRICES.items() if key != "84"}
MODEL = {"7308": "0.25"}
REAL_TIME = hasty(1)


def stream(*looks: tuple[float, dict[str, object]], wanted: Wanted | None = None) -> Stream:
    """A stream that has told these rows at these instants."""
    made = Stream(wanted or Wanted(7, FIELDS))
    for at, row in looks:
        made.told(row, at)
    return made


def waits(one: Stream, now: float, *, others: bool = False, grace: float = 6.0) -> bool:
    return not one.is_complete() and one.is_worth_waiting(now, grace, REAL_TIME, others)


def test_a_row_with_all_that_is_wanted_is_complete() -> None:
    assert stream((0, {**PRICES, **MODEL})).is_complete()
    assert not stream((0, PRICES)).is_complete()
    assert not stream((0, BARE)).is_complete()


def test_a_bare_row_is_waited_for_as_long_as_there_is_time_unless_it_is_a_luxury() -> None:
    assert waits(stream((0, BARE), (50, BARE)), 100)
    luxury = Wanted(7, FIELDS, luxury=True)
    assert waits(stream((0, BARE), wanted=luxury), 5.9)
    assert not waits(stream((0, BARE), wanted=luxury), 6.0)


def test_the_far_strike_whose_greeks_never_come_has_its_chance_and_no_more() -> None:
    silent = stream((0, BARE), (0.2, PRICES), (0.4, PRICES))
    assert waits(silent, OPEN - 0.01, others=True)
    assert not waits(silent, OPEN, others=True)


def test_while_no_contract_has_greeks_they_are_waited_for_longer() -> None:
    silent = stream((0, BARE), (0.2, PRICES), (0.4, PRICES))
    assert waits(silent, 0.2 + QUIET)
    assert waits(silent, 0.2 + QUIET_MODEL - 0.01)
    assert not waits(silent, 0.2 + QUIET_MODEL)


def test_what_is_told_late_starts_the_wait_again() -> None:
    late = stream((0, BARE), (0.2, PRICES), (1.0, {"7309": "0.01"}), (1.1, PRICES))
    assert waits(late, 1.0 + QUIET - 0.01, others=True)
    assert not waits(late, 1.0 + QUIET, others=True)


def test_a_stream_that_has_long_been_open_is_asked_once_more_and_no_longer() -> None:
    old = stream((0, BARE), (OPEN_LONG, PRICES))
    assert waits(old, OPEN_LONG + 0.1, others=True)
    old.told(PRICES, OPEN_LONG + 0.2)
    assert not waits(old, OPEN_LONG + 0.2, others=True)


def test_without_a_market_no_greeks_are_waited_for() -> None:
    worthless = stream((0, BARE), (0.2, NO_BID), (0.4, NO_BID))
    assert waits(worthless, OPEN - 0.01)
    assert not waits(worthless, OPEN)


def test_when_the_greeks_have_come_a_look_more_shows_that_nothing_else_comes() -> None:
    worthless = stream((0, BARE), (0.2, {**NO_BID, **MODEL}))
    assert waits(worthless, 0.3)
    worthless.told(NO_BID, 0.3)
    assert not waits(worthless, 0.3)


def test_what_is_required_is_waited_for_whatever_the_silence() -> None:
    needed = Wanted(7, FIELDS, required=(Field.DELTA,))
    assert waits(stream((0, BARE), (0.2, PRICES), (9, PRICES), wanted=needed), 100, others=True)


def test_what_was_waited_for_in_vain_is_not_again_while_the_stream_stays_open() -> None:
    lacking = frozenset({"7308"})
    wanted = Wanted(7, FIELDS)
    reopened, still_open = Stream(wanted, lacking), Stream(wanted, lacking)
    still_open.told(PRICES, 0)
    assert still_open.is_complete()
    for at, row in ((0.0, BARE), (0.2, PRICES)):
        reopened.told(row, at)
    assert not reopened.is_complete()
    less = Stream(wanted, lacking)
    less.told(NO_BID, 0)
    assert not less.is_complete()


@pytest.mark.parametrize("row", [{"55": "-", "31": "N/A"}, {**PRICES, "55": "TSLA"}])
def test_the_dead_and_strangers_are_not_waited_for(row: dict[str, object]) -> None:
    assert stream((0, row), wanted=Wanted(7, FIELDS, names=("ARM",))).is_complete()


def test_a_simulators_haste_shortens_silences_but_not_to_nothing() -> None:
    assert hasty(1).seconds(QUIET_MODEL) == QUIET_MODEL
    assert hasty(4).seconds(QUIET_MODEL) == QUIET_MODEL / 4
    assert hasty(1000).seconds(QUIET_MODEL) == 0.25
    assert hasty(1000).seconds(0.1) == 0.1
