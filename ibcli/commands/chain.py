"""``ibcli chain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.progress import lookup_progress
from ibcli.commands.words import DAYS, DELTAS, EXPIRY, FIELDS, MONTH, STRIKES, SYMBOL, TRADING_CLASS
from ibcli.render.result import Result

if TYPE_CHECKING:
    from datetime import date

    from ibcli.broker.fields import Field
    from ibcli.domain.months import DaysRange, DeltaRange, ExpiryWord, Month

_SIDES = {"call": ("CALL",), "put": ("PUT",), "both": ("CALL", "PUT")}  # names of Right


@click.command(short_help="Show an option chain.")
@click.argument("symbol", type=SYMBOL, metavar="SYMBOL")
@click.option(
    "--month", type=MONTH, help="The nearest expiry of a contract month: AUG25 or 2025-08."
)
@click.option(
    "--expiry",
    type=EXPIRY,
    help="One expiry: 2025-08-22, 0dte (today) or next (the first after today); "
    "with --month also: all.",
)
@click.option(
    "--dte",
    "days",
    type=DAYS,
    help="Days to expiry, New York: 7:45 for each expiry within, 30 for the nearest from there on.",
)
@click.option(
    "--side",
    type=click.Choice(list(_SIDES), case_sensitive=False),
    default="both",
    show_default=True,
    help="Calls, puts or both.",
)
@click.option(
    "--strikes",
    type=STRIKES,
    help="So many strikes each way around the money.  [default: 10]",
)
@click.option("--all", "all_strikes", is_flag=True, help="Every strike.")
@click.option(
    "--delta",
    "deltas",
    type=DELTAS,
    help="Only contracts whose absolute delta lies between: 0.25:0.40; looks as far as it takes.",
)
@click.option("--class", "trading_class", type=TRADING_CLASS, help="One trading class, as SPXW.")
@click.option(
    "--require",
    "required",
    type=FIELDS,
    help="Wait for these values and exit with 7 if one is missing at the deadline: bid,ask,delta.",
)
@click.option("--greeks", is_flag=True, help="Show gamma, theta and vega too.")
@output_options
@pass_app
def chain(
    app: Context,
    symbol: str,
    month: Month | None,
    expiry: date | ExpiryWord | None,
    days: DaysRange | None,
    side: str,
    strikes: int | None,
    all_strikes: bool,
    deltas: DeltaRange | None,
    trading_class: str | None,
    required: tuple[Field, ...] | None,
    greeks: bool,
) -> Result:
    """Show SYMBOL's options with their quotes: calls left, strike, puts right.

    Without --month, --expiry or --dte the nearest expiry is shown.

    \b
    Examples:
      ibcli chain ARM --month AUG25
      ibcli chain SPY --expiry 0dte --strikes 5
      ibcli chain SPX --expiry 2025-09-18 --class SPX --strikes 5
      ibcli chain ARM --dte 7:30 --side put --delta 0.10:0.30 --greeks
      ibcli chain ARM --expiry next --strikes 3 --require bid,ask --json
    """
    from ibcli.domain.contracts import Right
    from ibcli.trading.chains import ChainRequest
    from ibcli.trading.chains import chain as find
    from ibcli.trading.choice import Choice

    request = ChainRequest(
        symbol=symbol,
        choice=Choice(month, expiry, days),
        sides=tuple(Right[name] for name in _SIDES[side.lower()]),
        strikes=strikes,
        all_strikes=all_strikes,
        deltas=deltas,
        trading_class=trading_class,
        required=required or (),
        greeks=greeks,
    )
    request.check()
    with lookup_progress() as progress:
        found = find(app.client, request, progress)
    return Result("chain", found.data, (*app.client.warnings, *found.warnings), found.error)
