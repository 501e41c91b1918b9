"""An order before it is sent: legs, prices, best and worst, margin, and every limit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ibcli.domain.orders import Role
from ibcli.render import numbers
from ibcli.render.tickets import leg_document, ticket_document, ticket_terms, tradable_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from rich.console import RenderableType

    from ibcli.domain.order_preview import GuardCheck, OrderPreview, PreviewLeg, PreviewOrder
    from ibcli.domain.orders import Bracket, Ticket
    from ibcli.render.grid import Cell
    from ibcli.render.lines import Line

_LEAST_WIDTH = 50  # for a chart
_LONG = 30  # characters of a limit's value


def document(preview: OrderPreview) -> dict[str, Any]:
    """Everything that is shown, and the points of the chart."""
    bounds, margin = preview.bounds, preview.margin
    quote = preview.underlying_quote
    refusing = preview.refusing
    return {
        "dry_run": preview.dry_run,
        "underlying": {
            "conid": preview.underlying.conid,
            "symbol": preview.underlying.symbol,
            "price": quote.price if quote else None,
        },
        "expiry": preview.expiry.day if preview.expiry else None,
        "as_of": preview.as_of,
        "trading_day": preview.trading_day,
        "account": preview.account,
        "paper": preview.paper,
        "job": preview.job,
        "run": preview.run,
        "legs": [_leg_document(leg) for leg in preview.legs],
        "orders": [_order_document(order) for order in preview.orders],
        "credit": preview.credit,
        "max_profit": bounds.most if bounds.is_known else None,
        "max_profit_unlimited": bounds.is_known and bounds.most is None,
        "max_loss": -bounds.least if bounds.least is not None else None,
        "max_loss_unlimited": bounds.is_known and bounds.least is None,
        "loss_at_stops": bounds.at_stops,
        "break_evens": list(bounds.break_evens),
        "payoff": _points(preview),
        "margin": None
        if margin is None
        else {
            "commission": margin.commission,
            "commission_words": margin.commission_words,
            "initial_change": margin.initial_change,
            "initial_after": margin.initial_after,
            "equity": margin.equity,
            "share_of_equity": margin.share,
            "warnings": list(margin.warnings),
        },
        "guards": [_guard_document(guard) for guard in preview.guards],
        "refused_by": refusing.code if refusing else None,
        "if_leg_fails": preview.if_leg_fails,
        "notes": list(preview.notes),
    }


def _leg_document(leg: PreviewLeg) -> dict[str, Any]:
    quote = leg.quote
    return {
        "order": leg.order,
        "contracts": leg.contracts,
        **tradable_document(leg.tradable),
        "bid": quote.bid if quote else None,
        "ask": quote.ask if quote else None,
        "mid": quote.mid if quote else None,
        "delta": quote.delta if quote else None,
        "feed": quote.feed if quote else None,
        "updated": quote.updated if quote else None,
    }


def _order_document(order: PreviewOrder) -> dict[str, Any]:
    entry = order.bracket.entry
    return {
        "order": order.number,
        "tickets": [ticket_document(ticket) for ticket in order.bracket.tickets],
        "legs": [leg_document(leg) for leg in entry.legs],
        "credit": order.is_credit,
        "premium": order.premium,
        "mid": order.mid,
        "limit": order.limit,
        "stop": _trigger(_child(order.bracket, Role.STOP)),
        "take_profit": _limit(_child(order.bracket, Role.TAKE_PROFIT)),
        "loss_at_stop": order.loss_at_stop,
        "protection": order.protection,
        "initial_margin_change": order.what_if.initial_change if order.what_if else None,
        "commission": order.what_if.commission if order.what_if else None,
    }


def _guard_document(guard: GuardCheck) -> dict[str, Any]:
    return {
        "code": guard.code,
        "setting": guard.setting,
        "what": guard.what,
        "value": guard.value,
        "limit": guard.limit,
        "ok": guard.ok,
    }


def _points(preview: OrderPreview) -> list[dict[str, Any]] | None:
    if preview.payoff is None:
        return None
    return [{"price": point.price, "profit": point.profit} for point in preview.payoff.kinks]


def rows(preview: OrderPreview) -> tuple[list[str], Iterator[list[object]]]:
    """One row a contract."""
    documents = [_leg_document(leg) for leg in preview.legs]
    header = ["order", "contracts", "contract", "conid", "bid", "ask", "mid", "delta", "feed"]
    return header, ([one[name] for name in header] for one in documents)


def draw(preview: OrderPreview, width: int) -> Iterator[RenderableType]:
    """All of it for a reader; the limits last, nearest to the question."""
    stream = sys.stdout
    yield from picture(preview, width, plain_ascii=not speaks_unicode(stream))


def speaks_unicode(stream: Any) -> bool:
    """Whether a stream carries more than ASCII."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return str(encoding).lower().startswith("utf")


