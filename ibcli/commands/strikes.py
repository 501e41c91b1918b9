"""``ibcli strikes``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.progress import lookup_progress
from ibcli.commands.words import EXPIRY, MONTH, SYMBOL, TRADING_CLASS
from ibcli.render.result import Result

if TYPE_CHECKING:
    from datetime import date

    from ibcli.domain.months import ExpiryWord, Month


@click.command(short_help="List the strikes of a month or an expiry.")
@click.argument("symbol", type=SYMBOL, metavar="SYMBOL")
@click.option("--month", type=MONTH, help="All expiries of a contract month: AUG25 or 2025-08.")
@click.option("--expiry", type=EXPIRY, help="One expiry: 2025-08-22, 0dte (today) or next.")
@click.option("--class", "trading_class", type=TRADING_CLASS, help="One trading class, as SPXW.")
@output_options
@pass_app
def strikes(
    app: Context,
    symbol: str,
    month: Month | None,
    expiry: date | ExpiryWord | None,
    trading_class: str | None,
) -> Result:
    """List SYMBOL's strikes, the one at the money marked.

    A month's strikes are those of all its expiries together. For one expiry, each of them is looked
    up the first time in a day, which takes a while where there are hundreds.

    \b
    Examples:
      ibcli strikes ARM --month AUG25
      ibcli strikes ARM --expiry 2025-08-22
    """
    from ibcli.trading.strikes import strikes as find

    with lookup_progress() as progress:
        found = find(
            app.client,
            symbol,
            month=month,
            expiry=expiry,
            trading_class=trading_class,
            progress=progress,
        )
    return Result("strikes", found.data, (*app.client.warnings, *found.warnings), found.error)
