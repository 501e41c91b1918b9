"""An order before it is sent: legs, prices, best and worst, margin, and every limit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ibcli.render.tickets import leg_document, ticket_document, tradable_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.domain.order_preview import GuardCheck, OrderPreview, PreviewLeg, PreviewOrder


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
        "stop": order.stop,
        "take_profit": order.take_profit,
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
    from ibcli.render.preview_picture import picture, speaks_unicode

    yield from picture(preview, width, plain_ascii=not speaks_unicode(sys.stdout))
