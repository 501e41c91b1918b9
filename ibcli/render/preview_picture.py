"""An order's preview as it is seen: tables, sums, the chart, and the limits last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers
from ibcli.render.grid import DIM, line, prose
from ibcli.render.guard_table import guard_table
from ibcli.render.table import column, facts, table
from ibcli.render.tickets import ticket_terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from rich.console import RenderableType

    from ibcli.domain.order_preview import OrderPreview, PreviewLeg, PreviewOrder
    from ibcli.render.lines import Line

_LEAST_WIDTH = 50  # for a chart


def speaks_unicode(stream: Any) -> bool:
    """Whether a stream carries more than ASCII."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return str(encoding).lower().startswith("utf")


def picture(
    preview: OrderPreview, width: int, *, plain_ascii: bool = False
) -> Iterator[RenderableType]:
    """A preview for a stream that may carry ASCII alone."""
    from ibcli.render.payoff_chart import chart

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
    yield from guard_table(preview.guards, width)
    if preview.notes:
        yield line()
    for note in preview.notes:
        yield prose(note)
    if preview.dry_run:
        yield line()
        yield prose("A dry run: nothing was sent.", style="bold")


def _title(preview: OrderPreview) -> Line:
    """``Order preview  SPY 643.10  expires Mon 18 Aug 2025``."""
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
    orders = preview.orders
    return [
        column("Order", [str(order.number) for order in orders]),
        column("Entry", [_entry(order) for order in orders], left=True),
        column("Premium", [_premium(order) for order in orders]),
        column("Stop", [_price(order.stop) for order in orders]),
        column("Profit at", [_price(order.take_profit) for order in orders]),
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
