"""What is shown of an order before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.domain.orders import Role

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from ibcli.domain.chains import Expiry
    from ibcli.domain.contracts import Listing
    from ibcli.domain.orders import Bracket, Side, Ticket, Tradable
    from ibcli.domain.payoff import Payoff
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import WhatIf
    from ibcli.domain.wishes import IfLegFails


@dataclass(frozen=True, slots=True)
class GuardCheck:
    """One limit held against an order. ``setting`` is its name; a limit of None: there is none.

    ``value`` and ``limit`` are words fit for print; ``code`` is that of the error.
    """

    code: str
    setting: str
    what: str
    value: str
    limit: str | None
    ok: bool


@dataclass(frozen=True, slots=True)
class PreviewLeg:
    """One contract; ``contracts`` is negative when sold. ``quote`` None: the broker said nothing.

    ``order`` is the number of the order that it is a part of, from 1.
    """

    order: int
    tradable: Tradable
    contracts: int
    quote: Quote | None

    @property
    def multiplier(self) -> Decimal:
        """Units that one contract stands for."""
        return self.tradable.multiplier


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """One entry with its children. Prices are a unit's, positive whether paid or received.

    ``premium`` is what a unit is expected to bring (``is_credit``) or cost; ``mid`` the market's.
    ``loss_at_stop`` is in dollars; ``protection`` says in words what limits the loss.
    """

    number: int
    bracket: Bracket
    is_credit: bool
    premium: Decimal | None
    mid: Decimal | None
    loss_at_stop: Decimal | None
    protection: str
    limit: Decimal | None = None  # positive, as people write it; None without a limit
    what_if: WhatIf | None = None
    placed: str | None = None  # where it stands, when an earlier run has sent it already

    @property
    def stop(self) -> Decimal | None:
        """Its stop's trigger; None without a stop."""
        stop = self._child(Role.STOP)
        return abs(stop.trigger) if stop is not None and stop.trigger is not None else None

    @property
    def take_profit(self) -> Decimal | None:
        """Its take-profit's limit; None without one."""
        child = self._child(Role.TAKE_PROFIT)
        return abs(child.limit) if child is not None and child.limit is not None else None

    def _child(self, role: Role) -> Ticket | None:
        return next((child for child in self.bracket.children if child.role is role), None)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The best and worst at expiry, in dollars; None where ``is_known`` means that it is unlimited.

    ``at_stops`` is the loss when every stop fills at its trigger; None without stops for all.
    """

    is_known: bool
    most: Decimal | None
    least: Decimal | None  # negative for a loss
    at_stops: Decimal | None
    break_evens: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Margin:
    """What the broker says of all orders together, in the account's currency."""

    commission: Decimal | None
    commission_words: str | None
    initial_change: Decimal | None
    initial_after: Decimal | None
    equity: Decimal | None
    share: Decimal | None  # initial margin afterwards over equity
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """Everything that is known of a command's orders before they are sent.

    ``credit`` is what all of them bring in dollars, negative for a debit.
    """

    underlying: Listing
    underlying_quote: Quote | None
    expiry: Expiry | None  # None where legs expire on different days
    as_of: datetime  # aware UTC
    trading_day: date
    account: str
    paper: bool
    job: str
    run: int
    legs: tuple[PreviewLeg, ...]
    orders: tuple[PreviewOrder, ...]
    credit: Decimal | None
    payoff: Payoff | None
    bounds: Bounds
    margin: Margin | None
    guards: tuple[GuardCheck, ...]
    if_leg_fails: IfLegFails
    notes: tuple[str, ...] = ()  # sentences on how the words were read
    dry_run: bool = False
    side: Side | None = None

    @property
    def refusing(self) -> GuardCheck | None:
        """The first limit that it is beyond."""
        return next((guard for guard in self.guards if not guard.ok), None)
