"""The root command, whose subcommands are imported when they run, and the one error boundary."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

import click

from ibcli import __version__
from ibcli.commands.boundary import guarded
from ibcli.commands.context import Context
from ibcli.commands.options import root_options

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "ibcli"


class Entry(NamedTuple):
    """Where a command lives, the line that ``ibcli --help`` says of it, and a right use of it."""

    target: str
    short_help: str
    example: str


COMMANDS = {
    "auth": Entry(
        "ibcli.commands.auth:auth", "Test, check and end the OAuth login.", "ibcli auth test"
    ),
    "search": Entry(
        "ibcli.commands.search:search", "Find what a symbol stands for.", "ibcli search ARM"
    ),
    "expiries": Entry(
        "ibcli.commands.expiries:expiries",
        "List the expiry dates of a symbol's options.",
        "ibcli expiries ARM --month AUG25",
    ),
    "strikes": Entry(
        "ibcli.commands.strikes:strikes",
        "List the strikes of a month or an expiry.",
        "ibcli strikes ARM --month AUG25",
    ),
    "chain": Entry(
        "ibcli.commands.chain:chain", "Show an option chain.", "ibcli chain ARM --month AUG25"
    ),
    "quote": Entry(
        "ibcli.commands.quote:quote",
        "Quote conids, symbols and option contracts.",
        'ibcli quote "ARM 22AUG25 143 C"',
    ),
    "order": Entry(
        "ibcli.commands.order:order",
        "Place option orders, each once, inside your limits.",
        "ibcli order SPY --side both",
    ),
    "orders": Entry(
        "ibcli.commands.orders:orders",
        "List the orders of today, or one in full.",
        "ibcli orders --all",
    ),
    "trades": Entry(
        "ibcli.commands.trades:trades",
        "List executions, their commissions and what they realised.",
        "ibcli trades --days 7",
    ),
    "positions": Entry(
        "ibcli.commands.positions:positions",
        "List what the account holds, its value, profit and delta.",
        "ibcli positions",
    ),
    "cancel": Entry(
        "ibcli.commands.cancel:cancel",
        "Cancel orders by id, job or underlying, or all.",
        "ibcli cancel 912091175",
    ),
    "modify": Entry(
        "ibcli.commands.modify:modify",
        "Change an order's limit, quantity, trigger or time in force.",
        "ibcli modify 912091175 --limit 1.20",
    ),
    "close": Entry(
        "ibcli.commands.close:close",
        "Close positions, their stops taken away first.",
        'ibcli close "SPY 18AUG25 640 P"',
    ),
    "journal": Entry(
        "ibcli.commands.journal:journal",
        "Show what was ordered, and what became of it.",
        "ibcli journal --day 2025-08-18",
    ),
    "reconcile": Entry(
        "ibcli.commands.reconcile:reconcile",
        "Compare the journal with the broker's orders, trades and positions.",
        "ibcli reconcile",
    ),
    "halt": Entry(
        "ibcli.commands.halt:halt",
        "Stop all ordering, at once, until resume.",
        'ibcli halt "Fed day"',
    ),
    "resume": Entry(
        "ibcli.commands.halt:resume", "Let orders through again after halt.", "ibcli resume"
    ),
    "cron": Entry(
        "ibcli.commands.cron:cron",
        "See whether a command will run from cron.",
        "ibcli cron check order SPY --side both",
    ),
    "config": Entry(
        "ibcli.commands.config:config",
        "Show the settings and where they come from.",
        "ibcli config show",
    ),
    "sim": Entry(
        "ibcli.commands.sim:sim",
        "Run a simulator of IBKR's Web API, with OAuth 1.0a and a moving market.",
        "ibcli sim serve",
    ),
}


class LazyGroup(click.Group):
    """A group that knows its commands from a table and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the table's order: the order in which a new user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.target} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but naming the nearest commands to one that does not exist."""
        word = args[0]
        if word not in COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(word, COMMANDS, n=2)
            meant = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no command {word!r}.{meant}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.short_help) for name, entry in COMMANDS.items()])

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """Complete command names from the table, importing none."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=entry.short_help)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    PROGRAM,
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `ibcli --demo chain ARM --month AUG25`; then set up `ibcli auth test`.",
)
@root_options
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.pass_context
def root(ctx: click.Context) -> None:
    """Options trading at Interactive Brokers from the command line: no gateway, no browser."""
    ctx.with_resource(ctx.ensure_object(Context).stack)


def example_for(words: str) -> str:
    """A right use of the command that these words begin with."""
    name = words.partition(" ")[0]
    return COMMANDS[name].example if name in COMMANDS else COMMANDS["chain"].example


def run(argv: Sequence[str], started: float | None = None) -> int:
    """Run one command line and return its exit code; nothing escapes.

    ``started`` is when its time began to count, by the monotonic clock; now, if None.
    """
    return guarded(root, argv, program=PROGRAM, example_for=example_for, started=started)
