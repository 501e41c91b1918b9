"""The plain program is a fair peer: left alone it does what it is told, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from chaos.kinds import Kind
from chaos.plain.day import PlainDesk, run_plain
from chaos.plan import Day, Leg, Order, Scene, Start, Structure, Task, Trouble, Verb, Wave

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXPIRY = date(2025, 8, 22)
BOTH = Order(
    job="lunch-both",
    symbol="SPY",
    structure=Structure.BOTH,
    legs=(
        Leg(EXPIRY, Decimal(635), "P", "SELL"),
        Leg(EXPIRY, Decimal(652), "C", "SELL"),
    ),
    quantity=1,
    limit="mid",
    stop_multiple=Decimal("3.5"),
    take_profit="50%",
    separate=True,
    if_leg_fails="keep",
    queue=False,
)
VERTICAL = replace(
    BOTH,
    job="tea-vertical",
    structure=Structure.VERTICAL,
    legs=(
        Leg(EXPIRY, Decimal(638), "P", "SELL"),
        Leg(EXPIRY, Decimal(636), "P", "BUY"),
    ),
    take_profit=None,
    separate=False,
)


def day(seed: int, *orders: Order, troubles: tuple[Trouble, ...] = ()) -> Day:
    """Each job twice at the same instant, then once more in the evening."""
    starts = tuple(Start(Task(Verb.ORDER, number), times=2) for number in range(len(orders)))
    scene = Scene("2025-08-18T11:00:00-04:00", EXPIRY, 644)
    return Day(seed, scene, orders, (Wave(starts, troubles),))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainDesk]:
    """For all days of these tests."""
    with PlainDesk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


def test_undisturbed_it_places_what_it_should(desk: PlainDesk, tmp_path: Path) -> None:
    outcome = run_plain(desk, day(1, BOTH, VERTICAL), tmp_path)
    assert outcome.good, outcome.findings
    assert outcome.codes == {"0": 6}
    assert (outcome.orders, outcome.stops) == (3, 5)


def test_an_answer_that_is_lost_makes_a_duplicate(desk: PlainDesk, tmp_path: Path) -> None:
    """The broker books the order with the third answer that he is given."""
    cut = Trouble(Kind.CUT_AFTER, "/iserver/reply/*", "POST", skip=2)
    order = replace(BOTH, legs=BOTH.legs[:1])
    outcome = run_plain(desk, day(2, order, troubles=(cut,)), tmp_path)
    assert outcome.faults == {Kind.CUT_AFTER: 1}
    assert (outcome.orders, outcome.duplicates, outcome.lost) == (2, 1, 1), outcome.findings
    assert outcome.codes["1"] >= 1
