"""An order as a request spells it, checked and made into the books' own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ibcli.sim.books.contracts import SPREAD_CONID, legs_of
from ibcli.sim.books.ledger import plain
from ibcli.sim.books.order import NOUGHT, Leg, OrderType, Tif
from ibcli.sim.errors import bad_request, server_error
from ibcli.sim.market import sessions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ibcli.sim.books.contracts import Contract, Contracts

_LONGEST_COID = 64
_MOST = Decimal(1_000_000)
_DIGITS = 9  # before the point; no price and no size has more
_FINEST = -12  # the power of ten of a number's first digit, at least
_LONGEST_NUMBER = 40


class Refused(Exception):  # noqa: N818 - an answer with status 200, not a failure
    """The order is refused: an answer ``{"error": text}`` with status 200."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a request asks for; the terms of an order."""

    conidex: str
    legs: tuple[Leg, ...]
    buy: bool
    type: OrderType
    quantity: Decimal
    tif: Tif
    price: Decimal | None
    stop: Decimal | None
    trail: Decimal | None
    trail_percent: bool
    outside_rth: bool
    adaptive: bool
    coid: str | None
    parent_coid: str | None
    single_group: bool

    @property
    def is_combo(self) -> bool:
        """Whether it is for a combination."""
        return ";;;" in self.conidex


def read(raw: Mapping[str, Any]) -> Ticket:
    """A ticket out of an order of a request's body; only its form is checked.

    Raises:
        WireError: 400 for what cannot be understood, 500 for a size of nothing (recorded).
    """
    conidex, legs = _contract(raw)
    quantity = _quantity(raw)
    kind = _word(raw, "orderType", OrderType)
    price, aux = _number(raw, "price"), _number(raw, "auxPrice")
    coid = _text(raw, "cOID")
    if coid is not None and len(coid) > _LONGEST_COID:
        raise bad_request(f"cOID is longer than {_LONGEST_COID} characters")  # wording invented
    ticket = Ticket(
        conidex=conidex,
        legs=legs,
        buy=_side(raw),
        type=kind,
        quantity=quantity,
        tif=_word(raw, "tif", Tif),
        price=price if kind.has_limit or kind is OrderType.MIDPRICE else None,
        stop=price if kind in (OrderType.STP, OrderType.TRAIL) else aux if kind.has_stop else None,
        trail=_number(raw, "trailingAmt") if kind.is_trailing else None,
        trail_percent=str(raw.get("trailingType", "amt")) == "%",
        outside_rth=_flag(raw, "outsideRTH"),
        adaptive=_flag(raw, "useAdaptive"),
        coid=coid,
        parent_coid=_text(raw, "parentId"),
        single_group=_flag(raw, "isSingleGroup"),
    )
    _require_prices(ticket)
    return ticket


def _contract(raw: Mapping[str, Any]) -> tuple[str, tuple[Leg, ...]]:
    conidex = str(raw.get("conidex") or raw.get("conid") or "")
    if ";;;" in conidex:
        try:
            return conidex, legs_of(conidex)
        except ValueError as error:
            raise bad_request(f"invalid conidex: {error}") from None
    try:
        conid = int(conidex.split("@")[0])
    except ValueError:
        raise bad_request("conid is required") from None
    return conidex, (Leg(conid, 1),)


def _quantity(raw: Mapping[str, Any]) -> Decimal:
    quantity = _number(raw, "quantity")
    if quantity is None:
        raise bad_request("quantity is required")
    if quantity <= 0:  # recorded
        text = f"Order size {plain(quantity)} is not valid. Please enter size greater than 0."
        raise server_error(text)
    return quantity


def _side(raw: Mapping[str, Any]) -> bool:
    side = str(raw.get("side", "")).upper()
    if side not in ("BUY", "SELL"):
        raise bad_request(f"invalid side {side}")
    return side == "BUY"


def _word(raw: Mapping[str, Any], name: str, words: Any) -> Any:
    word = str(raw.get(name, "")).upper()
    try:
        return words(word)
    except ValueError:
        raise bad_request(f"invalid {name} {word}") from None


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return None if value in (None, "") else str(value)


