"""An option chain: as a document, as one row a contract, as the tables a trader reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.quotes import (
    age_seconds,
    contract_document,
    listing_document,
    quote_document,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from ibcli.domain.chains import Chain, ChainSide, ChainTable, Expiry

FIELDS = ("bid", "ask", "last", "volume", "open_interest", "implied_volatility", "delta")
GREEKS = ("gamma", "theta", "vega")
_SIZES = ("bid_size", "ask_size")
_UNDERLYING = ("bid", "ask", "last", "change", "change_percent", "prior_close")


def fields_of(chain: Chain) -> tuple[str, ...]:
    """The quote's attributes that this chain was asked for."""
    return FIELDS + GREEKS if chain.greeks else FIELDS


def document(chain: Chain) -> dict[str, Any]:
    """Underlying, time, and a table an expiry; each side with its contract and its quote."""
    names = _SIZES + fields_of(chain)
    return {
        "underlying": listing_document(chain.underlying)
        | {"quote": quote_document(chain.underlying_quote, _UNDERLYING, chain.as_of)},
        "as_of": chain.as_of,
        "expiries": [_table_document(table, names, chain) for table in chain.tables],
        "other_expiries": [expiry_document(expiry) for expiry in chain.other_expiries],
        "missing": list(chain.missing),
    }


def expiry_document(expiry: Expiry) -> dict[str, Any]:
    """One expiry of one trading class."""
    return {
        "expiry": expiry.day,
        "days": expiry.days,
        "trading_class": expiry.trading_class,
        "weekly": expiry.weekly,
        "month": expiry.month,
    }


def _table_document(table: ChainTable, names: Iterable[str], chain: Chain) -> dict[str, Any]:
    rows = [
        {
            "strike": row.strike,
            "at_the_money": row.at_the_money,
            "call": _side_document(row.call, names, chain),
            "put": _side_document(row.put, names, chain),
        }
        for row in table.rows
    ]
    return expiry_document(table.expiry) | {"rows": rows}


def _side_document(
    side: ChainSide | None, names: Iterable[str], chain: Chain
) -> dict[str, Any] | None:
    if side is None:
        return None
    return contract_document(side.contract) | quote_document(side.quote, names, chain.as_of)


def rows(chain: Chain) -> tuple[list[str], Iterator[list[object]]]:
    """One row a contract, the calls and puts of a strike together."""
    names = (*_SIZES, *fields_of(chain))
    header = ["symbol", "trading_class", "expiry", "days", "strike", "right", "conid", *names]
    return [*header, "last_kind", "feed", "updated", "age_seconds", "at_the_money"], (
        _csv_row(table, side, at_the_money=row.at_the_money, names=names, chain=chain)
        for table in chain.tables
        for row in table.rows
        for side in (row.call, row.put)
        if side is not None
    )


def _csv_row(
    table: ChainTable, side: ChainSide, *, at_the_money: bool, names: Iterable[str], chain: Chain
) -> list[object]:
    contract, quote = side.contract, side.quote
    return [
        contract.symbol,
        contract.trading_class,
        contract.expiry,
        table.expiry.days,
        contract.strike,
        contract.right,
        contract.conid,
        *(getattr(quote, name, None) for name in names),
        quote.last_kind if quote else None,
        quote.feed if quote else None,
        quote.updated if quote else None,
        age_seconds(quote, chain.as_of),
        at_the_money,
    ]


def draw(chain: Chain, width: int) -> Iterator[RenderableType]:
    """The chain as lines for so many columns."""
    from ibcli.render.chain_table import draw_chain

    return draw_chain(chain, width)
