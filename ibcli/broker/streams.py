"""Open market-data streams: what each has told so far, and how long more is waited for.

Silence says what a contract lacks (not: what is late), by these facts:

- A stream that is open answers at once with what it has; a new one with a bare row (recorded).
- Data refreshes about every half second (documented).
- What is computed from prices comes last, at times after several requests (recorded).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from ibcli.broker.decode import RawRow, decode_quote
from ibcli.broker.decode.values import text
from ibcli.broker.fields import MODEL, Field
from ibcli.domain.quotes import Feed

if TYPE_CHECKING:
    from ibcli.domain.quotes import Quote

# When a stream has told nothing new for so long, a refresh, and has been open for two of them, what
# is merely wanted is not waited for any more.
QUIET = 0.5
OPEN = 1.0
# One that has been open for so long has told all it has, as soon as a look brings nothing new.
OPEN_LONG = 2.0
# So long, where there is a market but nothing computed from prices has come for any contract.
QUIET_MODEL = 3.0
_NOTHING: frozenset[str] = frozenset()
_TELLING = frozenset(map(str, Field))


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


@dataclass(slots=True)
class Stream:
    """What one contract's stream has told. Instants are seconds of the deadline's clock."""

    wanted: Wanted
    in_vain: frozenset[str] = _NOTHING  # codes that were waited for in vain before
    row: RawRow = field(default_factory=dict)
    opened_at: float | None = None
    told_at: float = -inf  # when it last told something new
    looks_since: int = 0
    was_open: bool = False  # it told something when it was first asked
    _quote: Quote | None = None

    def opened(self, now: float) -> None:
        """It is asked for the first time, or anew after it was closed."""
        self.opened_at, self.looks_since = now, 0

    def told(self, row: RawRow | None, now: float) -> bool:
        """Take what one look brought; whether something new was in it."""
        row = row or {}
        if row.keys() <= self.row.keys():
            self.looks_since += 1
            news = False
        else:
            self.was_open = self.was_open or (self.opened_at is None and _tells(row))
            self.told_at, self.looks_since, news = now, 0, True
        self.row = {**self.row, **row}
        self._quote = None
        if self.opened_at is None:
            self.opened_at = now
        return news

    @property
    def answered(self) -> bool:
        """Whether it has told more than that it is open."""
        return _tells(self.row)

    @property
    def is_stranger(self) -> bool:
        """Whether what it tells is about another contract."""
        return not self.wanted.means(self.row)

    @property
    def quote(self) -> Quote:
        """What has come, read."""
        if self._quote is None:
            self._quote = decode_quote(self.wanted.conid, self.row)
        return self._quote

    @property
    def lacking(self) -> frozenset[str]:
        """The codes of what is wanted and has not come."""
        return frozenset(str(f) for f in self.wanted.fields if not _arrived(f, self.row))

    @property
    def lacks_model(self) -> bool:
        """Whether something computed is still to come: there is a market to compute it from."""
        return self.quote.mid is not None and any(
            f in MODEL and not _arrived(f, self.row) for f in self.wanted.fields
        )

    def is_complete(self) -> bool:
        """Whether there is nothing to wait for."""
        if not self.answered:
            return False
        if self.quote.dead or self.is_stranger:
            return True
        if _required(self.wanted, self.quote):
            return False
        lacking = self.lacking
        if self.was_open and lacking and lacking <= self.in_vain:
            return True
        if is_withheld(self.quote):
            return False
        return not lacking

    def _has_the_last(self) -> bool:
        """Whether all that is computed has come, which comes last; a look more makes it sure."""
        model = [f for f in self.wanted.fields if f in MODEL]
        return bool(model) and all(_arrived(f, self.row) for f in model)

    def is_worth_waiting(self, now: float, grace: float, haste: _Haste, others: bool) -> bool:
        """Whether to go on asking for what it lacks.

        ``grace``: how long any answer of a luxury is awaited. ``others``: whether something
        computed has come for any contract by now: then it does not take its time any more.
        """
        opened = now if self.opened_at is None else self.opened_at
        if not self.answered:
            return not self.wanted.luxury or now - opened < grace
        if _required(self.wanted, self.quote):
            return True
        if not self.looks_since:
            return True
        if self._has_the_last():
            return False
        silence = now - self.told_at
        if self.lacks_model and not others:
            return silence < haste.seconds(QUIET_MODEL)
        age = now - opened
        is_fresh = silence < haste.seconds(QUIET) or age < haste.seconds(OPEN)
        return is_fresh and age < haste.seconds(OPEN_LONG)


@dataclass(frozen=True, slots=True)
class _Haste:
    """How much faster than real time goes: for a simulator."""

    times: int
    shortest: float

    def seconds(self, silence: float) -> float:
        """How long a silence is borne."""
        return max(silence / self.times, min(silence, self.shortest))


# A shorter silence says nothing, however fast a simulator's time runs.
_SHORTEST = 0.25


def hasty(times: int) -> _Haste:
    """Silences where time goes so many times faster."""
    return _Haste(times, _SHORTEST)


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
    return _required(wanted, quote)


def _required(wanted: Wanted, quote: Quote) -> tuple[str, ...]:
    return tuple(
        each.attribute.replace("_", " ")
        for each in wanted.required
        if getattr(quote, each.attribute) is None
    )


def is_withheld(quote: Quote) -> bool:
    """Whether there is no price because the user may not see any."""
    prices = (quote.bid, quote.ask, quote.last, quote.mark, quote.prior_close, quote.close)
    seen = any(price is not None for price in prices)
    return not seen and quote.feed in (Feed.NOT_SUBSCRIBED, Feed.AGREEMENT_MISSING)


def _bare(symbol: str) -> str:
    """A symbol without blanks and dots; the sign for "none" is nothing."""
    return "".join(c for c in symbol.upper() if c.isalnum())


def _tells(row: RawRow) -> bool:
    """Whether a row tells more than that its stream is open."""
    return not _TELLING.isdisjoint(row)


def _arrived(wanted: Field, row: RawRow) -> bool:
    return wanted in row or (wanted is Field.VOLUME and Field.VOLUME_EXACT in row)
