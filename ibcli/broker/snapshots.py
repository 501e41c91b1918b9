"""Market data of many contracts: open the streams, then ask again until each has what is wanted.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#md-snapshot: the first request
answers bare rows, later ones carry the data; greeks come last, at times after several requests
(recorded).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from ibcli.broker import endpoints
from ibcli.broker.decode import RawRow, decode_quote
from ibcli.broker.decode.values import text
from ibcli.broker.fields import MODEL, MOST_CONIDS, MOST_FIELDS, Field, wire_codes
from ibcli.domain.quotes import Feed
from ibcli.errors import IbcliError, IncompleteError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.quotes import Quote

# Data refreshes about every half second (documented): to ask much faster brings nothing.
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 0.5
# When nothing new has come for so long, what is merely wanted is not waited for any longer.
QUIET = 1.0
# So long, where there is a market but not yet what is computed from it: greeks come late.
QUIET_MODEL = 3.0
# A row without any answer for so long may have no market-data line left to it.
STARVED = 4.0
# So long is any answer awaited for a row that the command could do without, and no longer than
# leaves this part of the time for what it cannot do without.
GRACE = 6.0
RESERVED = 2 / 3
# A shorter silence says nothing, however fast a simulator's time runs, and who went on asking
# with shorter pauses would wait for his turn: ten requests a second are allowed (documented).
SHORTEST = 0.25
SHORTEST_PAUSE = 0.12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is waited for of one contract.

    ``required`` until the deadline, ``fields`` only while new data keeps coming, ``also`` not at
    all. Any answer is waited for until the deadline too, unless the row is a ``luxury``. ``names``
    are symbols, with one of which the row's own must begin: else it is about another contract.
    """

    conid: int
    fields: tuple[Field, ...]
    required: tuple[Field, ...] = ()
    also: tuple[Field, ...] = ()
    luxury: bool = False
    names: tuple[str, ...] = ()

    def means(self, row: RawRow) -> bool:
        """Whether a row may be about this contract, by what it calls itself."""
        told = _bare(text(row.get(Field.SYMBOL)) or "")
        known = tuple(filter(None, map(_bare, self.names)))
        return not told or not known or told.startswith(known)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Quotes by conid (a conid without any answer is not among them) and when the last one came."""

    quotes: dict[int, Quote]
    received: datetime  # aware UTC, by the market's clock
    stopped: IbcliError | None = None  # what cut the waiting short, if anything did
    strangers: tuple[str, ...] = ()  # sentences about rows that are about other contracts


def collect(
    client: BrokerClient, wanted: Sequence[Wanted], revive: Callable[[], None] | None = None
) -> Snapshots:
    """Quotes of all contracts, as complete as they become before the deadline.

    Raises what ``BrokerClient.read`` raises while no row has any data; afterwards, and when the
    deadline passes over open streams, what has come is returned, and ``stopped`` says why no more
    did. ``revive`` is called once when some row stays without any answer.
    """
    client.ensure_accounts()
    wanted = list({one.conid: one for one in wanted}.values())
    collection = _Collection(client, wanted, revive)
    for start in range(0, len(wanted), MOST_CONIDS):
        if start:
            collection.release()  # about a hundred streams may be open at once
        collection.fill(wanted[start : start + MOST_CONIDS])
        if collection.stopped is not None:
            break
    now = client.settings.market_now()
    return Snapshots(collection.quotes(), now, collection.stopped, collection.strangers())


def missing(wanted: Wanted, quote: Quote | None) -> tuple[str, ...]:
    """In words, what of the required has not come.

    Any answer is required always, and a price of what the user has not subscribed to: an empty row
    may not pass for a contract without a market.
    """
    if quote is None:
        return ("any answer",)
    if quote.dead:
        return ("any market (the broker knows no such contract)",)
    if is_withheld(quote):
        return (f"any price ({quote.feed})",)
    return tuple(
        field.attribute.replace("_", " ")
        for field in wanted.required
        if getattr(quote, field.attribute) is None
    )


def is_withheld(quote: Quote) -> bool:
    """Whether there is no price because the user may not see any."""
    prices = (quote.bid, quote.ask, quote.last, quote.mark, quote.prior_close, quote.close)
    seen = any(price is not None for price in prices)
    return not seen and quote.feed in (Feed.NOT_SUBSCRIBED, Feed.AGREEMENT_MISSING)


class _Collection:
    """The rows so far."""

    def __init__(
        self,
        client: BrokerClient,
        wanted: Sequence[Wanted],
        revive: Callable[[], None] | None,
    ) -> None:
        self.client = client
        self.wanted = {one.conid: one for one in wanted}
        self.revive = revive
        self.haste = client.settings.haste
        self.grace = min(self._seconds(GRACE), client.deadline.remaining * (1 - RESERVED))
        self.looked = False  # whether the broker has answered at all
        self.rows: dict[int, RawRow] = {}
        self.stopped: IbcliError | None = None
        asked = tuple(
            dict.fromkeys(f for one in wanted for f in (*one.required, *one.fields, *one.also))
        )
        self.codes = wire_codes(asked)
        self.revived = False

    def fill(self, wanted: Sequence[Wanted]) -> None:
        """Ask for these contracts (at most a hundred) until they are complete or nothing comes."""
        clock = self.client.deadline.clock
        pending, news_at = list(wanted), clock()
        pause = FIRST_PAUSE / self.haste
        longest = max(LONGEST_PAUSE / self.haste, min(LONGEST_PAUSE, SHORTEST_PAUSE))
        while self._look(pending):
            before, pending = pending, [one for one in pending if not self._complete(one)]
            if not pending:
                return
            if self.news or len(pending) < len(before):
                news_at = clock()
            if not self._worth_waiting(pending, clock() - news_at):
                return
            self.client.deadline.sleep(pause)
            pause = min(pause * 1.5, longest)

    def _look(self, pending: Sequence[Wanted]) -> bool:
        """One look at the pending contracts; whether another may follow."""
        self.news = False
        try:
            for codes in _batches(self.codes, MOST_FIELDS):
                found = endpoints.snapshot(self.client, [one.conid for one in pending], codes)
                self.looked = True
                for conid in found.keys() & self.wanted.keys():
                    self._take(conid, found[conid])
        except (IncompleteError, UnreachableError, RefusedError) as exc:
            late = self.client.deadline.passed and self.looked
            if not late and not any(map(_answered, self.rows.values())):
                raise
            self.stopped = _late() if late else exc
            return False
        return True

    def _take(self, conid: int, row: RawRow) -> None:
        known = self.rows.get(conid, {})
        self.news = self.news or bool(row.keys() - known.keys())
        self.rows[conid] = {**known, **row}

    def _complete(self, one: Wanted) -> bool:
        row = self.rows.get(one.conid)
        if row is None or not _answered(row):
            return False
        quote = decode_quote(one.conid, row)
        return (
            quote.dead
            or not one.means(row)
            or (all(_arrived(field, row) for field in one.fields) and not missing(one, quote))
        )

    def _worth_waiting(self, pending: Sequence[Wanted], quiet: float) -> bool:
        """Whether to go on after this long without anything new."""
        if self.client.deadline.passed:
            self.stopped = _late()
            return False
        unanswered = any(not _answered(self.rows.get(one.conid, {})) for one in pending)
        if unanswered and quiet >= self._seconds(STARVED) and not self.revived:
            self.revived = True
            self.release()
            if self.revive is not None:
                self.revive()
        return any(quiet < self._patience(one) for one in pending)

    def _patience(self, one: Wanted) -> float:
        """How long a silence is borne for what a row lacks."""
        row = self.rows.get(one.conid, {})
        if not _answered(row):
            return self.grace if one.luxury else inf
        quote = decode_quote(one.conid, row)
        if missing(one, quote):
            return inf if one.required or not is_withheld(quote) else self._seconds(QUIET)
        model = quote.mid is not None and any(
            field in MODEL and not _arrived(field, row) for field in one.fields
        )
        return self._seconds(QUIET_MODEL if model else QUIET)

    def _seconds(self, silence: float) -> float:
        """How long a silence is borne where time may run faster."""
        return max(silence / self.haste, min(silence, SHORTEST))

    def release(self) -> None:
        """Close all streams to make room; without success if need be."""
        try:
            endpoints.unsubscribe_all(self.client)
        except (RefusedError, UnreachableError, IncompleteError):
            return

    def quotes(self) -> dict[int, Quote]:
        """What can be read by now; nothing of a row about another contract."""
        return {
            conid: decode_quote(conid, row)
            for conid, row in self.rows.items()
            if _answered(row) and self.wanted[conid].means(row)
        }

    def strangers(self) -> tuple[str, ...]:
        """Of which rows nothing is taken, and why."""
        return tuple(
            f"The broker's market data of conid {conid} is about {text(row.get(Field.SYMBOL))}, "
            f"not {self.wanted[conid].names[0]}: it was left out."
            for conid, row in self.rows.items()
            if not self.wanted[conid].means(row)
        )


def _bare(symbol: str) -> str:
    """A symbol without blanks and dots; the sign for "none" is nothing."""
    return "".join(c for c in symbol.upper() if c.isalnum())


def _late() -> IncompleteError:
    return IncompleteError(
        "The deadline passed while market data was awaited.",
        hint="Give it longer with --deadline SECONDS.",
        code="deadline",
        retryable=True,
    )


_TELLING = frozenset(map(str, Field))


def _answered(row: RawRow) -> bool:
    """Whether a row tells more than that its stream is open."""
    return not _TELLING.isdisjoint(row)


def _arrived(field: Field, row: RawRow) -> bool:
    return field in row or (field is Field.VOLUME and Field.VOLUME_EXACT in row)


def _batches(codes: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(codes), size):
        yield codes[start : start + size]
