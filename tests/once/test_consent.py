"""Which questions are answered with yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibcli.broker.decode import Asked, QuestionMessage
from ibcli.domain.orders import Bracket, OrderType
from ibcli.trading.placing.consent import judge
from tests.once.values import short

CONFIRM = frozenset({"o163", "o10151", "o10152", "o10331", "o354"})
PLAIN = short(stop=None)
STOPPED = short()
AT_MARKET = Bracket(replace(PLAIN.entry, type=OrderType.MKT, limit=None))


def asked(*ids: str | None) -> Asked:
    return Asked("r1", tuple(QuestionMessage(each, "Are you sure?") for each in ids))


@pytest.mark.parametrize(
    ("ids", "bracket", "within_band", "accepted"),
    [
        (["o163"], PLAIN, True, True),
        (["o163"], PLAIN, False, False),
        (["o10151"], AT_MARKET, False, True),
        (["o10151"], STOPPED, False, False),
        (["o10152"], STOPPED, False, True),
        (["o10331"], STOPPED, False, True),
        (["o10152"], PLAIN, False, False),
        (["o10331"], AT_MARKET, False, False),
        (["o354"], STOPPED, True, False),
        (["o163", "o354"], STOPPED, True, False),
        (["o163", "o10152"], STOPPED, True, True),
        (["o163", "o451"], STOPPED, True, False),
        (["o163", None], STOPPED, True, False),
        ([None], STOPPED, True, False),
        ([], STOPPED, True, False),
        (["O163"], PLAIN, True, True),
    ],
)
def test_every_message_must_be_accepted(
    ids: list[str | None], bracket: Bracket, within_band: bool, accepted: bool
) -> None:
    verdict = judge(asked(*ids), bracket, within_band=within_band, confirm=CONFIRM)
    assert verdict.accepted is accepted
    assert verdict.may_be_asked is ("o354" not in ids)


def test_nothing_is_accepted_that_is_not_listed() -> None:
    verdict = judge(asked("o163"), PLAIN, within_band=True, confirm=frozenset())
    assert not verdict.accepted
    assert "IBCLI_CONFIRM" in verdict.objections[0]