def picture(
    preview: OrderPreview, width: int, *, plain_ascii: bool = False
) -> Iterator[RenderableType]:
    """The same for a stream that may carry ASCII alone."""
    from ibcli.render.grid import DIM, line, prose
    from ibcli.render.payoff_chart import chart
    from ibcli.render.table import facts, table

    yield _title(preview)
    yield prose(_whose(preview), style=DIM)
    yield line()
    yield from table(_leg_columns(preview), width)
    yield line()
    yield from table(_order_columns(preview), width)
    yield line()
    yield from facts(sums(preview), width)
    if preview.payoff is not None and width >= _LEAST_WIDTH:
        quote = preview.underlying_quote
        yield line()
        price = quote.price if quote else None
        yield from chart(preview.payoff, price, width, plain_ascii=plain_ascii)
        at = f"; the bar is {preview.underlying.symbol} now" if price is not None else ""
        yield prose(f"Profit at expiry in dollars, without commissions and stops{at}.", style=DIM)
    yield line()
    yield from _guards(preview, width)
    if preview.notes:
        yield line()
    for note in preview.notes:
        yield prose(note)
    if preview.dry_run:
        yield line()
        yield prose("A dry run: nothing was sent.", style="bold")


def _title(preview: OrderPreview) -> Line:
    """``Order preview  SPY 643.10  expires Mon 18 Aug 2025``."""
    from ibcli.render.grid import line

    text = line("Order preview  ", style="bold")
    quote = preview.underlying_quote
    text.append(preview.underlying.symbol or str(preview.underlying.conid))
    if quote is not None and quote.price is not None:
        text.append(f" {numbers.price(quote.price)}")
    if preview.expiry is not None:
        text.append(f"  expires {numbers.day(preview.expiry.day)}", style="not bold")
    return text


def _whose(preview: OrderPreview) -> str:
    kind = "paper" if preview.paper else "LIVE"
    return (
        f"{kind} account {preview.account} · trading day {preview.trading_day} · "
        f"job {preview.job}, run {preview.run}"
    )


def _leg_columns(preview: OrderPreview) -> list[Any]:
    from ibcli.render.table import column

    legs = preview.legs
    ages = [_age(leg, preview) for leg in legs]
    return [
        column("Order", [str(leg.order) for leg in legs]),
        column("Contracts", [f"{leg.contracts:+d}" for leg in legs]),
        column("Contract", [leg.tradable.words for leg in legs], left=True, style="bold"),
        column("Bid", [numbers.price(leg.quote.bid if leg.quote else None) for leg in legs]),
        column("Ask", [numbers.price(leg.quote.ask if leg.quote else None) for leg in legs]),
        column("Mid", [numbers.price(leg.quote.mid if leg.quote else None) for leg in legs]),
        column("Delta", [numbers.greek(leg.quote.delta if leg.quote else None) for leg in legs]),
        column("Age", ages, rank=2),
        column("Feed", [_feed(leg) for leg in legs], rank=3, left=True),
    ]


def _age(leg: PreviewLeg, preview: OrderPreview) -> str:
    if leg.quote is None or leg.quote.updated is None:
        return numbers.MISSING
    return numbers.age((preview.as_of - leg.quote.updated).total_seconds())


def _feed(leg: PreviewLeg) -> str:
    return str(leg.quote.feed) if leg.quote and leg.quote.feed else numbers.MISSING


def _order_columns(preview: OrderPreview) -> list[Any]:
    from ibcli.render.table import column

    orders = preview.orders
    return [
        column("Order", [str(order.number) for order in orders]),
        column("Entry", [_entry(order) for order in orders], left=True),
        column("Premium", [_premium(order) for order in orders]),
        column("Stop", [_price(_trigger(_child(o.bracket, Role.STOP))) for o in orders]),
        column("Profit at", [_price(_limit(_child(o.bracket, Role.TAKE_PROFIT))) for o in orders]),
        column("Loss at stop", [dollars(order.loss_at_stop) for order in orders], rank=1),
        column("Margin", [_margin(order) for order in orders], rank=2),
        column("TIF", [order.bracket.entry.tif for order in orders], rank=3, left=True),
    ]


