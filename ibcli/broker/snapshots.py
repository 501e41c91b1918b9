"""Market data of many contracts: open the streams, then ask again until each has what is wanted.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#md-snapshot: the first request
answers bare rows, later ones carry the data, of at most a hundred contracts each.

A user has about a hundred market-data lines by default (documented), many have more. So all
hundreds are asked for at once, until some stay bare though the others are there: then the streams
are closed, and the rest is asked for hundred by hundred, in this session's later commands too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from ibcli.broker import endpoints
from ibcli.broker.fields import MODEL, MOST_CONIDS, MOST_FIELDS, wire_codes
from ibcli.broker.streams import Stream, Wanted, hasty, is_withheld, missing
from ibcli.errors import IbcliError, IncompleteError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.decode import RawRow
    from ibcli.domain.quotes import Quote

__all__ = ["Collection", "Snapshots", "Wanted", "collect", "is_withheld", "missing"]

# Data refreshes about every half second (documented): to ask much faster brings nothing.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 0.5
# Who went on asking with shorter pauses, however fast a simulator's time runs, would wait for his
# turn: ten requests a second are allowed (documented).
SHORTEST_PAUSE = 0.12
# Rows that have no answer for so long may have no market-data line left to them: when no row has
# any, when others have theirs, and when about as many have as there are lines.
STARVED = 4.0
STARVED_ALONE = 2.0
CROWDED = 1.0
LINES = MOST_CONIDS
NEARLY = LINES * 9 // 10
# So long is any answer awaited for a row that the command could do without, and no longer than
# leaves this part of the time for what it cannot do without.
GRACE = 6.0
RESERVED = 2 / 3


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Quotes by conid (a conid without any answer is not among them) and when the last one came."""

    quotes: dict[int, Quote]
    received: datetime  # aware UTC, by the market's clock
    stopped: IbcliError | None = None  # what cut the waiting short, if anything did
    strangers: tuple[str, ...] = ()  # sentences about rows that are about other contracts


def collect(
    client: BrokerClient,
    wanted: Sequence[Wanted],
    revive: Callable[[], None] | None = None,
    enough: Callable[[Mapping[int, Quote]], bool] | None = None,
) -> Snapshots:
    """Quotes of all contracts, as complete as they become before the deadline.

    ``enough`` is asked after each look, with what can be read by then: once it says yes, nothing
    more is waited for. ``revive`` is called once when some row stays without any answer.

    Raises what ``BrokerClient.read`` raises while no row has any data; afterwards, and when the
    deadline passes over open streams, what has come is returned, and ``stopped`` says why no more
    did.
    """
    return Collection(client, revive).collect(wanted, enough)


