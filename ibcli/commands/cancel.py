"""``ibcli cancel``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.asking import is_attended
from ibcli.commands.change_words import JOB, ORDER_ID
from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.words import SYMBOL
from ibcli.errors import GuardError
from ibcli.render.result import Result

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.trading.cancelling.survey import Survey, Which


@click.command(short_help="Cancel orders by id, job or underlying, or all.")
@click.argument("ids", type=ORDER_ID, metavar="[ID]...", nargs=-1)
@click.option("--job", type=JOB, help="The open orders of a job of ibcli's.")
@click.option("--symbol", type=SYMBOL, help="The open orders of one underlying.")
@click.option("--all", "everything", is_flag=True, help="All open orders of the account.")
@click.option("--yes", is_flag=True, help="Do not ask; cancel what protects a position too.")
@output_options
@pass_app
def cancel(
    app: Context,
    ids: tuple[int, ...],
    job: str | None,
    symbol: str | None,
    everything: bool,
    yes: bool,
) -> Result:
    """Cancel orders and tell what became of each. An entry takes its stop and take-profit with it.

    What has ended before stays as it is: the command may be repeated. A stop that protects a short
    position is not cancelled unasked: on a terminal you are asked, elsewhere it takes --yes. --all
    asks on a terminal. Cancels go through while trading is halted.

    \b
    Examples:
      ibcli cancel 912091175
      ibcli cancel --job spy-both-sell-0dte-delta-0.10-x1
      ibcli cancel --symbol SPY
      ibcli cancel --all --yes
    """
    from ibcli.trading.cancelling import cancel as cancelling
    from ibcli.trading.cancelling.survey import Which
    from ibcli.trading.placing.desk import Desk

    which = Which(tuple(dict.fromkeys(ids)), job, symbol, everything)
    which.check()
    asked = False
    if is_attended() and not yes:
        with Desk.open(app.client, writing=False) as desk:
            found = cancelling.plan(app.client, desk, which)
        asked = _must_ask(which, found)
        if asked:
            app.be_answered()
            _insist(_agreed(found))
    return _cancelled(app.anew() if asked else app.client, which, yes=yes or asked)


def _cancelled(client: BrokerClient, which: Which, *, yes: bool) -> Result:
    from ibcli.trading.cancelling import cancel as cancelling
    from ibcli.trading.placing.desk import Desk

    with Desk.open(client, writing=False) as desk:
        done = cancelling.cancel(client, desk, which, yes=yes)
    return Result("cancel", done.data, (*client.warnings, *done.warnings), done.error)


def _insist(agreed: bool) -> None:
    if not agreed:
        raise GuardError(
            "Nothing was cancelled: you did not say yes.",
            hint="Run it again.",
            code="guard-declined",
        )


def _must_ask(which: Which, found: Survey) -> bool:
    return bool(found.guarding) or (which.everything and bool(found.rows))


def _agreed(found: Survey) -> bool:
    """Show what would be cancelled, and ask."""
    from ibcli.render.streams import say

    for row in found.rows:
        order = row.order
        guards = "  protects a position, or what may become one" if row in found.guarding else ""
        side = order.side or "?"
        say(f"{order.order_id}  {side} {order.remaining} {row.words}  {order.status}{guards}")
    number = len(found.rows)
    return click.confirm(f"Cancel {number} order{'s' * (number > 1)}?", err=True)
