"""``ibcli quote``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.progress import lookup_progress
from ibcli.commands.words import FIELDS, WHAT
from ibcli.render.result import Result

if TYPE_CHECKING:
    from ibcli.broker.fields import Field
    from ibcli.domain.symbols import What


@click.command(short_help="Quote conids, symbols and option contracts.")
@click.argument("whats", type=WHAT, metavar="WHAT...", nargs=-1, required=True)
@click.option(
    "--fields",
    type=FIELDS,
    help="What to show: bid,ask,last,volume,oi,iv,delta,... or the broker's codes: 84,86.",
)
@click.option(
    "--require",
    "required",
    type=FIELDS,
    help="Wait for these values and exit with 7 if one is missing at the deadline: bid,ask.",
)
@output_options
@pass_app
def quote(
    app: Context,
    whats: tuple[tuple[str, What], ...],
    fields: tuple[Field, ...] | None,
    required: tuple[Field, ...] | None,
) -> Result:
    """Quote each WHAT: a conid, a symbol, an OCC symbol, or an option's terms as one quoted word.

    Rows come in the order of the words. When one is not known the others are shown all the same,
    and the exit code is 5.

    \b
    Examples:
      ibcli quote 804155360
      ibcli quote ARM SPY
      ibcli quote "ARM   250822C00143000" "SPY 2025-08-22 640 put"
      ibcli quote "ARM 22AUG25 143 C" --fields bid,ask,iv,greeks --require bid,ask
    """
    from ibcli.trading.quotes import quotes

    with lookup_progress() as progress:
        found = quotes(app.client, whats, fields=fields, required=required or (), progress=progress)
    return Result("quote", found.data, (*app.client.warnings, *found.warnings), found.error)