def _flag(raw: Mapping[str, Any], name: str) -> bool:
    """JSON's true, or its spelling in text."""
    return str(raw.get(name, "")).lower() in ("true", "1")


def _number(raw: Mapping[str, Any], name: str) -> Decimal | None:
    value = raw.get(name)
    if value in (None, ""):
        return None
    text = str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise bad_request(f"invalid {name} {text}") from None
    if isinstance(value, bool) or len(text) > _LONGEST_NUMBER or not _is_usual(number):
        raise bad_request(f"invalid {name} {text}")
    return number or NOUGHT


def _is_usual(number: Decimal) -> bool:
    """Whether arithmetic can do with it; exponents are looked at before anything is computed."""
    if not number.is_finite():
        return False
    return not number or _FINEST <= number.adjusted() < _DIGITS


def _require_prices(ticket: Ticket) -> None:
    missing = []
    if ticket.type.has_limit and ticket.price is None:
        missing.append("price")
    if ticket.type == OrderType.STP and ticket.stop is None:
        missing.append("price")
    if ticket.type in (OrderType.STOP_LIMIT, OrderType.TRAILLMT) and ticket.stop is None:
        missing.append("auxPrice")
    if ticket.type.is_trailing and (ticket.trail is None or ticket.trail <= 0):
        missing.append("trailingAmt")
    if missing:  # wording invented
        raise bad_request(f"{missing[0]} is required for {ticket.type.value}")


def check(ticket: Ticket, contracts: Contracts, now: datetime) -> None:
    """Whether such an order may be placed at all. Fractions of shares are not traded here.

    Raises:
        WireError: 400 for an unknown contract.
        Refused: with IBKR's or TWS's text where it is known.
    """
    found = [contracts.find(leg.conid) for leg in ticket.legs]
    if any(contract is None for contract in found):
        raise bad_request("invalid conid")  # wording invented
    traded = [contract for contract in found if contract is not None]
    if ticket.quantity != ticket.quantity.to_integral_value() or ticket.quantity > _MOST:
        raise Refused(f"Order size {plain(ticket.quantity)} is not valid.")  # wording invented
    _tradable(ticket, traded, contracts, now)
    for name in ("price", "stop"):
        value = getattr(ticket, name)
        if value is None:
            continue
        if value % contracts.step_of(ticket.legs, value):  # TWS's error 110
            raise Refused(
                "The price does not conform to the minimum price variation for this contract."
            )
        if value <= 0 and not ticket.is_combo:
            raise Refused(f"Order price {plain(value)} is not valid.")  # wording invented


def _tradable(ticket: Ticket, traded: list[Contract], contracts: Contracts, now: datetime) -> None:
    today = sessions.new_york_date(now)
    if any(contract.sec_type == "IND" for contract in traded):
        raise Refused("No trading permissions: an index cannot be traded.")  # wording invented
    if any(contract.underlying.currency != "USD" for contract in traded):
        raise Refused("Only contracts in USD can be traded.")  # wording invented
    if any(contracts.expired(contract, today) for contract in traded):
        raise Refused("The contract has expired.")  # wording invented
    if any(contracts.quote(contract.conid, now) is None for contract in traded):
        raise Refused("The contract is not available for trading.")  # wording invented
    if ticket.is_combo and any(contract.option is None for contract in traded):
        raise Refused("Legs other than options are not supported.")  # wording invented
    if ticket.is_combo and len({c.underlying.conid for c in traded}) > 1:
        raise Refused("Legs of different underlyings are not supported.")  # wording invented
    is_stock = not ticket.is_combo and traded[0].option is None
    if ticket.type is OrderType.MIDPRICE and not is_stock:
        raise Refused("Invalid order type was entered: MIDPRICE")  # wording invented
    if ticket.conidex.startswith(str(SPREAD_CONID)) and not ticket.is_combo:
        raise Refused("A combination needs legs.")  # wording invented
