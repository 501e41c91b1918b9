"""``ibcli expiries``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.progress import lookup_progress
from ibcli.commands.words import MONTH, SYMBOL
from ibcli.render.result import Result

if TYPE_CHECKING:
    from ibcli.domain.months import Month


@click.command(short_help="List the expiry dates of a symbol's options.")
@click.argument("symbol", type=SYMBOL, metavar="SYMBOL")
@click.option("--month", type=MONTH, help="One contract month only: AUG25 or 2025-08.")
@output_options
@pass_app
def expiries(app: Context, symbol: str, month: Month | None) -> Result:
    """List SYMBOL's option expiries: date, days left (New York), weekly or monthly, class.

    \b
    Examples:
      ibcli expiries ARM
      ibcli expiries SPX --month 2025-09
    """
    from ibcli.trading.expiries import expiries as find

    with lookup_progress("Looking up expiries") as progress:
        found = find(app.client, symbol, month=month, progress=progress)
    return Result("expiries", found.data, (*app.client.warnings, *found.warnings), found.error)
