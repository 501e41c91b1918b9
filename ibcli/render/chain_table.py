"""The chain's tables: calls left, strike in the middle, puts right.

Every row is one line. Where the width does not allow all columns, whole columns are left out, the
same on both sides, and the caption names them; a number is never cut. Shading sets both colours of
a cell, so that it is legible on a light and on a dark terminal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.contracts import Right
from ibcli.domain.settlement import settlement_day
from ibcli.render import numbers
from ibcli.render.chain import fields_of
from ibcli.render.grid import DIM, HEADER, Cell, InColour, line, padded, prose
from ibcli.render.quotes import age_seconds, label, last_mark, marks_explained, value_of
from ibcli.render.underlying import feed_and_time, heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ibcli.domain.chains import Chain, ChainRow, ChainSide, ChainTable
    from ibcli.domain.quotes import Quote
    from ibcli.render.lines import Line

SHADED = "#f2f5f7 on #3a5068"
AT_THE_MONEY = "bold"
OLD = 10  # seconds after which a quote's age is worth a word
NAMED_MISSING = 6
NAMED_OTHERS = 3

# From the strike outwards, and which columns go first when there is no room.
_OUTWARD = (
    "last", "volume", "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega",
)  # fmt: skip
_LEFT_OUT_FIRST = (
    "open_interest", "volume", "vega", "theta", "gamma", "implied_volatility", "last", "delta",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns that are shown, with the width of each on both sides, and of the strike."""

    names: tuple[str, ...]
    columns: dict[str, int]
    strike: int
    sides: tuple[Right, ...]
    gap: str = "  "

    @property
    def side_width(self) -> int:
        """One side with a blank at each end, so that shading does not stick to the digits."""
        gaps = len(self.gap) * (len(self.names) - 1)
        return sum(self.columns[name] for name in self.names) + gaps + 2

    @property
    def width(self) -> int:
        """The whole table."""
        return self.side_width * len(self.sides) + self.strike

    def ordered(self, right: Right) -> tuple[str, ...]:
        """Column names from left to right: bid and ask beside the strike, the rest outwards."""
        outward = tuple(name for name in _OUTWARD if name in self.names)
        if right is Right.PUT:
            return ("bid", "ask", *outward)
        return (*reversed(outward), "bid", "ask")


def draw_chain(chain: Chain, width: int) -> Iterator[Line | InColour]:
    """Title, a table an expiry, and a caption: what the signs mean and what is not there."""
    quotes = [side.quote for side in _sides(chain)]
    yield heading(chain.underlying, chain.underlying_quote, width)
    yield feed_and_time(chain.underlying_quote, quotes, chain.as_of)
    left_out: set[str] = set()
    price = chain.underlying_quote.price if chain.underlying_quote else None
    for table in chain.tables:
        layout = _fitting(table, chain, width)
        left_out |= set(fields_of(chain)) - set(layout.names)
        yield line()
        yield _expiry_line(table)
        yield from _table_lines(table, layout, price)
    yield line()
    yield _signs(chain, quotes, price)
    for sentence in _caption(chain, quotes, left_out):
        yield prose(sentence, style=DIM)
    if chain.missing:
        yield prose(_missing_sentence(chain.missing), style="bold red")
    if not chain.tables:
        yield prose("No contract fits what was asked for.")


def _sides(chain: Chain) -> Iterator[ChainSide]:
    """All contracts of the chain."""
    for table in chain.tables:
        for row in table.rows:
            yield from (side for side in (row.call, row.put) if side is not None)


def _expiry_line(table: ChainTable) -> Line:
    """``Fri 22 Aug 2025  4 days  weekly  ARM``."""
    expiry = table.expiry
    kind = "weekly" if expiry.weekly else "monthly"
    text = line(numbers.day(expiry.day), style=HEADER)
    text.append(f"  {numbers.days(expiry.days)}  {kind}  {expiry.trading_class}")
    settled = settlement_day(expiry.trading_class, expiry.day)
    if settled != expiry.day:
        text.append(f"  settles {settled:%a} morning", style=HEADER)
    for word in _terms(table):
        text.append(f"  {word}", style="bold red")
    return text


def _terms(table: ChainTable) -> Iterator[str]:
    """What sets these contracts apart from the usual ones of 100 units in dollars."""
    sides = [side for row in table.rows for side in (row.call, row.put) if side is not None]
    sizes = {side.contract.multiplier for side in sides}
    if sizes - {Decimal(100)}:
        named = sorted("unknown" if n is None else numbers.strike(n) for n in sizes)
        yield f"multiplier {' or '.join(named)}"
    yield from sorted({side.contract.currency for side in sides} - {"USD"})


def _fitting(table: ChainTable, chain: Chain, width: int) -> _Layout:
    """All columns, less as many as it takes; bid and ask always stay."""
    names = fields_of(chain)
    sides = [side for row in table.rows for side in (row.call, row.put) if side is not None]
    columns = {
        name: max(len(label(name)), *(len(_value(side, name)) for side in sides), 1)
        for name in names
    }
    strike_text = numbers.strikes(row.strike for row in table.rows)
    strike = max(len("Strike"), *(len(strike_text(row.strike)) + 4 for row in table.rows), 0)
    layout = _Layout(names, columns, strike, chain.sides)
    if layout.width > width:
        layout = replace(layout, gap=" ")
    for name in _LEFT_OUT_FIRST:
        if layout.width <= width:
            break
        layout = replace(layout, names=tuple(other for other in layout.names if other != name))
    return layout


