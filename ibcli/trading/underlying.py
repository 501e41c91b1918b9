"""The underlying's own quote, by which the money is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.fields import Field
from ibcli.broker.snapshots import Wanted, collect

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.domain.contracts import Listing
    from ibcli.domain.quotes import Quote

_ALSO = (
    Field.BID,
    Field.ASK,
    Field.MARK,
    Field.CHANGE,
    Field.CHANGE_PERCENT,
    Field.CLOSE,
    Field.PRIOR_CLOSE,
)


def wanted_of(listing: Listing) -> Wanted:
    """What to ask for of an underlying: its last price, which an index has too."""
    return Wanted(
        listing.conid,
        fields=(Field.LAST,),
        also=_ALSO,
        luxury=True,
        names=(listing.symbol,) if listing.symbol else (),
    )


def underlying_quote(client: BrokerClient, listing: Listing) -> Quote | None:
    """The underlying's quote; None when the broker does not answer about it."""
    return collect(client, [wanted_of(listing)]).quotes.get(listing.conid)


def no_price(listing: Listing) -> str:
    """The warning that the money could not be found."""
    return (
        f"There is no price of {listing.symbol}, so that the money is not known: "
        "the middle of the listed strikes is taken for it."
    )
