"""docs/commands.md: what every command says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.cli import PROGRAM, root

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 96
HEAD = """\
# Commands

Each command's `--help`; this page is written by `make docs`.

The options of `ibcli` itself (`--demo`, `--env-file`, `--profile`) are accepted after the command,
too, and those that all commands share (`--json`, `--csv`, `--output`, `--deadline`, `--debug`)
before it.
"""


def commands_page() -> str:
    """The page."""
    parts = [HEAD]
    for path, text in help_texts(root, None, PROGRAM):
        level = "#" * min(4, 2 + path.count(" "))
        parts.append(f"\n{level} {path}\n\n```text\n{text.strip()}\n```\n")
    return "".join(parts)


def help_texts(
    command: click.Command, parent: click.Context | None, name: str
) -> Iterator[tuple[str, str]]:
    """Each command's path and help, groups before their commands."""
    ctx = click.Context(
        command,
        parent=parent,
        info_name=name,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=None if parent else ["-h", "--help"],
    )
    yield ctx.command_path, command.get_help(ctx)
    if isinstance(command, click.Group):
        for sub in command.list_commands(ctx):
            found = command.get_command(ctx, sub)
            if found is not None and not found.hidden:
                yield from help_texts(found, ctx, sub)
