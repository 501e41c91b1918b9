"""Fixed values to draw: a strangle on SPY sold on the morning of 18 August 2025."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibcli.domain.blotter import (
    Execution,
    ExecutionSide,
    LiveOrder,
    OrderStatus,
    Position,
)
from ibcli.domain.changes import (
    Became,
    Cancelling,
    CancelRow,
    Closed,
    CloseRow,
    Closing,
    Modifying,
)
from ibcli.domain.contracts import Right
from ibcli.domain.fills import Fill, Fills
from ibcli.domain.holdings import Holding, Holdings
from ibcli.domain.order_list import OrderDetail, OrderEvent, OrderList, OrderRow, in_families
from ibcli.domain.orders import OrderType, Role, Side, Ticket, TicketLeg, Tif, Tradable
from ibcli.domain.standing import OwnOrder
from tests.scenes.contracts import DAY, SPY, option

AS_OF = datetime(2025, 8, 18, 15, 2, 33, tzinfo=UTC)


PUT = option(801, "640", Right.PUT)
CALL = option(802, "648", Right.CALL)
SHARES = Tradable(SPY, "STK", "SPY", "SPY", Decimal(1))
COID = "order-spy-both-250818-1-0123456789-1"


def ticket(role: Role, side: Side, kind: OrderType, tradable: Tradable, **terms: Decimal) -> Ticket:
    """One contract of it."""
    return Ticket(role, side, 2, kind, (TicketLeg(tradable),), **terms)  # type: ignore[arg-type]


def order(
    order_id: int,
    side: Side,
    kind: OrderType,
    status: OrderStatus,
    *,
    coid: str | None = None,
    limit: str | None = None,
    trigger: str | None = None,
    filled: int = 0,
    quantity: int = 2,
    conid: int = 801,
) -> LiveOrder:
    """An order as the broker lists it."""
    return LiveOrder(
        order_id=order_id,
        coid=coid,
        account="DU1234567",
        conids=(conid,),
        conidex=None,
        sec_type="OPT",
        symbol="SPY",
        words="SPY AUG2025 640 P [SPY   250818P00640000 100]",
        side=side,
        type=kind,
        status=status,
        quantity=Decimal(quantity),
        filled=Decimal(filled),
        remaining=Decimal(quantity - filled),
        limit=Decimal(limit) if limit else None,
        trigger=Decimal(trigger) if trigger else None,
        average_price=Decimal("0.52") if filled else None,
        tif=Tif.DAY,
        outside_rth=False,
        updated=AS_OF - timedelta(seconds=95),
    )


def own(order_id: int, place: int, sent: Ticket) -> OwnOrder:
    """The journal's word on an order of the strangle's first leg."""
    return OwnOrder("order spy both", DAY, 1, 1, COID, place, sent, 7, order_id)


ENTRY = ticket(Role.ENTRY, Side.SELL, OrderType.LMT, PUT, limit=Decimal("0.52"))
STOP = ticket(Role.STOP, Side.BUY, OrderType.STP, PUT, trigger=Decimal("1.82"))
ROWS = in_families(
    (
        OrderRow(
            order(1002, Side.BUY, OrderType.STP, OrderStatus.PRE_SUBMITTED, trigger="1.82"),
            (TicketLeg(PUT),),
            own(1002, 1, STOP),
            1001,
            Role.STOP,
            Decimal(95),
        ),
        OrderRow(
            order(
                1001,
                Side.SELL,
                OrderType.LMT,
                OrderStatus.SUBMITTED,
                coid=COID,
                limit="0.52",
                filled=1,
            ),
            (TicketLeg(PUT),),
            own(1001, 0, ENTRY),
            None,
            Role.ENTRY,
            Decimal(95),
        ),
        OrderRow(
            order(
                1003,
                Side.BUY,
                OrderType.LMT,
                OrderStatus.INACTIVE,
                coid="mine",
                limit="-1.05",
                conid=9,
            ),
            (TicketLeg(PUT, -1), TicketLeg(CALL, -1)),
        ),
    )
)
ORDERS = OrderList(ROWS, "open", AS_OF)
DETAIL = OrderDetail(
    1001,
    ROWS[0],
    ROWS[0].own,
    (ROWS[1],),
    (
        OrderEvent(AS_OF - timedelta(seconds=96), "sending"),
        OrderEvent(AS_OF - timedelta(seconds=95), "acknowledged", "PendingSubmit"),
    ),
    AS_OF,
)


def execution(
    number: int,
    side: ExecutionSide,
    price: str | None,
    *,
    size: int = 1,
    commission: str | None = "1.00",
    conid: int = 801,
    minutes: int = 0,
) -> Execution:
    """An execution of the put."""
    return Execution(
        execution_id=f"0000e0d5.{number:08x}.01.01",
        conid=conid,
        side=side,
        size=Decimal(size),
        price=Decimal(price) if price is not None else None,
        at=AS_OF + timedelta(minutes=minutes),
        order_id=1001,
        symbol="SPY",
        sec_type="OPT",
        commission=Decimal(commission) if commission is not None else None,
        exchange="CBOE",
    )


FILLS = Fills(
    (
        Fill(execution(1, ExecutionSide.SOLD, "0.52"), PUT, Decimal(52), job="order spy both"),
        Fill(
            execution(2, ExecutionSide.BOUGHT, "0.30", commission=None),
            PUT,
            Decimal(-30),
            realized_unknown=True,
        ),
        Fill(
            execution(3, ExecutionSide.EXPIRED, "0", commission=None, conid=802),
            CALL,
            Decimal(0),
            Decimal("51.00"),
        ),
    ),
    7,
    None,
    AS_OF,
)
HOLDINGS = Holdings(
    (
        Holding(
            Position(
                SPY,
                "DU1234567",
                Decimal(100),
                "SPY",
                "STK",
                SHARES,
                Decimal("640.1234567"),
                Decimal("640.1234567"),
                Decimal("644.10"),
                Decimal("64410.00"),
                Decimal("397.65"),
                Decimal(0),
                "USD",
            ),
            SHARES,
            Decimal(100),
        ),
        Holding(
            Position(
                801,
                "DU1234567",
                Decimal(-2),
                "SPY AUG2025 640 P",
                "OPT",
                PUT,
                Decimal("0.51"),
                Decimal("51.0"),
                Decimal("0.48"),
                Decimal("-96.00"),
                Decimal("6.00"),
                Decimal(0),
                "USD",
            ),
            PUT,
            Decimal("23.4"),
        ),
    ),
    True,
    AS_OF,
)
CANCELLING = Cancelling(
    (
        CancelRow(1001, Became.CANCELLED, ROWS[0]),
        CancelRow(1002, Became.CANCELLED, ROWS[1], with_id=1001),
        CancelRow(1003, Became.ALREADY, ROWS[2], text="It was filled before."),
    )
)
MODIFYING = Modifying(ROWS[0], ENTRY, ("limit",), already=False, now=ROWS[0].order)
CLOSING = Closing(
    (
        CloseRow(
            "SPY 18AUG25 640 P",
            801,
            Decimal(-2),
            Closed.FILLED,
            ticket(Role.CLOSE, Side.BUY, OrderType.LMT, PUT, limit=Decimal("0.49")),
            1009,
            OrderStatus.FILLED,
            Decimal(2),
            Decimal("0.49"),
            cancelled=(1002,),
            bid=Decimal("0.47"),
            ask=Decimal("0.49"),
        ),
        CloseRow(
            "SPY 18AUG25 648 C",
            802,
            Decimal(-2),
            Closed.REFUSED,
            cancelled=(1005,),
            restored=(1010,),
            text="The broker refuses: not enough funds.",
        ),
    )
)
