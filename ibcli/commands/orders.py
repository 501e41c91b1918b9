"""``ibcli orders``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.change_words import ORDER_ID
from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.watching import check_watchable, watched
from ibcli.errors import UsageError
from ibcli.render.result import Result

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient


@click.command(short_help="List the orders of today, or one in full.")
@click.argument("order_id", type=ORDER_ID, metavar="[ID]", required=False)
@click.option("--open", "open_", is_flag=True, help="Those that may still be filled.  [default]")
@click.option("--filled", is_flag=True, help="Those that were filled, in part at least.")
@click.option("--all", "all_", is_flag=True, help="All of today, cancelled ones too.")
@click.option("--watch", is_flag=True, help="Draw them again every five seconds until Ctrl-C.")
@output_options
@pass_app
def orders(
    app: Context, order_id: int | None, open_: bool, filled: bool, all_: bool, watch: bool
) -> Result:
    """List the account's orders, whoever sent them; those that protect an entry stand under it.

    With ID one order is shown in full: its fields, its protection, its history in the journal. What
    is seen of ibcli's own orders goes into the journal.

    A list that may not be whole is printed with a warning, and the exit code is 7.

    \b
    Examples:
      ibcli orders
      ibcli orders --all --json
      ibcli orders --watch
      ibcli orders 912091175
    """
    if open_ + filled + all_ > 1 or (order_id is not None and open_ + filled + all_):
        raise UsageError(
            "--open, --filled, --all and ID exclude each other.", hint="Example: ibcli orders --all"
        )
    shown = "all" if all_ else "filled" if filled else "open"
    if not watch:
        return _read(app.client, shown, order_id)
    check_watchable(app)
    return watched(app, lambda client: _read(client, shown, order_id))


def _read(client: BrokerClient, shown: str, order_id: int | None) -> Result:
    from ibcli.trading import blotter
    from ibcli.trading.placing.desk import Desk

    with Desk.open(client, writing=False) as desk:
        if order_id is not None:
            one = blotter.order(client, desk, order_id)
            warnings = (*client.warnings, *desk.warnings, *one.warnings)
            return Result("order_detail", one.data, warnings, one.error)
        found = blotter.orders(client, desk, blotter.Shown(shown))
        warnings = (*client.warnings, *desk.warnings, *found.warnings)
        return Result("orders", found.data, warnings, found.error)
