"""Which questions an order raises, with their texts. Those marked are recorded or IBKR's own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.sim.books import matching
from ibcli.sim.books.ledger import money, plain
from ibcli.sim.books.order import NOUGHT, OrderType
from ibcli.sim.market.model import Feed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ibcli.sim.books.contracts import Contract, Contracts
    from ibcli.sim.books.matching import Face
    from ibcli.sim.books.tickets import Ticket
    from ibcli.sim.options import Precautions

_BLIND = frozenset({Feed.NOT_SUBSCRIBED, Feed.DELAYED, Feed.FROZEN_DELAYED})
_SURE = "Are you sure you want to submit this order?"
PROMPT_ID = "p12"
PROMPT = (
    "If your order is not immediately executable, our systems may, depending on market conditions,"
    " reject your order if its limit price is more that the allowed amount away from the reference"
    " price at that time. If this happens, you will not receive a fill. This is a control designed"
    " to ensure that we comply with our regulatory obligations to avoid submitting disruptive"
    " orders to the marketplace.\nUse the Price Management Algo?"
)  # IBKR's
PROMPT_OPTIONS = ("Use on this order", "Always use", "Do not use")  # IBKR's
_NO_DATA = (
    "You are submitting an order without market data. We strongly recommend against this as it may"
    f" result in erroneous and unexpected trades.\n{_SURE}"
)  # recorded
_CAP = (
    "<h4>Confirm Mandatory Cap Price</h4>To avoid trading at a price that is not consistent with a"
    " fair and orderly market, IB may set a cap (for a buy order) or floor (for a sell order). THIS"
    " MAY CAUSE AN ORDER THAT WOULD OTHERWISE BE MARKETABLE NOT TO BE TRADED."
)  # recorded
_MARKET = (
    "<h4>Market Order Confirmation</h4>&nbsp;&nbsp;&nbsp;A Market Order is an instruction to trade"
    " your order at any available price and presents significant risk of trading at an undesirable"
    " price. Large market orders may also be split into smaller orders and traded over time to"
    " minimize impacting and disrupting prices."
)  # recorded, without its link
_STOP = (
    "You are about to submit a stop order. Please be aware of the various stop order types"
    f" available and the risks associated with each one.\n{_SURE}"
)  # IBKR's
_STOP_RISK = (
    "<h4>Stop Order Confirmation</h4>Once a stop order becomes active it is a market order and may"
    " execute at any price."
)  # wording invented
_AT_ONCE = f"This order will most likely trigger and fill immediately.\n{_SURE}"  # IBKR's


@dataclass(frozen=True, slots=True)
class Question:
    """A message by its id."""

    id: str
    text: str

    @property
    def extras(self) -> dict[str, Any]:
        """What the answer has besides (recorded of o10153)."""
        if self.id != "o10153":
            return {"messageOptions": ["Yes", "No"]}
        return {
            "isSuppressible": True,
            "defaultSuppressionOption": "Accept and Continue",
            "messageOptions": ["Decline", "Accept and Continue"],
        }


@dataclass(frozen=True, slots=True)
class Asking:
    """What questions depend on."""

    ticket: Ticket
    traded: list[Contract]
    face: Face | None
    feed: Feed
    precautions: Precautions

    @property
    def words(self) -> str:
        """ "BUY 1 AAPL NASDAQ.NMS" (recorded)."""
        side = "BUY" if self.ticket.buy else "SELL"
        first = self.traded[0]
        name = f"{side} {plain(self.ticket.quantity)} {first.symbol}"
        if first.option is None:
            exchange = first.underlying.listing_exchange
            return f"{name} {'NASDAQ.NMS' if exchange == 'NASDAQ' else exchange}"
        if self.ticket.is_combo:
            return f"{name} Combo"
        option = first.option
        strike = plain(option.strike)
        return f"{name} {option.expiry:%b%d'%y} {strike} {option.right.name.title()}"

    @property
    def worth(self) -> Decimal:
        """An estimate of the order's value."""
        price = self.ticket.price or self.ticket.stop
        if price is None and self.face is not None:
            price = self.face.ask or self.face.last
        value = abs(price or NOUGHT) * self.ticket.quantity * self.traded[0].multiplier
        return value.quantize(Decimal("0.01"))


