"""How a day's plan is made from its seed: what is traded, when, and what goes wrong."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from chaos.kinds import AT_A_REQUEST, OF_A_PROCESS, Kind
from chaos.plan import (
    Day,
    Leg,
    Mishap,
    Order,
    Scene,
    Start,
    Structure,
    Task,
    Trouble,
    Verb,
    Wave,
    When,
)

POSTS = "/iserver/account/*/orders"
REPLIES = "/iserver/reply/*"
ORDERS = "/iserver/account/orders"
TRADES = "/iserver/account/trades"
ONE_ORDER = "/iserver/account/*/order/*"
WHATIF = "/iserver/account/*/orders/whatif"
LOGIN = "/oauth/live_session_token"
SNAPSHOT = "/iserver/marketdata/snapshot"

SCENES = (
    Scene("2025-08-18T11:00:00-04:00", date(2025, 8, 22), 644),
    Scene("2025-08-18T14:30:00-04:00", date(2025, 8, 22), 644),
    Scene("2025-08-21T10:15:00-04:00", date(2025, 8, 25), 634),
    Scene("2025-10-31T10:30:00-04:00", date(2025, 11, 4), 643),
    Scene("2026-03-06T10:00:00-05:00", date(2026, 3, 10), 608),
)
CHANGE_SCENES = (
    Scene("2025-11-02T01:59:57-04:00", date(2025, 11, 6), 639, False, True),  # the hour repeats
    Scene("2025-11-02T01:59:57-05:00", date(2025, 11, 6), 639, False, True),  # for the second time
    Scene("2025-11-03T10:00:00-05:00", date(2025, 11, 7), 640, True, True),
    Scene("2026-03-08T01:59:57-05:00", date(2026, 3, 12), 602, False, True),  # then it is three
    Scene("2026-03-09T10:00:00-04:00", date(2026, 3, 13), 601, True, True),
)
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Tokyo", "Australia/Lord_Howe")

# Dollars out of the money: no two orders of a day trade the same contract.
_CALL_SLOTS, _PUT_SLOTS = (5, 8, 11), (6, 9, 12)

_STRUCTURES = {
    Structure.CALL: 4,
    Structure.PUT: 4,
    Structure.BOTH: 5,
    Structure.VERTICAL: 3,
    Structure.CONDOR: 2,
    Structure.VERTICAL_LEGS: 3,
    Structure.CONDOR_LEGS: 1,
    Structure.BUTTERFLY: 1,
    Structure.STRANGLE_COMBO: 1,
}
_IN_LEGS = {
    Structure.CALL,
    Structure.PUT,
    Structure.BOTH,
    Structure.VERTICAL_LEGS,
    Structure.CONDOR_LEGS,
}

# How much more often than others: what strikes rarely although it is planned, and what costs most.
_WEIGHTS = {
    Kind.KILLED: 4.0,
    Kind.TERMINATED: 2.5,
    Kind.LATE_AFTER: 2.4,
    Kind.LATE_BEFORE: 1.7,
    Kind.SERVER_ERROR_HANDLED: 1.8,
    Kind.CUT_AFTER: 1.6,
    Kind.EMPTY: 1.7,
    Kind.TOKEN_EXPIRED: 1.6,
    Kind.MIDNIGHT: 1.6,
    Kind.BROKER_CLOCK: 1.6,
    Kind.COMPETING: 1.7,
    Kind.NO_BRIDGE: 1.4,
    Kind.TRUNCATED: 1.6,
    Kind.WRONG_SHAPE: 1.4,
    Kind.UNAUTHORIZED: 1.2,
    Kind.GONE: 1.3,
    Kind.TOO_FAST: 1.3,
    Kind.HTML: 1.4,
    Kind.UNAVAILABLE_HANDLED: 1.3,
    Kind.DISK_FULL: 2.2,
    Kind.CLIENT_CLOCK: 1.7,
    Kind.READ_ONLY: 1.2,
}
_REPEATED = frozenset({Kind.WRONG_SHAPE, Kind.TRUNCATED, Kind.UNAUTHORIZED})
_KINDS = [kind for kind in Kind if kind is not Kind.DAYLIGHT_SAVING]


class Planner:
    """Throws the dice of one day."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311 - a plan, not a secret
        self.scene = SCENES[0]

    def day(self) -> Day:
        """All of it."""
        dice = self.dice
        is_change = dice.random() < 0.15
        self.scene = dice.choice(CHANGE_SCENES if is_change else SCENES)
        number = dice.choices((1, 2, 3), (4, 4, 2))[0]
        slots = dice.sample(range(3), number)
        orders = tuple(self.order(place, slot) for place, slot in enumerate(slots))
        waves = (self.placing(orders), self.changing(orders))
        return Day(self.seed, self.scene, orders, waves)

    # -- what is traded --------------------------------------------------------------------------

    def order(self, place: int, slot: int) -> Order:
        """One job's."""
        dice = self.dice
        structure = dice.choices(list(_STRUCTURES), list(_STRUCTURES.values()))[0]
        legs = self.legs(structure, slot)
        sells = any(leg.side == "SELL" for leg in legs)
        separate = structure in _IN_LEGS
        has_stop = sells and structure is not Structure.BUTTERFLY and dice.random() < 0.85
        naked = sells and all(leg.side == "SELL" for leg in legs)
        takes = has_stop and naked and separate and dice.random() < 0.25
        return Order(
            job=f"job{place + 1}-{structure.value.split()[0]}",
            symbol="SPY",
            structure=structure,
            legs=legs,
            quantity=dice.choices((1, 2, 3), (6, 2, 1))[0],
            limit=dice.choice(("mid", "natural")),
            stop_multiple=dice.choice((Decimal("2.5"), Decimal("3.5"))) if has_stop else None,
            take_profit="50%" if takes else None,
            separate=separate,
            if_leg_fails=dice.choices(("keep", "cancel", "unwind"), (3, 1, 1))[0],
            queue=not self.scene.is_open,
        )

    def legs(self, structure: Structure, slot: int) -> tuple[Leg, ...]:
        """Its options."""
        call = self.scene.spot + _CALL_SLOTS[slot]
        put = self.scene.spot - _PUT_SLOTS[slot]
        side = "BUY" if self.dice.random() < 0.15 else "SELL"
        right = self.dice.choice("CP")
        near, wing = (call, call + 2) if right == "C" else (put, put - 2)
        match structure:
            case Structure.CALL:
                return (self.leg(call, "C", side),)
            case Structure.PUT:
                return (self.leg(put, "P", side),)
            case Structure.BOTH | Structure.STRANGLE_COMBO:
                return self.leg(put, "P", "SELL"), self.leg(call, "C", "SELL")
            case Structure.VERTICAL | Structure.VERTICAL_LEGS:
                return self.leg(near, right, "SELL"), self.leg(wing, right, "BUY")
            case Structure.CONDOR | Structure.CONDOR_LEGS:
                return (
                    self.leg(put, "P", "SELL"),
                    self.leg(put - 2, "P", "BUY"),
                    self.leg(call, "C", "SELL"),
                    self.leg(call + 2, "C", "BUY"),
                )
            case Structure.BUTTERFLY:
                return (
                    self.leg(put, "P", "BUY"),
                    self.leg(put - 1, "P", "SELL", 2),
                    self.leg(put - 2, "P", "BUY"),
                )

    def leg(self, strike: int, right: str, side: str, ratio: int = 1) -> Leg:
        """One of them."""
        return Leg(self.scene.expiry, Decimal(strike), right, side, ratio)

    # -- who runs --------------------------------------------------------------------------------

    def placing(self, orders: tuple[Order, ...]) -> Wave:
        """Every job, at once or soon after one another, some of them twice or thrice."""
        dice = self.dice
        together = dice.random() < 0.5
        starts = [
            self.start(
                Task(Verb.ORDER, number),
                times=dice.choices((1, 2, 3), (7, 3, 1))[0],
                after=0 if together else number * dice.randrange(50, 400),
            )
            for number in range(len(orders))
        ]
        return self.disturbed(starts, dice.choices((1, 2, 3, 4), (1, 3, 4, 2))[0])

    def changing(self, orders: tuple[Order, ...]) -> Wave:
        """Cancels, changes, closes; some jobs once more beside them."""
        dice = self.dice
        starts = [self.start(self.change(len(orders)))]
        if dice.random() < 0.7:
            starts.append(
                self.start(Task(Verb.ORDER, dice.randrange(len(orders))), after=dice.randrange(300))
            )
        if dice.random() < 0.25:
            starts.append(self.start(self.change(len(orders)), after=dice.randrange(300)))
        return self.disturbed(starts, dice.choices((1, 2, 3), (4, 4, 3))[0])

    def change(self, orders: int) -> Task:
        """Something else than to place."""
        dice = self.dice
        number = dice.randrange(orders)
        verb = dice.choices(
            (Verb.CANCEL, Verb.MODIFY, Verb.CLOSE, Verb.RECONCILE, Verb.READ), (4, 3, 4, 1, 2)
        )[0]
        words = {
            Verb.CANCEL: ("job", "job", "all"),
            Verb.MODIFY: ("1.05", "0.95", "tif"),
            Verb.CLOSE: ("symbol", "contract", "contract"),
            Verb.RECONCILE: ("", "fix"),
            Verb.READ: ("orders", "trades", "positions", "quote"),
        }[verb]
        return Task(verb, number, dice.choice(words))

    def start(self, task: Task, times: int = 1, after: int = 0) -> Start:
        """A process of it."""
        dice = self.dice
        zone = dice.choice(ZONES) if self.scene.daylight_saving or dice.random() < 0.2 else "UTC"
        return Start(task, times, after, zone=zone, debug=dice.random() < 0.2)

    # -- what goes wrong -------------------------------------------------------------------------

    def disturbed(self, starts: list[Start], number: int) -> Wave:
        """The wave with so many faults, of which each process suffers one at most itself."""
        weights = [_WEIGHTS.get(kind, 1.0) for kind in _KINDS]
        troubles = []
        for kind in self.dice.choices(_KINDS, weights, k=number):
            if kind in OF_A_PROCESS:
                free = [place for place, one in enumerate(starts) if one.mishap is None]
                if free:
                    place = self.dice.choice(free)
                    starts[place] = self.hurt(starts[place], kind)
                continue
            trouble = self.trouble(kind, starts)
            troubles.append(trouble)
            if kind in (Kind.LATE_BEFORE, Kind.LATE_AFTER):
                starts = [_with_deadline(one, 2) for one in starts]
        return Wave(tuple(starts), tuple(troubles))

    def trouble(self, kind: Kind, starts: list[Start]) -> Trouble:
        """A fault of a kind on the requests of such processes."""
        dice = self.dice
        path, method, most = self.target(starts)
        if kind in AT_A_REQUEST:
            return Trouble(
                kind,
                path,
                method,
                skip=dice.randrange(most),
                count=dice.randrange(1, 4),
                seconds=dice.choice((-7200, -400, -90, 45, 120, 400, 3600)),
            )
        seconds = dice.choice((1.0, 3.0, 8.0)) if kind is Kind.TOO_FAST else 0.0
        likely = (2, 3, 3) if kind in _REPEATED else (6, 2, 1)
        count = dice.choices((1, 2, 4), likely)[0] if kind is not Kind.TOO_FAST else 1
        return Trouble(kind, path, method, dice.randrange(most), count, seconds, dice.randrange(6))

    def target(self, starts: list[Start]) -> tuple[str, str | None, int]:
        """A path, a method, and how many such requests there are likely to be."""
        verbs = {start.task.verb for start in starts}
        found: list[tuple[str, str | None, int]] = [(ORDERS, "GET", 2), ("*", None, 8)]
        if Verb.ORDER in verbs:
            found += [(POSTS, "POST", 2), (REPLIES, "POST", 3)] * 4
            found += [(WHATIF, "POST", 1), (SNAPSHOT, "GET", 2)]
        if verbs & {Verb.CANCEL, Verb.CLOSE}:
            found += [(ONE_ORDER, "DELETE", 1)] * 3
        if Verb.CLOSE in verbs:
            found += [(POSTS, "POST", 1), ("/portfolio*", "GET", 1), (REPLIES, "POST", 1)]
        if Verb.MODIFY in verbs:
            found += [(ONE_ORDER, "POST", 1)] * 3
        if Verb.RECONCILE in verbs:
            found += [(TRADES, "GET", 1)]
        return self.dice.choice(found)

    def hurt(self, start: Start, kind: Kind) -> Start:
        """The start with something that happens to it."""
        dice = self.dice
        if kind in (Kind.KILLED, Kind.TERMINATED):
            mishap = self.ended(start, kind)
        elif kind is Kind.DISK_FULL:
            writes = start.task.verb not in (Verb.READ, Verb.RECONCILE)
            step = dice.randrange(1, 24)
            mishap = Mishap(kind, When.STEP, step) if writes else Mishap(kind, When.START)
        elif kind is Kind.READ_ONLY:
            mishap = Mishap(kind, When.START)
        else:
            when = dice.choice((When.START, When.STEP))
            jump = float(dice.choice((-90_000, -3600, -200, -20, 20, 200, 1200, 3600, 90_000)))
            mishap = Mishap(kind, when, dice.randrange(1, 30), seconds=jump)
        return Start(
            start.task, start.times, start.after, start.deadline, start.zone, start.debug, mishap
        )

    def ended(self, start: Start, kind: Kind) -> Mishap:
        """Its end by a signal."""
        dice = self.dice
        writes = start.task.verb in (Verb.ORDER, Verb.CANCEL, Verb.CLOSE, Verb.MODIFY)
        whens = (When.STEP, When.REQUEST, When.INSTANT)
        when = dice.choices(whens, (4, 3, 2) if writes else (0, 1, 2))[0]
        if when is When.STEP:
            return Mishap(kind, when, dice.randrange(1, 45))
        if when is When.INSTANT:
            return Mishap(kind, when, dice.randrange(20, 900))
        path, _, most = self.target([start])
        return Mishap(
            kind,
            when,
            dice.randrange(most),
            path,
            dice.choice(("before", "after")),
            dice.choice(("handle", "drop")),
        )


def _with_deadline(start: Start, seconds: int) -> Start:
    return Start(
        start.task, start.times, start.after, seconds, start.zone, start.debug, start.mishap
    )
