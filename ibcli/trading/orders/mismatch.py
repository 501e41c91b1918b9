"""Whether the words of a repeated job still mean what the job has placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.standing import CLOSING
from ibcli.trading.orders.request import ByStrike

if TYPE_CHECKING:
    from ibcli.domain.contracts import Listing
    from ibcli.domain.standing import Standing
    from ibcli.trading.orders.request import OrderRequest


def mismatch(standing: Standing, request: OrderRequest, listing: Listing) -> str:
    """A sentence on what the job stands for, where that is not what is asked for; else empty.

    Strikes and expiries that the market decides are not compared: they move from minute to minute.
    """
    entries = [leg.bracket.entry for leg in standing.legs if leg.leg < CLOSING]
    held = [leg.tradable for entry in entries for leg in entry.legs]
    same = all(one.underlying_conid in {None, listing.conid} for one in held)
    if request.legs:
        meant = {(wish.terms.expiry, wish.terms.strike, wish.terms.right) for wish in request.legs}
        same = same and meant == {(one.expiry, one.strike, one.right) for one in held}
    else:
        same = same and set(request.sides) == {one.right for one in held}
        same = same and {entry.quantity for entry in entries} == {request.quantity}
        if isinstance(request.strikes, ByStrike):
            same = same and set(request.strikes.strikes) <= {one.strike for one in held}
    if same:
        return ""
    words = ", ".join(f"{entry.side} {entry.quantity} {entry.words}" for entry in entries)
    return f"The job {standing.job} of {standing.day} is another order: {words}."
