"""``ibcli config``: the settings in force, and the files they come from."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.render.result import Result


@click.group(short_help="Show the settings and where they come from.")
def config() -> None:
    """Show the settings and where they come from."""


@config.command("show", short_help="List each setting, its value and its origin.")
@output_options
@pass_app
def show(app: Context) -> Result:
    """List each setting, its value (secrets masked) and where it came from."""
    return Result("config_show", app.settings.entries)


@config.command("path")
@output_options
@pass_app
def path(app: Context) -> Result:
    """List the files and folders in use."""
    from ibcli.config.places import places

    return Result("config_path", places(app.settings))
