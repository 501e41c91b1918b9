"""Who has sent what, and who waits: what the processes share, and whose turn comes when."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from ibcli.broker.pace.rules import NO_RULE, RULES, SECOND, kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.broker.pace.rules import Rule

ARRIVED = 2.0  # seconds after which an unanswered request is taken to have arrived
LATE = 0.25  # seconds after which who does not look when he said he would is passed over
LONGEST_SLEEP = 5.0  # seconds
WRITES_IN_A_ROW = 4  # may pass a read that waits
_UNDER_WAY = 60.0  # seconds for which a request without an answer counts as under way at once
_LOOK_AGAIN = 0.05  # seconds; while all that may be under way at once are
_QUIET = 900.0  # seconds after which a 429 is forgotten
_BACK_OFF = (2.0, 15.0, 120.0, 900.0)  # seconds, when a 429 does not say how long
_LONGEST_PAUSE = 86400.0

_WINDOWS = (*(max(SECOND, rule.window) for rule in kept()), SECOND)  # the last: of NO_RULE
_AT_ONCE = frozenset(n for n, rule in enumerate(RULES) if rule.window == 0)

_ticket = attrgetter("ticket")


@dataclass(slots=True)
class Request:
    """One request: it waits, is under way, or has its answer. Instants are seconds since 1970.

    ``ticket`` orders requests by arrival; ``limit`` is what its process allows itself in a second;
    ``looks`` is when it will next look whether its turn has come.
    """

    ticket: int
    rule: int
    is_write: bool
    limit: int
    sent: float = 0.0  # 0: it waits
    answered: float = 0.0  # 0: it is under way
    looks: float = 0.0

    def arrived_by(self, now: float) -> float:
        """The latest instant at which it can have reached the server, as far as is known now."""
        return min(self.answered or now, self.sent + ARRIVED)


@dataclass(slots=True)
class Book:
    """What the shared file holds. Both lists are in the order of arrival and of sending."""

    sent: list[Request] = field(default_factory=list)
    waiting: list[Request] = field(default_factory=list)
    last_ticket: int = 0
    writes_in_a_row: int = 0
    closed_until: float = 0.0
    refusals: int = 0
    refused_at: float = 0.0

    def prune(self, now: float) -> None:
        """Forget what no rule can still count; also what a clock set back left in the future."""
        self.sent = [each for each in self.sent if _still_counts(each, now)]
        self.waiting = [
            each for each in self.waiting if now - LATE <= each.looks <= now + LONGEST_SLEEP + LATE
        ]
        if self.refused_at > now + ARRIVED:  # the clock was set back: the pause counts from now
            self.closed_until = now + min(self.closed_until - self.refused_at, _LONGEST_PAUSE)
            self.refused_at = now

    def ticket(self, now: float) -> int:
        """A number greater than all before it, which no other file has given out either."""
        self.last_ticket = max(self.last_ticket + 1, int(now * 1_000_000))
        return self.last_ticket

    def queue(self, mine: Request) -> Request:
        """Its place in the queue: that of its ticket, also for one that was passed over."""
        for each in self.waiting:
            if each.ticket == mine.ticket:
                return each
        self.waiting.append(mine)
        self.waiting.sort(key=_ticket)
        return mine

    def send(self, mine: Request, now: float) -> None:
        """Its turn has come."""
        self.waiting.remove(mine)
        mine.sent = now
        self.sent.append(mine)
        passes = mine.is_write and not all(each.is_write for each in self.waiting)
        self.writes_in_a_row = min(self.writes_in_a_row + 1, WRITES_IN_A_ROW) if passes else 0

    def sleep(self, mine: Request, now: float, turn: float) -> float:
        """Seconds for which it need not look: until its turn, if that is less than a second away.

        Else half of that, for those in front of it may have died by then.
        """
        wait = min(turn - now, max(SECOND, (turn - now) / 2), LONGEST_SLEEP)
        mine.looks = now + wait
        return wait

    def drop(self, ticket: int) -> None:
        """Nobody waits for it any more."""
        self.waiting = [each for each in self.waiting if each.ticket != ticket]

    def withdraw(self, ticket: int) -> None:
        """It had its turn and was not sent."""
        self.sent = [each for each in self.sent if each.ticket != ticket]

    def resend(self, mine: Request, now: float) -> None:
        """It was sent now, long after its turn."""
        self.withdraw(mine.ticket)
        mine.sent = now
        self.sent.append(mine)

    def answer(self, ticket: int, at: float) -> None:
        """The answer came, or will not come."""
        for each in self.sent:
            if each.ticket == ticket:
                each.answered = at

    def close(self, now: float, retry_after: float | None) -> None:
        """A 429 came: for as long as it says, or ever longer."""
        if now - self.refused_at > _QUIET:
            self.refusals = 0
        if retry_after is None and now < self.closed_until:
            return  # several requests under way met the same refusal
        step = _BACK_OFF[min(self.refusals, len(_BACK_OFF) - 1)]
        self.refusals += 1
        self.refused_at = now
        # a "0" or "1" would have us knock again at once, which is what shuts one out for good
        pause = step if retry_after is None else min(max(retry_after, _BACK_OFF[0]), _LONGEST_PAUSE)
        self.closed_until = max(self.closed_until, now + pause)

    def turn(self, mine: Request, now: float, rules: Sequence[Rule]) -> float:
        """When it may go; ``now`` or earlier: at once. Later: not before that instant.

        A request under way can make nobody go before a window from now, whenever its answer comes,
        so that nothing is gained by looking sooner.
        """
        ahead = self._before(mine, now, rules)
        turn = max(self.closed_until, self._overall(mine, ahead, now))
        if mine.rule == NO_RULE:
            return turn
        rule = rules[mine.rule]
        ends = self._ends(mine.rule, rule.window, now)
        alike = [r for r in self.waiting if r.rule == mine.rule and r.ticket < mine.ticket]
        return max(turn, _free(ends, rule.count, len(alike), rule.window, now))

    def _overall(self, mine: Request, ahead: list[Request], now: float) -> float:
        """Its turn by the limit over all requests: the lowest of its own and those ahead of it."""
        ends = self._ends(NO_RULE, SECOND, now)
        limits = [mine.limit, *(other.limit for other in ahead)]
        lowest, highest = min(limits), max(limits)
        turn = _free(ends, lowest, len(ahead), SECOND, now)
        if turn <= now or lowest == highest:
            return turn
        # those ahead may be gone sooner than the lowest limit says
        sooner = _free(ends, highest, len(ahead), SECOND, now)
        return max(now + _LOOK_AGAIN, sooner, _free(ends, lowest, 0, SECOND, now))

    def _before(self, mine: Request, now: float, rules: Sequence[Rule]) -> list[Request]:
        """Those whose turn is before its own: by arrival, but writes before reads, four at most."""
        same, others = [], []
        for each in self._free_to_go(now, rules):
            if each.is_write != mine.is_write:
                others.append(each)
            elif each.ticket < mine.ticket:
                same.append(each)
        if not others:
            return same
        pass_yet = WRITES_IN_A_ROW - self.writes_in_a_row
        if not mine.is_write:
            return others[: pass_yet + len(same) * WRITES_IN_A_ROW] + same
        if len(same) < pass_yet:
            return same
        return same + others[: 1 + (len(same) - pass_yet) // WRITES_IN_A_ROW]

    def _free_to_go(self, now: float, rules: Sequence[Rule]) -> list[Request]:
        """Those that wait for their turn alone: whom his own rule holds is in nobody's way."""
        room: dict[int, int] = {}
        free = []
        for each in self.waiting:
            if each.rule != NO_RULE:
                if each.rule not in room:
                    rule = rules[each.rule]
                    room[each.rule] = rule.count - len(self._ends(each.rule, rule.window, now))
                room[each.rule] -= 1
                if room[each.rule] < 0:
                    continue
            free.append(each)
        return free

    def _ends(self, rule: int, window: float, now: float) -> list[float]:
        """When those that count now (of a rule, or NO_RULE: all) cease to, at the earliest."""
        if rule != NO_RULE and window == 0:
            return sorted(
                min(now + _LOOK_AGAIN, each.sent + _UNDER_WAY)
                for each in self.sent
                if each.rule == rule and not each.answered and now - each.sent < _UNDER_WAY
            )
        ends = [each.arrived_by(now) + window for each in self.sent if rule in {NO_RULE, each.rule}]
        return sorted(end for end in ends if end > now)


def _free(ends: list[float], count: int, ahead: int, window: float, now: float) -> float:
    """When fewer than ``count`` count, with so many ahead of us, each to count for a window."""
    rounds, place = divmod(ahead, count)
    last_to_end = len(ends) - count + place
    first = ends[last_to_end] if last_to_end >= 0 else now
    return first + rounds * (window or _LOOK_AGAIN)


def _still_counts(each: Request, now: float) -> bool:
    if each.sent >= now + ARRIVED:
        return False
    if now < each.arrived_by(now) + _WINDOWS[each.rule]:
        return True
    return each.rule in _AT_ONCE and not each.answered and now < each.sent + _UNDER_WAY