def asking(
    ticket: Ticket,
    contracts: Contracts,
    now: datetime,
    letter: str | None,
    precautions: Precautions,
) -> Asking:
    """A ticket in the market of the moment; ``letter`` overrides the kind of data there is."""
    quotes = [contracts.quote(leg.conid, now) for leg in ticket.legs]
    feeds = [quote.feed for quote in quotes if quote is not None]
    return Asking(
        ticket,
        [contracts.get(leg.conid) for leg in ticket.legs],
        matching.face_of(ticket.legs, quotes),
        feeds[0] if letter is None and feeds else Feed(letter or Feed.NOT_SUBSCRIBED),
        precautions,
    )


def raised(case: Asking) -> list[Question]:
    """The questions in the order in which they are asked: o163, o354, o10153 is recorded, the
    places of the others are invented.
    """
    return list(_raised(case))


def _raised(case: Asking) -> Iterator[Question]:
    yield from _limits(case)
    ticket = case.ticket
    if case.feed in _BLIND:
        yield Question("o354", _NO_DATA)
    if ticket.type is OrderType.MKT:
        yield Question("o10151", _MARKET)
    if case.feed in _BLIND and not ticket.type.has_stop:
        yield Question("o10153", _CAP)
    if ticket.type.has_stop:
        yield Question("o10331", _STOP)
        if not ticket.type.has_limit:
            yield Question("o10152", _STOP_RISK)
        if _goes_off(case):
            yield Question("o403", _AT_ONCE)


def _limits(case: Asking) -> Iterator[Question]:
    """The precautions that every account starts with: percentage, size, value, ticks."""
    ticket, limits = case.ticket, case.precautions
    order = f'The following order "{case.words}'
    away = _beyond(case)
    share = limits.percent if case.traded[0].option is None else limits.option_percent
    if away is not None and ticket.price is not None:
        distance, mid = away
        if distance * 100 > share * abs(mid):  # the text is recorded
            text = f'{order} @ {money(ticket.price)}" price exceeds \nthe Percentage constraint of'
            yield Question("o163", f"{text} {plain(share)}%.\n{_SURE}")
        if limits.ticks is not None and distance > limits.ticks * Decimal("0.01"):
            yield Question(
                "o382", f'{order}" exceeds the Tick Size Limit of {limits.ticks}.\n{_SURE}'
            )
    if ticket.quantity > limits.size:  # IBKR's text
        yield Question("o383", f'{order}" size exceeds the Size Limit of {limits.size}.\n{_SURE}')
    if case.worth > limits.value:  # IBKR's text
        text = f'{order}" value estimate of {case.worth:,} USD exceeds \nthe Total Value Limit of'
        yield Question("o451", f"{text} {limits.value:,} USD.\n{_SURE}")


def _beyond(case: Asking) -> tuple[Decimal, Decimal] | None:
    """How far a limit is outside bid and ask, and the middle between them."""
    face, price = case.face, case.ticket.price
    if face is None or price is None or face.ask is None or face.mid is None:
        return None
    low = face.bid if face.bid is not None else NOUGHT
    return max(low - price, price - face.ask, NOUGHT), face.mid


def _goes_off(case: Asking) -> bool:
    """Whether a stop is reached already."""
    face, stop = case.face, case.ticket.stop
    if face is None or stop is None or case.ticket.type.is_trailing:
        return False
    at = face.last if case.traded[0].option is None else face.bid if case.ticket.buy else face.ask
    if at is None:
        return False
    return at >= stop if case.ticket.buy else at <= stop
