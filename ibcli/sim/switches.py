"""What can be switched while the simulator runs, from a test or over /v1/sim/control; kept in the
store.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ibcli.sim.market.model import Feed

if TYPE_CHECKING:
    from ibcli.sim.store import Store


@dataclass(frozen=True, slots=True)
class Switches:
    """The circumstances of the simulated user."""

    another_session: bool = False  # he is logged in elsewhere, in his TWS say
    read_only: bool = False  # his user name may not trade: no brokerage session
    feed: str | None = None  # overrides the first letter of field 6509: R, D, Z, Y or N
    may_trade: bool = True  # else every order is refused
    fail_orders: bool = False  # every order is answered with a row "Failed", and not booked
    advanced_reject: bool = False  # limit orders meet the prompt p12

    @classmethod
    def load(cls, store: Store) -> Switches:
        """As they stand now."""
        return cls(**store.setting("switches", {}))

    def saved(self, store: Store, **changes: Any) -> Switches:
        """Change some; the store remembers them.

        Raises:
            TypeError: for a switch that does not exist.
            ValueError: for a feed that does not exist, or a switch that is neither on nor off.
        """
        changed = replace(self, **changes)
        for name in ("another_session", "read_only"):
            if not isinstance(getattr(changed, name), bool):
                raise ValueError(f"{name} has to be true or false")
        if changed.feed is not None:
            Feed(changed.feed)
        store.set_setting("switches", asdict(changed))
        return changed
