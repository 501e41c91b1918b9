"""An order, one of whose requests is answered with poison: never placed twice, nothing untrue said.

What was booked is read from the simulator's books.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.amount import examples
from tests.hostile.test_printed import ASKS, Poison, poison, poisonings
from tests.hostile.victim import STYLED, assert_fit, assert_harmless
from tests.order.test_terminal import on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from ibcli.sim.books.order import Order
    from tests.hostile.victim import Shown, Victim

CALL = ["order", "SPY", "--side", "call", "--expiry", "2025-08-22", "--strike", "655"]
CONDOR = ["order", "SPY", "--side", "both", "--expiry", "2025-08-22", "--width", "5"]
PLACED = {"working", "filled", "cancelled"}
CURSOR = re.compile(r"\x1b\[[?0-9;]*[hlKG]")  # what a progress bar does
LATER = ["--deadline", "20"]  # for the second run, whom nobody hinders


def _booked(victim: Victim, before: set[int]) -> list[Order]:
    """The entries that were not there before."""
    return [each for each in victim.orders() if each.id not in before and each.parent is None]


def _is_answer_to_write(asks: list[tuple[str, str]], wanted: Poison) -> bool:
    method, path = asks[wanted.asked % len(asks)]
    return method == "POST" and (path.endswith("/orders") or "/reply/" in path)


def _assert_true(shown: Shown, booked: list[Order]) -> None:
    """What it says is placed is in the books."""
    document = json.loads(shown.out)
    assert document["ok"] is (shown.code == 0)
    names = {entry.coid for entry in booked}
    for leg in (document.get("data") or {}).get("legs", ()):
        if leg.get("state") in PLACED:
            assert leg["coid"] in names, (shown, booked)
    if shown.code == 0:
        assert booked, shown


@pytest.mark.parametrize("argv", [CALL, CONDOR], ids=["one leg", "a condor"])
@pytest.mark.timeout(1800)
@examples(5, 300)
@given(wanted=poisonings(), late=st.booleans())
def test_no_answer_has_an_order_placed_twice(
    victim: Victim, argv: list[str], wanted: Poison, late: bool
) -> None:
    words = [*argv, "--job", "poisoned"]
    asks = ASKS.of(victim, words, logged_in=True)
    if late:  # from the order on; what comes before it the previews are tried with
        post = next(
            n
            for n, (method, path) in enumerate(asks)
            if path.endswith("/orders") and method == "POST"
        )
        wanted = wanted.at(post + wanted.asked % (len(asks) - post))
    victim.put_back()
    before = {order.id for order in victim.orders()}
    poison(victim, asks, wanted)
    first = victim.run(words)
    assert_fit(first)
    if _is_answer_to_write(asks, wanted):
        _assert_true(first, _booked(victim, before))
    assert len(_booked(victim, before)) <= 1
    victim.sim.faults.clear()
    victim.sim.session.forgive()
    second = victim.run([*words, *LATER])
    assert_fit(second)
    booked = _booked(victim, before)
    assert len(booked) <= 1, (first, second)
    _assert_true(second, booked)
    stops = [order for order in victim.orders() if order.parent in {entry.id for entry in booked}]
    assert len(stops) == len(booked) or "--width" in argv


QUESTION = [
    {
        "id": "11111111-2222-3333-4444-555555555555",
        "message": [
            "\x1b[2J\u202e[bold]Sure?[/bold]\r\n\x9b31m \u05d0 1.60 \x1b]52;c;eA==\x07:smile:"
        ],
        "isSuppressed": False,
        "messageIds": ["o\x1b[1m1\u200b"],
    }
]


def test_a_question_about_an_order_that_is_placed_does_not_hide_it(victim: Victim) -> None:
    """The broker has taken it, asks all the same, and knows nothing of the question afterwards."""
    victim.put_back()
    before = {order.id for order in victim.orders()}
    victim.sim.faults.add("/iserver/reply/*", skip=1, rewrite=lambda _: json.dumps(QUESTION))
    first = victim.run([*CALL, "--job", "asked", *LATER])
    assert_fit(first)
    (entry,) = _booked(victim, before)
    (leg,) = json.loads(first.out)["data"]["legs"]
    assert leg["coid"] == entry.coid
    assert leg["state"] in PLACED | {"unknown"}, first
    second = victim.run([*CALL, "--job", "asked", *LATER])
    assert (second.code, len(_booked(victim, before))) == (0, 1), second


def test_a_question_is_shown_as_words(victim: Victim, tmp_path: Path) -> None:
    victim.put_back()
    victim.sim.faults.add(
        "/iserver/account/*/orders", method="POST", rewrite=lambda _: json.dumps(QUESTION)
    )
    with on_terminal(tmp_path / "out", *CALL, "--json", "--yes", *LATER) as terminal:
        terminal.until("Answer with yes? [y/N]: ")
        terminal.type("n\n")
        terminal.end()
    assert "[bold]Sure?[/bold]" in terminal.seen
    assert ":smile:" in terminal.seen
    assert_harmless(STYLED.sub("", CURSOR.sub("", terminal.seen)).replace("\r", ""))
    assert "38;5" not in terminal.seen
