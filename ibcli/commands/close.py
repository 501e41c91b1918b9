"""``ibcli close``."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from ibcli.commands.asking import ask_about, is_attended
from ibcli.commands.change_words import LIMIT
from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.words import SYMBOL, WHAT
from ibcli.errors import GuardError, UsageError
from ibcli.render.result import Result

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.domain.changes import Closing
    from ibcli.domain.symbols import What
    from ibcli.domain.wishes import Limit
    from ibcli.trading.closing.wish import Manner, Positions


@click.command(short_help="Close positions, their stops taken away first.")
@click.argument("whats", type=WHAT, metavar="[CONTRACT]...", nargs=-1)
@click.option("--symbol", type=SYMBOL, help="All positions of one underlying, its shares too.")
@click.option("--all", "everything", is_flag=True, help="All positions of the account.")
@click.option("--itm", is_flag=True, help="Short options in the money: they may be assigned.")
@click.option(
    "--limit",
    type=LIMIT,
    help="natural (fills at once), mid, bid, ask or a price.  [default: natural]",
)
@click.option("--market", is_flag=True, help="At the market, without a limit.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; send nothing that writes.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@output_options
@pass_app
def close(
    app: Context,
    whats: tuple[tuple[str, What], ...],
    symbol: str | None,
    everything: bool,
    itm: bool,
    limit: Limit | None,
    market: bool,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Close positions: each one's stop and take-profit are cancelled, then what remains is closed.

    When the close is refused, the stop is put back. A close that works already, or a position that
    is gone, is left alone: the command may be repeated.

    On a terminal the plan is shown and you are asked. Elsewhere IBCLI_UNATTENDED says on which
    accounts orders may be sent.

    \b
    Examples:
      ibcli close "SPY 18AUG25 640 P"
      ibcli close --symbol SPY --limit mid
      ibcli close --itm --market --yes
      ibcli close --all --dry-run
    """
    from ibcli.domain.wishes import LimitWord
    from ibcli.trading.closing.close import plan
    from ibcli.trading.closing.wish import Manner, Positions
    from ibcli.trading.placing.desk import Desk

    which = Positions(whats, symbol, everything, itm)
    which.check()
    if market and limit is not None:
        raise UsageError("--limit and --market exclude each other.", hint="Give one of the two.")
    attended = is_attended()
    manner = Manner(
        limit=None if market else limit or LimitWord.NATURAL,
        dry_run=dry_run,
        attended=attended,
        ask=ask_about if attended else None,
        tell=_tell,
        command=shlex.join(["ibcli", *sys.argv[1:]]),
    )
    if not dry_run and (yes or not attended):
        return _closed(app.client, which, manner)
    with Desk.open(app.client, writing=not dry_run) as desk:
        found = plan(app.client, desk, which, manner)
        warnings = (*app.client.warnings, *found.warnings)
    if dry_run or not any(row.ticket for row in found.data.rows):
        return Result("close", found.data, warnings, found.error)
    app.be_answered()
    if not _agreed(found.data, warnings):
        raise GuardError(
            "Nothing was closed: you did not say yes.", hint="Run it again.", code="guard-declined"
        )
    return _closed(app.anew(), which, manner)


def _closed(client: BrokerClient, which: Positions, manner: Manner) -> Result:
    from ibcli.trading.closing import close as closing
    from ibcli.trading.placing.desk import Desk

    with Desk.open(client, writing=True) as desk:
        done = closing.close(client, desk, which, manner)
    return Result("close", done.data, (*client.warnings, *done.warnings), done.error)


def _agreed(plan: Closing, warnings: tuple[str, ...]) -> bool:
    """Show what would be done, and ask."""
    from dataclasses import replace

    from rich.console import Console

    from ibcli.render.close import draw
    from ibcli.render.page import on_stderr
    from ibcli.render.streams import say

    width = Console(stderr=True).width
    on_stderr(draw(replace(plan, dry_run=False), width), width)
    for warning in warnings:
        say(f"Warning: {warning}")
    number = sum(row.ticket is not None for row in plan.rows)
    return click.confirm(f"Close {number} position{'s' * (number > 1)}?", err=True)


def _tell(text: str) -> None:
    from ibcli.render.streams import say

    say(text)
