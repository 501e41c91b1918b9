"""What is told of a position that is being closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ibcli.domain.changes import Closed, CloseRow
from ibcli.trading.placing.desk import LegState
from ibcli.trading.protection import Taken, against, is_stop, own_close

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ibcli.domain.holdings import Holding
    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.standing import Standing
    from ibcli.errors import IbcliError
    from ibcli.trading.targets import Offer

_NO_STOP = "Until it is filled, the position has no stop."


@dataclass(frozen=True, slots=True)
class Case:
    """One position to be closed: how, on which day, and what is in the way."""

    holding: Holding
    offer: Offer | None  # None: an earlier close still works
    day: date
    orders: tuple[OrderRow, ...]

    def row(self, closed: Closed, **more: object) -> CloseRow:
        """Its row in the result."""
        quote = self.offer.quote if self.offer else None
        return CloseRow(
            words=self.holding.words,
            conid=self.holding.position.conid,
            quantity=self.holding.position.quantity,
            closed=closed,
            **{
                "ticket": self.offer.ticket if self.offer else None,
                "bid": quote.bid if quote else None,
                "ask": quote.ask if quote else None,
                **more,
            },  # type: ignore[arg-type]
        )


def planned(case: Case) -> CloseRow:
    ids = tuple(row.order.order_id for row in case.orders)
    if case.offer is None:
        return works_already(case)
    return case.row(Closed.PLANNED, cancelled=ids)


def works_already(case: Case) -> CloseRow:
    standing = next(row for row in case.orders if own_close((row,), case.holding))
    covered = any(is_stop(row, case.holding) for row in case.orders)
    bare = "" if covered or case.holding.position.quantity > 0 else f" {_NO_STOP}"
    return case.row(
        Closed.ALREADY,
        order_id=standing.order.order_id,
        status=standing.order.status,
        filled=standing.order.filled,
        text=f"An earlier close works still (order {standing.order.order_id}).{bare}",
    )


def told(row: CloseRow, standing: Standing) -> CloseRow:
    """The row with what is known of its order by now."""
    leg = standing.legs[0]
    filled = leg.state is LegState.FILLED
    bare = bool(row.cancelled) and not filled
    text = _NO_STOP if bare else ""
    return replace(
        row,
        closed=Closed.FILLED if filled else Closed.WORKING,
        order_id=leg.entry.order_id,
        status=leg.entry.status,
        filled=leg.entry.filled,
        average_price=leg.entry.average_price,
        text=text,
        error=standing.error,
    )


def bare(case: Case, taken: Taken) -> str:
    """The sentence on a position that has lost its stop; empty when it had none."""
    stops = [str(row.order.order_id) for row in taken.rows if is_stop(row, case.holding)]
    if not stops:
        return ""
    held = case.holding.position.quantity
    return f" ITS STOP ({', '.join(stops)}) IS CANCELLED: {held} {case.holding.words} UNPROTECTED."


def with_message(error: IbcliError, message: str) -> IbcliError:
    """The same error in other words."""
    return type(error)(message, hint=error.hint, code=error.code, retryable=error.retryable)


def notes_on(
    cases: Sequence[Case], rows: Sequence[OrderRow], held: Sequence[Holding]
) -> Iterator[str]:
    """Sentences on orders that are about more than what is closed."""
    closed = {case.holding.position.conid for case in cases}
    for row in dict.fromkeys(row for case in cases for row in case.orders):
        others = [h.words for h in held if is_stop(row, h) and h.position.quantity < 0
                  and h.position.conid not in closed]  # fmt: skip
        if others:
            yield (
                f"Order {row.order.order_id} goes with what is closed, and protects "
                f"{', '.join(others)} too: without it there is NO STOP."
            )
    for case in cases:
        for row in against(rows, case.holding):
            if row not in case.orders:
                yield (
                    f"Order {row.order.order_id} ({row.words}) would trade {case.holding.words} "
                    "too; it is left alone."
                )
