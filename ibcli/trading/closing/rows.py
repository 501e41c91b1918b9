"""What is told of a position that is being closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ibcli.domain.changes import Closed, CloseRow
from ibcli.errors import IbcliError, IncompleteError, RefusedError
from ibcli.trading.closing.protection import against, is_stop, own_close
from ibcli.trading.placing.desk import LegState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ibcli.domain.holdings import Holding
    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.standing import Standing
    from ibcli.trading.closing.offers import Offer
    from ibcli.trading.closing.protection import Restored, Taken

_NO_STOP = "Until it is filled, the position has no stop."


@dataclass(frozen=True, slots=True)
class Case:
    """One position to be closed: how, on which day, and what is in the way."""

    holding: Holding
    offer: Offer | None  # None: an earlier close still works, or it cannot be priced
    day: date
    orders: tuple[OrderRow, ...]
    error: IbcliError | None = None  # why it cannot be closed now, though others can

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
    """What would be done."""
    ids = tuple(row.order.order_id for row in case.orders)
    if case.error is not None:
        return left_alone(case)
    if case.offer is None:
        return works_already(case)
    return case.row(Closed.PLANNED, cancelled=ids)


def left_alone(case: Case) -> CloseRow:
    """A position that nobody would take, or give back, at any price."""
    words = f"{case.error} It is as it was." if case.error else ""
    error = with_message(case.error, words) if case.error else None
    return case.row(Closed.REFUSED, text=words, error=error)


def covers(case: Case, short: Case) -> bool:
    """Whether a long position limits what a short one can lose."""
    one, other = case.holding, short.holding
    if one.position.quantity <= 0 or other.position.quantity >= 0 or one.symbol != other.symbol:
        return False
    mine, its = one.tradable, other.tradable
    if mine is None or its is None:
        return True
    return mine.right is None or its.right is None or mine.right is its.right


def kept(case: Case, shorts: Sequence[CloseRow]) -> CloseRow:
    """A long position whose sale would leave a short one naked."""
    named = ", ".join(f"{row.quantity.normalize():f} {row.words}" for row in shorts)
    words = (
        f"{case.holding.words} covers {named}, which is not closed yet: it was not sold, for what "
        "is short would be naked."
    )
    error = IncompleteError(
        words,
        hint="Run the same command again once the short position is closed (ibcli orders).",
        code="close-waits",
        retryable=True,
    )
    return case.row(Closed.KEPT, text=words, error=error)


def works_already(case: Case) -> CloseRow:
    """An earlier close of it has not ended."""
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


def placed(row: CloseRow, standing: Standing) -> CloseRow:
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


def too_late(case: Case) -> CloseRow:
    """The stop might be taken away, and then the time be up."""
    late = IncompleteError(
        f"There is too little time left to close {case.holding.words} safely. It is as it was.",
        hint="Give it longer with --deadline SECONDS.",
        code="deadline",
        retryable=True,
    )
    return case.row(Closed.REFUSED, text=late.message, error=late)


def gone(case: Case, taken: Taken) -> CloseRow:
    """Its stop was filled, say, before it was taken away."""
    words = "Nothing was left to close: it has been closed meanwhile."
    return case.row(Closed.GONE, cancelled=taken.ids, text=words)


def stuck(case: Case, taken: Taken) -> CloseRow:
    """Something in the way has not ended for certain: nothing is closed."""
    error = taken.error or IbcliError("nothing is wrong")
    loss = _loss(case, taken)
    words = f"{error.message} {case.holding.words} was not closed.{loss}"
    return _with_error(case, Closed.BARE if loss else Closed.REFUSED, taken, error, words)


def unknown(case: Case, taken: Taken, error: IbcliError) -> CloseRow:
    """Nobody knows whether the close was placed."""
    return _with_error(case, Closed.UNKNOWN, taken, error, f"{error.message}{_loss(case, taken)}")


def refused(case: Case, taken: Taken, restored: Restored, error: IbcliError) -> CloseRow:
    """It was not placed, and the position has what protected it."""
    return case.row(
        Closed.REFUSED,
        cancelled=taken.ids,
        restored=restored.order_ids,
        text=error.message,
        error=error,
    )


def not_put_back(case: Case, taken: Taken, restored: Restored, error: IbcliError) -> CloseRow:
    """It was not placed, nor was the stop."""
    why = f" ({restored.error.message})" if restored.error else ""
    words = f"{error.message}{_loss(case, taken)} It could not be put back{why}."
    return _with_error(case, Closed.BARE, taken, error, words, restored=restored.order_ids)


def bare_before(case: Case, taken: Taken, error: IbcliError) -> CloseRow:
    """It was not placed, and had no stop to begin with."""
    words = f"{error.message} An earlier close has cancelled its stop: UNPROTECTED."
    return _with_error(case, Closed.BARE, taken, error, words)


def _with_error(
    case: Case,
    closed: Closed,
    taken: Taken,
    error: IbcliError,
    words: str,
    restored: tuple[int, ...] = (),
) -> CloseRow:
    return case.row(
        closed,
        cancelled=taken.ids,
        restored=restored,
        text=words,
        error=with_message(error, words),
    )


def _loss(case: Case, taken: Taken) -> str:
    """The sentence on a position that has lost its stop, or may have; empty when it has not."""
    stops = [row for row in taken.rows if is_stop(row, case.holding)]
    gone = [str(row.order.order_id) for row in stops if not row.is_open]
    held = f"{case.holding.position.quantity.normalize():f} {case.holding.words}"
    if gone:
        return f" ITS STOP ({', '.join(gone)}) IS CANCELLED: {held} UNPROTECTED."
    if not stops or isinstance(taken.error, RefusedError):  # the broker refuses to cancel it
        return ""
    left = ", ".join(str(row.order.order_id) for row in stops)
    return f" ITS STOP ({left}) MAY BE CANCELLED, OR BE SO SOON: {held} MAY BE UNPROTECTED."


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