class Collection:
    """Streams that a command has opened, and what they have told. Safe to use from threads."""

    def __init__(self, client: BrokerClient, revive: Callable[[], None] | None = None) -> None:
        self._client = client
        self._revive = revive
        self._haste = hasty(client.settings.haste)
        self._clock = client.deadline.clock
        self._grace = min(self._haste.seconds(GRACE), client.deadline.remaining * (1 - RESERVED))
        self._streams: dict[int, Stream] = {}
        self._unopened: list[Stream] = []
        self._lock = Lock()
        self._codes: dict[str, None] = {}
        self._news = False  # whether the latest look brought any
        self._has_model = False  # whether anything computed has come, of any contract
        self._looked = False  # whether the broker has answered at all
        self._stopped: IbcliError | None = None
        self._closed_over: int | None = None  # with how many answers the streams were last closed

    # -- while contracts are still being looked up ---------------------------------------------

    def open(self, wanted: Iterable[Wanted]) -> None:
        """Open the streams of these contracts as soon as they fill a request, without waiting.

        What is opened so is not asked for again unless ``collect`` wants it.
        """
        with self._lock:
            self._unopened += self._known(wanted)
            full = len(self._unopened) >= MOST_CONIDS and self._may_open
            batch = self._unopened[:MOST_CONIDS] if full else []
            del self._unopened[: len(batch)]
        if batch:
            try:
                self._client.ensure_accounts()
                self._look(batch)
            except (IncompleteError, UnreachableError, RefusedError):
                return  # collect will see to it

    @property
    def _may_open(self) -> bool:
        opened = len(self._streams) - len(self._unopened)
        return not self._client.memory.lines_are_few or opened + MOST_CONIDS <= LINES

    def _known(self, wanted: Iterable[Wanted]) -> list[Stream]:
        """Note these contracts; the streams of those that were not known."""
        in_vain = self._client.memory.asked_in_vain
        new = []
        for one in wanted:
            asked = (*one.required, *one.fields, *one.also)
            self._codes |= dict.fromkeys(wire_codes(asked))
            known = self._streams.get(one.conid)
            if known is None:
                lacks = in_vain.get(one.conid, frozenset())
                known = self._streams[one.conid] = Stream(one, lacks)
                new.append(known)
            known.wanted = one
        return new

    # -- until all is there ------------------------------------------------------------------

    def collect(
        self,
        wanted: Iterable[Wanted],
        enough: Callable[[Mapping[int, Quote]], bool] | None = None,
    ) -> Snapshots:
        """What ``collect`` says, of these contracts; complete ones are not asked for again."""
        wanted = list({one.conid: one for one in wanted}.values())
        with self._lock:
            self._known(wanted)
            self._unopened.clear()
        self._client.ensure_accounts()
        streams = [self._streams[one.conid] for one in wanted]
        waiting = [one for one in streams if not one.is_complete()]
        waiting.sort(key=lambda one: one.opened_at is not None)  # what is not yet open first
        crowded = self._client.memory.lines_are_few and len(waiting) > LINES
        while waiting and self._stopped is None:
            if crowded:
                self._close_all(waiting)
            few = self._client.memory.lines_are_few
            wave, waiting = (waiting[:LINES], waiting[LINES:]) if few else (waiting, [])
            left = self._fill(wave, enough)
            crowded = bool(left or waiting)
            waiting = [*left, *waiting]
        self._remember(streams)
        return Snapshots(
            _quotes(streams),
            self._client.settings.market_now(),
            self._stopped,
            tuple(_stranger(one) for one in streams if one.is_stranger),
        )

    def _fill(
        self, pending: list[Stream], enough: Callable[[Mapping[int, Quote]], bool] | None
    ) -> list[Stream]:
        """Ask for these contracts until they are complete or nothing comes; those for which the
        other streams must be closed."""
        first = FIRST_PAUSE / self._haste.times
        longest = max(LONGEST_PAUSE / self._haste.times, min(LONGEST_PAUSE, SHORTEST_PAUSE))
        new = [one for one in pending if one.opened_at is None]
        pause = min(max(first, self._client.memory.arrival(_kind(new))), longest)
        news_at = self._clock()
        looks = 0
        while self._look_on(pending):
            looks += 1
            if self._news:
                news_at, pause = self._clock(), pause if looks == 1 else first
            pending = [one for one in pending if not one.is_complete()]
            if not pending:
                self._note_arrival(new, longest)
                return []
            if enough is not None and enough(_quotes(self._streams.values())):
                return []
            if self._client.deadline.passed:
                self._stopped = _late()
                return []
            waited = [one for one in pending if self._is_worth_waiting(one)]
            if not waited:
                return []
            if self._are_starved(waited, self._clock() - news_at):
                return waited
            self._client.deadline.sleep(pause)
            pause = min(pause * 1.5, longest)
        return []

    def _note_arrival(self, new: Sequence[Stream], longest: float) -> None:
        """Remember how long new streams took to tell all: the next ones are looked at just then."""
        opened = [one.opened_at for one in new if one.opened_at is not None and not one.was_open]
        if not opened:
            return
        took = min(self._clock() - min(opened), longest)
        if took > self._client.memory.arrival(_kind(new)):
            self._client.memory.mark_arrival(_kind(new), took)

    def _look_on(self, pending: Sequence[Stream]) -> bool:
        """One look at the pending contracts; whether another may follow."""
        try:
            self._look(pending)
        except (IncompleteError, UnreachableError, RefusedError) as exc:
            over = self._client.deadline.passed or exc.code == "pacing"  # our turn comes after it
            late = over and self._looked
            if not late and not any(one.answered for one in self._streams.values()):
                raise
            self._stopped = _late() if late else exc
            return False
        return True

    def _look(self, streams: Sequence[Stream]) -> None:
        """Ask for these contracts once, a hundred in a request, all requests at the same time."""
        self._news = False
        codes = list(self._codes)
        self._client.parallel(
            [
                partial(self._ask, streams[at : at + MOST_CONIDS], codes[of : of + MOST_FIELDS])
                for at in range(0, len(streams), MOST_CONIDS)
                for of in range(0, len(codes), MOST_FIELDS)
            ]
        )

    def _ask(self, streams: Sequence[Stream], codes: Sequence[str]) -> None:
        conids = [one.wanted.conid for one in streams]
        found: Mapping[int, RawRow] = endpoints.snapshot(self._client, conids, codes)
        now = self._clock()
        with self._lock:
            self._looked = True
            self._has_model = self._has_model or any(
                not MODEL.isdisjoint(r) for r in found.values()
            )
            for one in streams:
                self._news = one.told(found.get(one.wanted.conid), now) or self._news

    def _has_told_all(self, one: Stream) -> bool:
        return one.is_complete() or not self._is_worth_waiting(one)

    def _is_worth_waiting(self, one: Stream) -> bool:
        return one.is_worth_waiting(self._clock(), self._grace, self._haste, self._has_model)

    # -- market-data lines ---------------------------------------------------------------------

    def _are_starved(self, waited: Sequence[Stream], silence: float) -> bool:
        """Whether rows stay without an answer for want of lines, and to close the others may help:
        it has not been tried yet, or has brought some answers."""
        if all(one.answered for one in waited):
            return False
        answers = sum(one.answered for one in self._streams.values())
        if self._closed_over is not None and answers <= self._closed_over:
            return False
        few = answers >= NEARLY and not any(one.answered for one in waited)
        patience = STARVED_ALONE if answers else STARVED
        if few or self._client.memory.lines_are_few:
            patience = CROWDED
        if silence < self._haste.seconds(patience):
            return False
        if few:
            self._client.memory.mark_lines_few()
        elif self._closed_over is None and self._revive is not None:
            self._revive()
        self._closed_over = answers
        return True

    def _close_all(self, waiting: Sequence[Stream]) -> None:
        """Close all streams to make room; without success if need be."""
        try:
            endpoints.unsubscribe_all(self._client)
        except (RefusedError, UnreachableError, IncompleteError):
            return
        now = self._clock()
        for one in waiting:
            one.opened(now)

    def _remember(self, streams: Iterable[Stream]) -> None:
        """Note what was waited for in vain: the next command takes an open stream's word for it."""
        if self._stopped is not None:
            return
        done = [one for one in streams if one.answered and self._has_told_all(one)]
        self._client.memory.mark_in_vain(
            {
                one.wanted.conid: (frozenset(map(str, one.wanted.fields)), one.lacking)
                for one in done
            }
        )


def _kind(streams: Iterable[Stream]) -> str:
    """What comes last to these streams: "computed" data, or "prices"."""
    computed = any(not MODEL.isdisjoint(one.wanted.fields) for one in streams)
    return "computed" if computed else "prices"


def _quotes(streams: Iterable[Stream]) -> dict[int, Quote]:
    """What can be read of what they have told; nothing of a row about another contract."""
    return {one.wanted.conid: one.quote for one in streams if one.answered and not one.is_stranger}


def _stranger(one: Stream) -> str:
    return (
        f"The broker's market data of conid {one.wanted.conid} is about {one.quote.symbol}, "
        f"not {one.wanted.names[0]}: it was left out."
    )


def _late() -> IncompleteError:
    return IncompleteError(
        "The deadline passed while market data was awaited.",
        hint="Give it longer with --deadline SECONDS.",
        code="deadline",
        retryable=True,
    )
