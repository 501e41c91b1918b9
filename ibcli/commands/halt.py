"""``ibcli halt`` and ``ibcli resume``: the kill switch."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.render.result import Result


@click.command(short_help="Stop all ordering, at once, until resume.")
@click.argument("reason", nargs=-1)
@output_options(csv=False)
@pass_app
def halt(app: Context, reason: tuple[str, ...]) -> Result:
    """Stop all ordering of this user until `ibcli resume`: nothing is placed, changed or closed.

    Every order looks for it last, just before it is sent. Cancels stay possible, and what works at
    the broker goes on working. A file in the state folder stands for it: `ibcli halt` prints which.

    \b
    Examples:
      ibcli halt
      ibcli halt "Fed day"
    """
    from ibcli.config.market_clock import utc_now
    from ibcli.trading.halt import halt as throw

    data, warnings = throw(app.settings, " ".join(reason), utc_now, app.deadline)
    return Result("halt", data, tuple(warnings))


@click.command(short_help="Let orders through again after halt.")
@output_options(csv=False)
@pass_app
def resume(app: Context) -> Result:
    """Let orders through again after `ibcli halt`.

    \b
    Examples:
      ibcli resume
    """
    from ibcli.config.market_clock import utc_now
    from ibcli.trading.halt import resume as release

    data, warnings = release(app.settings, utc_now, app.deadline)
    return Result("halt", data, tuple(warnings))
