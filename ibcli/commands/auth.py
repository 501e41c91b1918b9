"""``ibcli auth``: test, check, look at and end the login."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.render.result import Result


@click.group(short_help="Test, check and end the OAuth login.")
def auth() -> None:
    """Test, check and end the OAuth login."""


@auth.command("test", short_help="Walk from the settings to a first price.")
@output_options
@pass_app
def test(app: Context) -> Result:
    """Walk from the settings to a first price, and stop at what is wrong.

    Settings, keys, login, brokerage session, accounts, one snapshot: each with its time and result.
    """
    from ibcli.broker.clinic import auth_test

    found = auth_test(lambda: app.settings, app.deadline)
    return Result("auth_test", found, warnings=found.warnings, error=found.error)


@auth.command("check", short_help="Check settings, keys and files; no login.")
@click.option(
    "--online/--offline",
    default=None,
    help="Compare this machine's clock with the server's, or send nothing at all. "
    "[default: compare when the server answers within 3 s]",
)
@output_options
@pass_app
def check(app: Context, online: bool | None) -> Result:
    """Look at settings, keys and files on this machine, without logging in."""
    from ibcli.broker.checkup import auth_check

    found = auth_check(app.settings, app.deadline, online=online)
    return Result("auth_check", found, error=found.error)


@auth.command("status", short_help="Show the login kept on this machine.")
@click.option("--offline", is_flag=True, help="Do not ask the broker.")
@output_options(csv=False)
@pass_app
def status(app: Context, offline: bool) -> Result:
    """Show the login kept on this machine, until when it lives, and the brokerage session.

    Logs in to nothing.
    """
    from ibcli.broker.kept import auth_status

    found = auth_status(app.settings, app.deadline, ask=not offline)
    return Result("auth_status", found, warnings=found.warnings)


@auth.command("logout", short_help="End the login for every process.")
@output_options(csv=False)
@pass_app
def logout(app: Context) -> Result:
    """End the login at the broker, for every process that shares it, and forget it here."""
    from ibcli.broker.kept import auth_logout

    found = auth_logout(app.settings, app.deadline)
    return Result("auth_logout", found, warnings=found.warnings)
