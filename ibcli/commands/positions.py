"""``ibcli positions``."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.words import SYMBOL
from ibcli.render.result import Result


@click.command(short_help="List what the account holds, its value, profit and delta.")
@click.option("--symbol", type=SYMBOL, help="Only those of one underlying.")
@click.option("--no-greeks", is_flag=True, help="Without deltas: asks for no market data.")
@output_options
@pass_app
def positions(app: Context, symbol: str | None, no_greeks: bool) -> Result:
    """List every position, short ones with a negative quantity; totals by currency.

    Delta is that of all contracts of a row together, in shares of its underlying.

    \b
    Examples:
      ibcli positions
      ibcli positions --symbol SPY --no-greeks
      ibcli positions --json
    """
    from ibcli.trading import holdings
    from ibcli.trading.placing.desk import Desk

    with Desk.open(app.client, writing=False) as desk:
        found = holdings.holdings(app.client, desk, symbol, greeks=not no_greeks)
        warnings = (*app.client.warnings, *desk.warnings, *found.warnings)
    return Result("positions", found.data, warnings, found.error)
