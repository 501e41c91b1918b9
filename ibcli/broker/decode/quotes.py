"""Market-data snapshot rows.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#md-snapshot; prefixes, suffixes
and placeholders are recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ibcli.broker.decode.values import (
    UnreadableError,
    conid,
    instant,
    number,
    shown,
    text,
    unexpected,
)
from ibcli.broker.fields import Field
from ibcli.domain.quotes import Feed, LastKind, Quote

if TYPE_CHECKING:
    from decimal import Decimal

RawRow = Mapping[str, object]
Value = TypeVar("Value")

_FEEDS = {
    "R": Feed.LIVE,
    "D": Feed.DELAYED,
    "Z": Feed.FROZEN,
    "Y": Feed.FROZEN_DELAYED,
    "N": Feed.NOT_SUBSCRIBED,
    "O": Feed.AGREEMENT_MISSING,
}
_LAST_KINDS = {"C": LastKind.PRIOR_CLOSE, "H": LastKind.HALTED}
_RAW_VOLUME = "87_raw"  # a JSON number beside 87; undocumented, recorded


def raw_rows(answer: object) -> dict[int, RawRow]:
    """The rows of a snapshot by conid, not yet read; those of no certain conid left out."""
    if isinstance(answer, Mapping):
        answer = [answer]
    if not isinstance(answer, list):
        raise unexpected("market data", answer)
    rows: dict[int, RawRow] = {}
    for row in answer:
        if isinstance(row, Mapping):
            number_of, also = (conid(row.get(key)) for key in ("conid", "conidEx"))
            number_of = number_of or also
            if number_of is not None and also in (None, number_of):
                rows[number_of] = {**rows.get(number_of, {}), **row}
    return rows


def _plain(value: object) -> Decimal | None:
    return number(value, suffixes="")


def _percent(value: object) -> Decimal | None:
    return number(value, suffixes="%")


def _not_negative(found: Decimal | None) -> Decimal | None:
    if found is not None and found < 0:  # such as the -1 by which other interfaces say "none"
        raise UnreadableError
    return found


def _price(value: object) -> Decimal | None:
    """An abbreviated price ("1.2K") would not be exact: it is none."""
    return _not_negative(_plain(value))


def _count(value: object) -> Decimal | None:
    return _not_negative(number(value, suffixes="KMB"))


def _delta(value: object) -> Decimal | None:
    found = _plain(value)
    if found is not None and abs(found) > 1:
        raise UnreadableError
    return found


def _fraction(value: object) -> Decimal | None:
    found = _not_negative(_percent(value))
    return None if found is None else found / 100


_READERS: dict[Field, Callable[[object], Decimal | None]] = {
    Field.BID: _price,
    Field.BID_SIZE: _count,
    Field.ASK: _price,
    Field.ASK_SIZE: _count,
    Field.LAST_SIZE: _count,
    Field.OPEN: _price,
    Field.HIGH: _price,
    Field.LOW: _price,
    Field.CLOSE: _price,
    Field.PRIOR_CLOSE: _price,
    Field.CHANGE: _plain,
    Field.CHANGE_PERCENT: _percent,
    Field.MARK: _price,
    Field.OPEN_INTEREST: _count,
    Field.OPTION_VOLUME: _count,
    Field.DELTA: _delta,
    Field.GAMMA: _plain,
    Field.THETA: _plain,
    Field.VEGA: _plain,
    Field.IMPLIED_VOLATILITY: _fraction,
    Field.IMPLIED_VOLATILITY_30D: _fraction,
}

_NAMED_READERS = [(field.attribute, str(field), reader) for field, reader in _READERS.items()]


def decode_quote(number_of: int, row: RawRow) -> Quote:
    """One snapshot row; what cannot be read is None and named in ``odd``. Never raises."""
    reading = _Reading(row)
    values: dict[str, Any] = {
        name: reading.take(field, reader) for name, field, reader in _NAMED_READERS
    }
    availability = text(row.get(Field.AVAILABILITY))
    symbol = text(row.get(Field.SYMBOL))
    last, last_kind = reading.last()
    return Quote(
        conid=number_of,
        updated=reading.take("_updated", instant),
        feed=_FEEDS.get(availability[0], Feed.UNKNOWN) if availability else None,
        availability=availability,
        symbol=None if symbol == "-" else symbol,
        last=last,
        last_kind=last_kind,
        volume=reading.volume(),
        dead=symbol == "-" and last is None and values["bid"] is None and values["ask"] is None,
        odd=tuple(reading.odd),
        **values,
    )


class _Reading:
    """Takes values from one row and remembers those that could not be read."""

    def __init__(self, row: RawRow) -> None:
        self.row = row
        self.odd: list[str] = []

    def take(self, key: str, reader: Callable[[object], Value | None]) -> Value | None:
        value = self.row.get(key)
        if value is None:
            return None
        try:
            return reader(value)
        except UnreadableError:
            self.odd.append(f"field {key} = {shown(value)}")
            return None

    def last(self) -> tuple[Decimal | None, LastKind | None]:
        """The last price and what its prefix makes of it."""
        value = self.row.get(Field.LAST)
        prefix = value.strip()[:1] if isinstance(value, str) else ""
        kind = _LAST_KINDS.get(prefix)
        if kind is None:
            price = self.take(Field.LAST, _price)
        else:
            price = self.take(Field.LAST, lambda whole: _price(str(whole).strip()[1:]))
        return price, None if price is None else kind or LastKind.TRADE

    def volume(self) -> Decimal | None:
        """The exact volume where it is told, else the abbreviated one."""
        for key in (Field.VOLUME_EXACT, _RAW_VOLUME, Field.VOLUME):
            found = self.take(key, _count)
            if found is not None:
                return found
        return None
