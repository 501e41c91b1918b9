"""Quotes of whatever is named: conids, symbols, options."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook, Progress
from ibcli.broker.fields import OPTION_ONLY, UNDERLYING_ONLY, Field
from ibcli.broker.snapshots import Snapshots, Wanted, collect, missing
from ibcli.domain.watchlist import Instrument, Watchlist, WatchRow
from ibcli.errors import IbcliError, IncompleteError, NotFoundError
from ibcli.trading.incomplete import quotes_missing
from ibcli.trading.naming import Names, unknown_conid
from ibcli.trading.outcome import Outcome
from ibcli.trading.underlying import beside_accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.symbols import What

FIELDS = (
    Field.BID,
    Field.ASK,
    Field.LAST,
    Field.CHANGE_PERCENT,
    Field.VOLUME,
    Field.PRIOR_CLOSE,
)
OPTION_FIELDS = (
    Field.BID,
    Field.ASK,
    Field.LAST,
    Field.VOLUME,
    Field.OPEN_INTEREST,
    Field.IMPLIED_VOLATILITY,
    Field.DELTA,
)
_NAMED = 5  # of what is unknown, in the message; the rows tell of all
# An index is computed, not traded.
_NOT_OF_INDEX = frozenset(
    {Field.BID, Field.BID_SIZE, Field.ASK, Field.ASK_SIZE, Field.LAST_SIZE, Field.VOLUME}
)


def quotes(
    client: BrokerClient,
    whats: Sequence[tuple[str, What]],
    *,
    fields: tuple[Field, ...] | None = None,
    required: tuple[Field, ...] = (),
    progress: Progress | None = None,
) -> Outcome[Watchlist]:
    """A row for each thing named, in the same order; each comes with the word it was named by.

    What is not known has a row without an instrument, and NotFoundError stands beside the data;
    missing required values are an IncompleteError. Raises NotFoundError when nothing is known, and
    what ``BrokerClient.read`` raises.
    """
    with ContractBook(client, progress) as book:
        names = Names(book)
        found = names.find([what for _, what in whats])
        instruments = [one for one in found if isinstance(one, Instrument)]
        unknown = [one for one in found if isinstance(one, NotFoundError)]
        if not instruments:
            raise _several(unknown)
        shown = fields or _default_fields(instruments)
        wanted = {one.conid: _wanted(one, shown, required) for one in instruments}
        snapshots = _collect(names, list(wanted.values()))
        rows = []
        for (word, _), one in zip(whats, found, strict=True):
            rows.append(_row(word, one, snapshots, wanted))
            if isinstance(one, Instrument) and rows[-1].instrument is None:
                unknown.append(unknown_conid(one.conid))
        data = Watchlist(tuple(rows), tuple(f.attribute for f in shown), snapshots.received)
        odd = [
            f"Could not be read: conid {quote.conid}, {reason}."
            for quote in snapshots.quotes.values()
            for reason in quote.odd
        ]
        odd += snapshots.strangers
        error = _error(data, unknown, snapshots)
        if snapshots.stopped is not None and not isinstance(error, IncompleteError):
            odd.append(f"Not everything may have arrived: {snapshots.stopped.message}")
        return Outcome(data, (*book.warnings, *odd), error)


def _default_fields(instruments: Sequence[Instrument]) -> tuple[Field, ...]:
    options = [one.sec_type == "OPT" for one in instruments]
    if all(options):
        return OPTION_FIELDS
    return tuple(dict.fromkeys((*FIELDS, *OPTION_FIELDS))) if any(options) else FIELDS


def _wanted(one: Instrument, shown: tuple[Field, ...], required: tuple[Field, ...]) -> Wanted:
    """What to wait for: not for values that such an instrument does not have."""
    lacks = UNDERLYING_ONLY if one.sec_type == "OPT" else OPTION_ONLY
    if one.sec_type == "IND":
        lacks |= _NOT_OF_INDEX
    return Wanted(
        one.conid,
        fields=tuple(field for field in shown if field not in lacks),
        required=required,
        also=tuple(field for field in shown if field in lacks),
        names=_names(one),
    )


def _names(one: Instrument) -> tuple[str, ...]:
    own = (one.symbol, one.contract.trading_class if one.contract else None)
    return tuple(name for name in own if name)


def _collect(names: Names, wanted: Sequence[Wanted]) -> Snapshots:
    """The quotes, after a search for each option's underlying: its data waits for that."""
    book = names.book
    beside_accounts(
        book,
        lambda: book.client.parallel(
            [partial(book.ensure_searched, *underlying) for underlying in names.underlyings.items()]
        ),
    )

    def revive() -> None:
        for conid, symbol in names.underlyings.items():
            book.client.memory.forget_searched(conid)
            book.ensure_searched(conid, symbol)

    return collect(book.client, wanted, revive=revive)


def _row(
    word: str,
    one: Instrument | NotFoundError,
    snapshots: Snapshots,
    wanted: dict[int, Wanted],
) -> WatchRow:
    if isinstance(one, NotFoundError):
        return WatchRow(word, None, None)
    quote = snapshots.quotes.get(one.conid)
    if quote is not None and quote.dead:
        return WatchRow(word, None, None)
    return WatchRow(word, one, quote, missing(wanted[one.conid], quote))


def _error(
    data: Watchlist, unknown: list[NotFoundError], snapshots: Snapshots
) -> IbcliError | None:
    """What to report beside the rows: what is unknown first, then what has not come."""
    if unknown:
        return _several(unknown)
    lacking = [f"{row.what}: {', '.join(row.missing)}" for row in data.rows if row.missing]
    return quotes_missing(lacking, len(data.rows), snapshots, [row.quote for row in data.rows])


def _several(errors: Sequence[NotFoundError]) -> NotFoundError:
    """One error for all; itself when there is only one."""
    if len(errors) == 1:
        return errors[0]
    return NotFoundError(
        " ".join(error.message for error in errors[:_NAMED])
        + (f" So it is with {len(errors) - _NAMED} more." if len(errors) > _NAMED else ""),
        hint="; ".join(dict.fromkeys(error.hint.rstrip(".") for error in errors if error.hint)),
        code=errors[0].code,
    )
