"""``ibcli cron``: whether a command will run from cron as it runs here."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.errors import UsageError
from ibcli.render.result import Result


@click.group(short_help="See whether a command will run from cron.")
def cron() -> None:
    """See whether a command will run from cron as it runs here."""


@cron.command(
    "check",
    short_help="Run a command's prerequisites in cron's environment.",
    context_settings={"allow_interspersed_args": False},
)
@click.option(
    "--at",
    metavar="FIELDS",
    help='When the line is to fire, as a crontab says it: --at "0 11 * * 1-5".',
)
@click.option("--offline", is_flag=True, help="Do not log in.")
@output_options
@click.argument("words", metavar="[COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@pass_app
def check(app: Context, at: str | None, offline: bool, words: tuple[str, ...]) -> Result:
    """Look at all that COMMAND needs, in the environment that cron gives it.

    ibcli runs itself with HOME, LOGNAME, SHELL and a PATH of /usr/bin:/bin alone, in the home
    folder, without a terminal: which settings are missing there, whether keys, state, cache and
    journal can be used, whether the login works, whether orders may be sent, when the line fires
    in New York. COMMAND itself is not run. The lines for the crontab are printed last.

    \b
    Examples:
      ibcli cron check
      ibcli cron check --at "0 11 * * 1-5" order SPY --side both --deadline 120
      ibcli cron check --offline --json reconcile --fix
    """
    from ibcli.commands.cron_check import Examination, checked_words
    from ibcli.domain.crontab import Schedule

    command = checked_words(words)
    app.be_bounded(app.seconds)  # not as the words say that were read for another day
    schedule = None
    if at is not None:
        try:
            schedule = Schedule.parse(at)
        except ValueError as error:
            raise UsageError(f"--at {at}: {error}.", hint='Example: --at "0 11 * * 1-5"') from None
    examination = Examination(app, command, at, schedule)
    examination.look_at_all(offline=offline)
    return Result("cron_check", examination.result, error=examination.error)
