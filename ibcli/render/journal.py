"""The journal of orders, a line an entry, under the job that it belongs to."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from ibcli.domain.ledger import Act, Entry, Kind
from ibcli.render import numbers
from ibcli.render.plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from ibcli.domain.ledger import Pages

_HEADER = (
    "number", "at", "market_at", "account", "day", "job", "run", "leg", "coid", "act", "kind",
    "order_id", "execution_id", "cause",
)  # fmt: skip
_STYLES = {
    Kind.DOUBT: "bold yellow",
    Kind.SENDING: "cyan",
    Kind.ANSWERING: "cyan",
    Kind.ACKNOWLEDGED: "green",
    Kind.FILL: "bold green",
    Kind.REFUSED: "bold red",
    Kind.DECLINED: "bold red",
    Kind.INCOMPLETE: "bold red",
    Kind.HALTED: "bold red",
    Kind.ABSENT: "yellow",
    Kind.BARED: "bold yellow",
    Kind.COVERED: "green",
}


def document(data: Pages) -> dict[str, Any]:
    """One object an entry, with its detail as it was written."""
    return {
        "file": data.path,
        "day": data.day,
        "job": data.job,
        "total": data.total,
        "entries": [_entry_document(entry) for entry in data.entries],
    }


def _entry_document(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _HEADER} | {"detail": entry.detail}


def rows(data: Pages) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row an entry, without its detail."""
    return _HEADER, ([getattr(entry, name) for name in _HEADER] for entry in data.entries)


def draw(data: Pages, width: int) -> Iterator[RenderableType]:
    """Entries in the order in which they were written."""
    from ibcli.render.grid import DIM, line, prose

    if not data.entries:
        yield prose(_nothing(data))
        return
    for number, (about, entries) in enumerate(groupby(data.entries, _about)):
        if number:
            yield line()
        yield prose(about, style="bold")
        yield _lines(list(entries))
    yield line()
    shown = len(data.entries)
    yield prose(f"{shown} of {data.total} entries of {data.path}", style=DIM)


def _nothing(data: Pages) -> str:
    if not data.total:
        return f"Nothing was ever ordered from here: there is nothing in {data.path}"
    named = [f"of {numbers.day(data.day)}"] if data.day else []
    named += [f"of job {data.job}"] if data.job else []
    return f"Nothing {' '.join(named)} among the {data.total} entries of {data.path}"


def _about(entry: Entry) -> str:
    """The heading under which an entry stands."""
    day = numbers.day(entry.day)
    if entry.job is None:
        return day
    return f"{entry.job}{f' run {entry.run}' if entry.run != 1 else ''}  {day}"


def _lines(entries: Sequence[Entry]) -> RenderableType:
    from ibcli.domain.newyork import NEW_YORK
    from ibcli.render.lines import Line, Sheet

    sheet = Sheet()
    for _ in ("time", "leg", "kind"):
        sheet.add_column()
    sheet.add_column(folds=True)
    for entry in entries:
        clock = f"{entry.market_at.astimezone(NEW_YORK):%H:%M:%S}"
        leg = f"leg {entry.leg}" if entry.leg is not None else ""
        style = _STYLES.get(entry.kind, "")
        sheet.add_row(clock, leg, Line(_kind(entry), style), words(entry))
    return sheet


def _kind(entry: Entry) -> str:
    named = entry.act in {Act.CANCEL, Act.MODIFY}
    return f"{entry.act.value} {entry.kind.value}" if named else entry.kind.value


def words(entry: Entry) -> str:
    """What happened, in words: the orders it is about, and why."""
    told = []
    if entry.kind in {Kind.INTENT, Kind.REPRICED}:
        told += [_ticket(ticket) for ticket in entry.detail.get("orders", ())]
    elif entry.kind is Kind.ACKNOWLEDGED and "orders" in entry.detail:
        told += [_order(row) for row in entry.detail["orders"]]
    elif entry.kind is Kind.STATUS:
        told.append(_order(entry.detail))
    elif entry.order_id is not None:
        told.append(f"order {entry.order_id}")
    if "commission" in entry.detail:
        told.append(f"commission {entry.detail['commission']}")
    if isinstance(order := entry.detail.get("order"), dict):
        told.append(_ticket(order))
    if entry.cause and entry.kind is not Kind.INTENT:
        told.append(entry.cause)
    return "; ".join(told)


def _ticket(ticket: Mapping[str, Any]) -> str:
    """``SELL 1 SPY 18AUG25 640 P LMT 0.50``; a child's with what it is for before it."""
    legs = ticket.get("legs", ())
    names = " ".join(
        leg["words"] if len(legs) == 1 else f"{leg['ratio']:+d} {leg['words']}" for leg in legs
    )
    prices = (ticket.get(name) for name in ("limit", "trigger", "trail"))
    role = "" if ticket["role"] == "entry" else f"{ticket['role']} "
    told = [ticket["side"], str(ticket["quantity"]), names, ticket["type"]]
    return role + " ".join([*told, *(str(to_plain(price)) for price in prices if price)])


def _order(row: Mapping[str, Any]) -> str:
    """``order 1755529200 Submitted 1 filled``."""
    place = row.get("place")
    role = "order" if not place else "child"
    filled = row.get("filled")
    told = [role, str(row.get("order_id", "")), str(row.get("status") or "")]
    if filled and str(filled).strip("0."):
        told.append(f"{filled} filled")
    return " ".join(word for word in told if word)