def _value(side: ChainSide | None, name: str) -> str:
    """A cell's text: nothing where no such contract is listed, a dash where a value is missing."""
    if side is None:
        return ""
    text = numbers.field(name, value_of(side.quote, name))
    return f"{text}{last_mark(side.quote) or ' '}" if name == "last" else text


def _table_lines(table: ChainTable, layout: _Layout, price: Decimal | None) -> Iterator[Line]:
    """Sides' names, column heads, a rule, and a line a strike."""
    yield _joined(
        layout,
        {
            Right.CALL: "CALLS".center(layout.side_width),
            Right.PUT: "PUTS".center(layout.side_width),
        },
        " " * layout.strike,
    )
    heads = {right: _heads(layout, right) for right in layout.sides}
    yield _joined(layout, heads, "Strike".center(layout.strike))
    yield line("─" * layout.width, style=DIM)
    strike_text = numbers.strikes(row.strike for row in table.rows)
    digits = max((len(strike_text(row.strike)) for row in table.rows), default=0)
    for row in table.rows:
        yield _row_line(row, layout, price, strike_text(row.strike).rjust(digits))


def _heads(layout: _Layout, right: Right) -> str:
    """The column heads of one side; the one over a price that may carry a mark leaves room."""
    heads = []
    for name in layout.ordered(right):
        text = f"{label(name)} " if name == "last" else label(name)
        heads.append(text.rjust(layout.columns[name]))
    return f" {layout.gap.join(heads)} "


def _joined(layout: _Layout, texts: dict[Right, str], middle: str) -> Line:
    """One line of heads: calls, strike, puts, as far as they are shown."""
    text = line(style=HEADER)
    if Right.CALL in layout.sides:
        text.append(texts[Right.CALL])
    text.append(middle)
    if Right.PUT in layout.sides:
        text.append(texts[Right.PUT])
    return text


def _row_line(row: ChainRow, layout: _Layout, price: Decimal | None, strike: str) -> Line:
    """One strike: shaded where it is in the money, marked when it is nearest the price."""
    text = line()
    shown = f"▸{strike}◂" if row.at_the_money else strike
    if Right.CALL in layout.sides:
        shaded = price is not None and row.strike < price
        _append_side(text, row.call, Right.CALL, layout, shaded=shaded)
    text.append(shown.center(layout.strike), style=AT_THE_MONEY if row.at_the_money else "")
    if Right.PUT in layout.sides:
        shaded = price is not None and row.strike > price
        _append_side(text, row.put, Right.PUT, layout, shaded=shaded)
    return text


def _append_side(
    text: Line, side: ChainSide | None, right: Right, layout: _Layout, *, shaded: bool
) -> None:
    """One side's cells, each in its column."""
    ground = SHADED if shaded else ""
    text.append(" ", style=ground)
    for place, name in enumerate(layout.ordered(right)):
        if place:
            text.append(layout.gap, style=ground)
        value = _value(side, name)
        style = DIM if value.strip() == numbers.MISSING and not shaded else ground
        text.append(padded(Cell(value), layout.columns[name]), style=style)
    text.append(" ", style=ground)


def _signs(chain: Chain, quotes: Sequence[Quote | None], price: Decimal | None) -> InColour:
    """What the signs mean, as far as they occur; shading is a sign only where there is colour."""
    signs = []
    if any(row.at_the_money for table in chain.tables for row in table.rows):
        signs.append("▸ ◂: at the money")
    signs += marks_explained(last_mark(quote) for quote in quotes)
    if any(value_of(quote, name) is None for quote in quotes for name in fields_of(chain)):
        signs.append(f"{numbers.MISSING}: not sent")
    if price is None:
        signs.insert(0, "the underlying's price is not known")
    shading = [] if price is None else ["shaded: in the money"]
    return InColour(
        prose(" · ".join(shading + signs), style=DIM), prose(" · ".join(signs), style=DIM)
    )


def _caption(chain: Chain, quotes: Sequence[Quote | None], left_out: set[str]) -> Iterator[str]:
    """What else there is to know: old quotes, columns that did not fit, other expiries."""
    ages = [age for quote in quotes if (age := age_seconds(quote, chain.as_of)) is not None]
    if ages and max(ages) >= OLD:
        yield f"The oldest quote is {numbers.age(float(max(ages)))} old."
    if left_out:
        names = ", ".join(label(name) for name in fields_of(chain) if name in left_out)
        yield f"Left out for want of width: {names}. A wider terminal, --json and --csv show all."
    if chain.other_expiries:
        yield _others_sentence(chain)


def _others_sentence(chain: Chain) -> str:
    """The expiries of the month that are not shown, and how to see one."""
    others = chain.other_expiries
    few = len(others) <= NAMED_OTHERS + 1
    nearest = others if few else others[:NAMED_OTHERS]
    named = nearest + tuple(e for e in others if not e.weekly and e not in nearest)
    days = ", ".join(
        f"{expiry.day.isoformat()} ({numbers.days(expiry.days)}, "
        f"{'' if expiry.weekly else 'monthly, '}{expiry.trading_class})"
        for expiry in named
    )
    symbol = chain.underlying.symbol or chain.underlying.conid
    more = len(others) - len(named)
    rest = f" and {more} more (ibcli expiries {symbol} --month {others[0].month})" if more else ""
    example = f"ibcli chain {symbol} --expiry {others[0].day.isoformat()}"
    return f"Also in this month: {days}{rest}. To see one: {example}"


def _missing_sentence(missing: Sequence[str]) -> str:
    """What was required and did not arrive; the first few by name."""
    named = ", ".join(missing[:NAMED_MISSING])
    more = len(missing) - NAMED_MISSING
    return f"Missing at the deadline: {named}" + (f" and {more} more." if more > 0 else ".")
