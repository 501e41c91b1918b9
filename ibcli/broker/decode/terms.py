"""What a contract's prices and hours have to keep to.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#contract-rules and
#trading-schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ibcli.broker.decode.rows import Fields, Row, each, wanted
from ibcli.broker.decode.values import UnreadableError, amount, day, instant, text, unexpected
from ibcli.domain.terms import Session, TickRules, TradingHours

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

_LAST_TEMPLATE = date(2000, 1, 7)  # 2000-01-01 to -07 stand for Saturday to Friday (documented)
_WEEK = 7


def decode_rules(answer: object) -> TickRules:
    """Ticks and order types. Raises RefusedError when the answer tells no tick at all."""
    row = answer if isinstance(answer, Mapping) else {}
    row = row["rules"] if isinstance(row.get("rules"), Mapping) else row
    fields = Fields(row)
    steps = _steps(row.get("incrementRules"))
    if not steps and (increment := fields.get(amount, "increment")) and increment > 0:
        steps = ((increment * 0, increment),)
    if not steps:
        raise unexpected("price steps", answer)
    size = fields.get(amount, "sizeIncrement")
    types = row.get("orderTypes")
    return TickRules(
        steps=steps,
        order_types=tuple(word for word in map(text, types) if word)
        if isinstance(types, list)
        else (),
        size_increment=size if size and size > 0 else None,
    )


def _steps(value: object) -> tuple[tuple[Decimal, Decimal], ...]:
    """The steps by rising edge; none at all if one of them cannot be read."""
    rows = value if isinstance(value, list) else []
    read = each(rows, "price steps", lambda row: (_edge(row), wanted(row, "increment", amount)))
    if read.odd or any(edge < 0 or increment <= 0 for edge, increment in read.rows):
        return ()
    return tuple(sorted(read.rows))


def _edge(row: Row) -> Decimal:
    return wanted(row, "lowerEdge", amount)


def decode_hours(answer: object) -> TradingHours:
    """Regular sessions by day, from ``/contract/trading-schedule``: instants in seconds (recorded).

    Raises RefusedError when it tells no day, or one that cannot be read: a session left out would
    look like a holiday.
    """
    schedules = answer.get("schedules") if isinstance(answer, Mapping) else None
    if not isinstance(schedules, Mapping) or not schedules:
        raise unexpected("trading hours", answer)
    try:
        return TradingHours({_day(key): _sessions(row) for key, row in schedules.items()})
    except UnreadableError:
        raise unexpected("trading hours", answer) from None


def _day(value: object) -> date:
    found = day(value)
    if found is None:
        raise UnreadableError
    return found


def _sessions(row: object) -> tuple[Session, ...]:
    stretches = row.get("liquid_hours") if isinstance(row, Mapping) else None
    if stretches is None and isinstance(row, Mapping):
        return ()
    if not isinstance(stretches, list):
        raise UnreadableError
    return tuple(sorted(_session(stretch) for stretch in stretches))


def _session(stretch: object) -> Session:
    row = stretch if isinstance(stretch, Mapping) else {}
    opens, closes = wanted(row, "opening", _seconds), wanted(row, "closing", _seconds)
    if opens >= closes:
        raise UnreadableError
    return Session(opens, closes)


def _seconds(value: object) -> datetime | None:
    seconds = amount(value)
    return None if seconds is None else instant(seconds * 1000)


def decode_venue_hours(answer: object, days: Iterable[date]) -> TradingHours:
    """Regular sessions of these days, from ``/trsrv/secdef/schedule``: weekdays, and exceptions.

    A session is what is called LIQUID there. Of several venues the first counts that tells any.
    Raises RefusedError when none does.
    """
    wanted_days = tuple(days)
    for venue in each(answer, "trading hours", dict).rows:
        zone = _zone(venue.get("timezone"))
        rows = venue.get("schedules")
        if zone is None or not isinstance(rows, list):
            continue
        told = {day(row.get("tradingScheduleDate")): row for row in rows if isinstance(row, dict)}
        found = {one: _of_venue(told, one, zone) for one in wanted_days}
        if any(found.values()):
            return TradingHours(found)
    raise unexpected("trading hours", answer)


def _of_venue(told: Mapping[date | None, Row], one: date, zone: ZoneInfo) -> tuple[Session, ...]:
    row = told.get(one) or told.get(_template(one))
    if row is None:
        return ()
    found = []
    for stretch in _liquid(row):
        opens, closes = (_at(one, stretch.get(key), zone) for key in ("openingTime", "closingTime"))
        if opens is not None and closes is not None and opens < closes:
            found.append(Session(opens, closes))
    return tuple(sorted(found))


def _template(one: date) -> date:
    """The day of the first week of 2000 that stands for this weekday."""
    return _LAST_TEMPLATE - timedelta(days=(_LAST_TEMPLATE.weekday() - one.weekday()) % _WEEK)


def _liquid(row: Row) -> Sequence[Row]:
    for key in ("sessions", "tradingtimes"):
        stretches = row.get(key)
        if isinstance(stretches, list):
            found = [s for s in stretches if isinstance(s, Mapping) and s.get("prop") == "LIQUID"]
            if found:
                return found
    return ()


def _zone(value: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(value) if isinstance(value, str) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _at(one: date, value: object, zone: ZoneInfo) -> datetime | None:
    """An instant from "0930"."""
    if not isinstance(value, str) or len(value) != len("0930") or not value.isdigit():
        return None
    try:
        local = datetime.combine(one, time(int(value[:2]), int(value[2:])), zone)
    except ValueError:
        return None
    return local.astimezone(UTC)
