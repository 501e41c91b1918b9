"""Where a job stands: its legs, and the orders that they became."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from ibcli.domain.blotter import OrderStatus
    from ibcli.domain.orders import Bracket, Role, Ticket
    from ibcli.errors import IbcliError


CLOSING = 1000  # added to a leg's number: the leg that closes what it opened


class LegState(StrEnum):
    """What is known of a leg's entry."""

    INTENDED = "intended"  # written down, never sent
    UNKNOWN = "unknown"  # sent, and what became of it is not known
    QUESTIONED = "questioned"  # left at a question, not an order yet
    REFUSED = "refused"
    DECLINED = "declined"  # its question was answered with no
    ABSENT = "absent"  # sent, and surely not at the broker
    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"  # what was filled before, stays
    ABANDONED = "abandoned"  # given up: another leg failed, and the placed ones were undone

    @property
    def is_unfinished(self) -> bool:
        """Whether a repeat of the job sends it (again)."""
        return self in _UNFINISHED

    @property
    def is_placed(self) -> bool:
        """Whether the broker has, or had, an order of it."""
        return self in {LegState.WORKING, LegState.FILLED, LegState.CANCELLED}


_UNFINISHED = frozenset(
    {
        LegState.INTENDED,
        LegState.QUESTIONED,
        LegState.REFUSED,
        LegState.DECLINED,
        LegState.ABSENT,
    }
)


@dataclass(frozen=True, slots=True)
class TicketState:
    """One order of a bracket as last seen. ``place`` counts within the bracket, the entry is 0.

    ``average_price`` is per unit; ``commission`` is None until the broker has told all of it.
    """

    place: int
    role: Role
    order_id: int | None = None
    status: OrderStatus | None = None
    filled: Decimal | None = None
    average_price: Decimal | None = None
    commission: Decimal | None = None
    text: str | None = None  # what the broker said with the status


@dataclass(frozen=True, slots=True)
class StandingLeg:
    """A leg of a job: what was to be sent, and what became of it.

    ``bracket`` is named and as last sent (or to be sent). ``reason`` says why, where the state does
    not speak for itself; ``sent`` counts the POSTs.
    """

    leg: int
    bracket: Bracket
    state: LegState
    orders: tuple[TicketState, ...]  # one a ticket of the bracket, in its order
    reason: str = ""
    sent: int = 0
    intent: int = 0  # the journal's number for it

    @property
    def coid(self) -> str:
        """The name under which the broker knows its entry."""
        return self.bracket.entry.coid or ""

    @property
    def entry(self) -> TicketState:
        """Its first order."""
        return self.orders[0]

    @property
    def is_whole(self) -> bool:
        """Whether every order of the bracket has a number at the broker."""
        return all(order.order_id is not None for order in self.orders)

    def ticket_of(self, order: TicketState) -> Ticket:
        """What was sent for one of its orders."""
        return self.bracket.tickets[order.place]


@dataclass(frozen=True, slots=True)
class Standing:
    """One run of a job on a trading day.

    ``error`` stands beside what is known when something went wrong while it was placed.
    """

    account: str = field(repr=False)
    day: date
    job: str
    run: int
    command: str
    legs: tuple[StandingLeg, ...]
    begun: datetime | None = None  # aware UTC, the market's time
    error: IbcliError | None = None
    warnings: tuple[str, ...] = ()

    @property
    def unfinished(self) -> tuple[StandingLeg, ...]:
        """The legs that a repeat of the job sends (again)."""
        return tuple(leg for leg in self.legs if leg.state.is_unfinished)

    @property
    def is_given_up(self) -> bool:
        """Whether a leg failed, and what was placed beside it was to be undone."""
        return any(leg.state is LegState.ABANDONED for leg in self.legs)

    @property
    def closed(self) -> frozenset[int]:
        """The legs that another one of the run closes again."""
        return frozenset(
            leg.leg - CLOSING for leg in self.legs if leg.leg > CLOSING and leg.state.is_placed
        )

    @property
    def doubtful(self) -> tuple[StandingLeg, ...]:
        """The legs of which nobody knows whether they became orders."""
        return tuple(leg for leg in self.legs if leg.state is LegState.UNKNOWN)

    def but(self, error: IbcliError | None, *warnings: str) -> Standing:
        """The same with an error and more warnings beside it."""
        return replace(self, error=error, warnings=(*self.warnings, *warnings))


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """To which job an order of ours belongs."""

    job: str
    day: date
    run: int
    leg: int
    coid: str
    place: int  # within its bracket; the entry is 0
    ticket: Ticket
    intent: int
    order_id: int | None = None

    @property
    def role(self) -> Role:
        """What the order is for."""
        return self.ticket.role
