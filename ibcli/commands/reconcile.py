"""``ibcli reconcile``."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.render.result import Result


@click.command(short_help="Compare the journal with the broker's orders, trades and positions.")
@click.option(
    "--fix", is_flag=True, help="Write what the broker knows into the journal; never an order."
)
@output_options
@pass_app
def reconcile(app: Context, fix: bool) -> Result:
    """Compare the journal with the broker's orders, trades of seven days, and positions.

    Each difference is a line: an order whose outcome was not known, a fill or an end that the
    journal missed, orders and fills that are not ibcli's, a stop without its entry, an entry
    without its stop, a position that does not add up. The exit code is 0 when there is none, 8
    otherwise; with --fix, 8 when something remains that only a trader can put right.

    \b
    Examples:
      ibcli reconcile
      ibcli reconcile --fix
    """
    from ibcli.trading.reconciling.reconcile import reconcile as compare

    found = compare(app.client, fix=fix)
    return Result("reconcile", found.data, (*app.client.warnings, *found.warnings), found.error)
