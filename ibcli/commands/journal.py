"""``ibcli journal``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.words import Word
from ibcli.errors import UsageError
from ibcli.render.result import Result

if TYPE_CHECKING:
    from datetime import date


def _day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"--day {text}: not a day.", hint="Example: --day 2025-08-18") from None


def _job(text: str) -> str:
    """Any name: one that no job can have has no entries."""
    return text.encode(errors="replace").decode()


@click.command(short_help="Show what was ordered, and what became of it.")
@click.option("--day", type=Word("date", _day), help="Of this trading day.  [default: the latest]")
@click.option(
    "--job", type=Word("name", _job), help="Of this job, on all days unless --day says one."
)
@click.option("--all", "everything", is_flag=True, help="Of all days.")
@output_options
@pass_app
def journal(app: Context, day: date | None, job: str | None, everything: bool) -> Result:
    """Show the journal of orders: what was meant, sent, asked, answered, filled and cancelled.

    It is read from the disk alone, so it is there when the broker is not. Times are New York's.

    \b
    Examples:
      ibcli journal
      ibcli journal --day 2025-08-18 --job order-spy-both
      ibcli journal --all --json
    """
    from ibcli.config.market_clock import utc_now
    from ibcli.trading.journal.pages import pages

    found = pages(app.settings, utc_now, app.deadline, day=day, job=job, everything=everything)
    return Result("journal", found)