def _entry(order: PreviewOrder) -> str:
    entry = order.bracket.entry
    what = f"{entry.quantity} combination{'s' * (entry.quantity > 1)}" if entry.is_combo else ""
    return f"{entry.side} {what or entry.quantity} {ticket_terms(entry)}"


def _premium(order: PreviewOrder) -> str:
    if order.premium is None:
        return numbers.MISSING
    return f"{numbers.price(order.premium)} {'credit' if order.is_credit else 'debit'}"


def _margin(order: PreviewOrder) -> str:
    return dollars(order.what_if.initial_change) if order.what_if else numbers.MISSING


def _child(bracket: Bracket, role: Role) -> Ticket | None:
    return next((child for child in bracket.children if child.role is role), None)


def _trigger(child: Ticket | None) -> Decimal | None:
    return abs(child.trigger) if child is not None and child.trigger is not None else None


def _limit(child: Ticket | None) -> Decimal | None:
    return abs(child.limit) if child is not None and child.limit is not None else None


def _price(value: Decimal | None) -> str:
    return "none" if value is None else numbers.price(value)


def dollars(amount: Decimal | None) -> str:
    """``$1,234.50``; a loss has its sign before the dollar's."""
    if amount is None:
        return numbers.MISSING
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def sums(preview: OrderPreview) -> list[tuple[str, str]]:
    """Credit, best, worst, margin: names and values."""
    bounds, margin = preview.bounds, preview.margin
    credit = preview.credit
    pairs = [] if credit is None else [("Credit" if credit >= 0 else "Debit", dollars(abs(credit)))]
    pairs += [
        ("Most to gain", _bound(preview, bounds.most)),
        ("Most to lose", _bound(preview, None if bounds.least is None else -bounds.least)),
    ]
    if bounds.at_stops is not None:
        pairs.append(("Loss at the stops", dollars(bounds.at_stops)))
    if bounds.break_evens:
        pairs.append(("Break-even", " and ".join(map(numbers.price, bounds.break_evens))))
    pairs += [
        (f"Order {order.number} limited by", order.protection)
        if len(preview.orders) > 1
        else ("Limited by", order.protection)
        for order in preview.orders
    ]
    if margin is not None:
        share = f" ({numbers.fraction(margin.share)} of equity afterwards)" if margin.share else ""
        pairs.append(("Margin", f"{dollars(margin.initial_change)}{share}"))
        words = margin.commission_words or ""
        shown = dollars(margin.commission) if margin.commission is not None else words
        pairs.append(("Commission", shown or numbers.MISSING))
        pairs += [("The broker warns", warning) for warning in margin.warnings]
    return pairs


def _bound(preview: OrderPreview, amount: Decimal | None) -> str:
    if amount is not None:
        return dollars(amount)
    return "unlimited" if preview.bounds.is_known else "not known: expiries differ"


def _guards(preview: OrderPreview, width: int) -> Iterator[RenderableType]:
    """Each limit with its value; what is crossed stands out without colour too.

    Where a value has no room on its line, it stands below all of them.
    """
    from ibcli.render.grid import Cell, grid, grid_width, prose

    guards = preview.guards
    rows = [_guard_row(guard, guard.value) for guard in guards]
    head = [Cell("Guard", left=True), Cell(""), Cell("Value", left=True), Cell("Limit", left=True)]
    long: list[GuardCheck] = []
    if grid_width([head, *rows]) > width:
        long = [guard for guard in guards if len(guard.value) > _LONG]
        rows = [_guard_row(g, "see below" if g in long else g.value) for g in guards]
    if grid_width([head, *rows], 1) > width:
        for guard in guards:
            yield prose(_guard_sentence(guard))
        return
    gap = 2 if grid_width([head, *rows]) <= width else 1
    yield from grid([head, *rows], gap)
    for guard in long:
        yield prose(f"{guard.setting}: {guard.what} is {guard.value}.")


def _guard_sentence(guard: GuardCheck) -> str:
    refused = "" if guard.ok else ", refused"
    return f"{guard.setting}: {guard.value} (limit {guard.limit or 'none'}{refused})"


def _guard_row(guard: GuardCheck, value: str) -> list[Cell]:
    from ibcli.render.grid import DIM, Cell
    from ibcli.render.outcome import MARKS

    mark, style = MARKS["ok" if guard.ok else "failed"]
    if guard.limit is None:
        mark, style = "-", DIM
    return [
        Cell(guard.setting, "" if guard.ok else style, left=True),
        Cell(mark, style),
        Cell(value, "" if guard.ok else style, left=True),
        Cell((guard.limit or "none") + ("" if guard.ok else "  refused"), left=True),
    ]
