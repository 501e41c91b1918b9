"""``ibcli trades``."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.words import SYMBOL
from ibcli.render.result import Result

MOST_DAYS = 7


@click.command(short_help="List executions, their commissions and what they realised.")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=1,
    show_default=True,
    help="Today and so many days before; the broker remembers no more than seven.",
)
@click.option("--symbol", type=SYMBOL, help="Only those of one underlying.")
@output_options
@pass_app
def trades(app: Context, days: int, symbol: str | None) -> Result:
    """List executions by time (New York's), each once, with totals.

    What a trade realised is computed first in, first out, after commissions, where its opening
    trades are among those seen; where not, it is missing, and the totals say so. A commission comes
    a little after its trade. EXPIRED marks contracts that ended without a trade.

    \b
    Examples:
      ibcli trades
      ibcli trades --days 7 --symbol SPY
      ibcli trades --days 7 --csv --output trades.csv
    """
    from ibcli.trading import fills
    from ibcli.trading.placing.desk import Desk

    with Desk.open(app.client, writing=False) as desk:
        found = fills.trades(app.client, desk, days, symbol)
        warnings = (*app.client.warnings, *desk.warnings, *found.warnings)
    return Result("trades", found.data, warnings, found.error)
