"""What a command line imports: no more than it needs, since a trader waits for every import."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click
import pytest

from ibcli.cli import COMMANDS, root
from ibcli.sim.embedded import SimServer
from tests.scenes.market import desk_settings, simulated_day
from tests.startup.conftest import Door, Words, completing, words

if TYPE_CHECKING:
    from collections.abc import Iterator

NETWORK = (
    "ibind", "requests", "urllib3", "pydantic", "aiohttp", "tenacity", "cryptography", "Crypto",
    "ssl", "http.client",
)  # fmt: skip
PRINTING = ("rich", "simplejson", "csv")
# What is so slow that help, errors and completion shall do without it, though it is no network.
SLOW = (
    "sqlite3", "dotenv", "platformdirs", "logging", "tempfile", "shutil", "zoneinfo", "hashlib",
    "ibcli.config", "ibcli.domain.contracts", "ibcli.broker", "ibcli.trading",
)  # fmt: skip
OF_THE_ORDER = {"ibcli.domain.contracts"}  # the sides to choose from are its rights


def every_command(group: click.Group = root, before: str = "") -> Iterator[str]:
    """The words of each command and of each group of them."""
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            yield f"{before}{name}"
            if isinstance(command, click.Group):
                yield from every_command(command, f"{before}{name} ")


@pytest.mark.parametrize("argv", ["", "--help", "--version", "chian"])
def test_the_root_imports_no_command(door: Door, argv: str) -> None:
    told = door.run(words(argv))
    assert told.imported((*NETWORK, *PRINTING, *SLOW)) == []
    assert told.imported(f"ibcli.commands.{name}" for name in COMMANDS) == []


def test_completing_a_commands_name_imports_no_command(door: Door) -> None:
    told = door.run(completing("ibcli c"))
    offered = ["chain", "cancel", "close", "cron", "config"]
    assert told.out.split() == [f"plain,{name}" for name in offered]
    assert told.imported((*NETWORK, *PRINTING, *SLOW)) == []
    assert told.imported(f"ibcli.commands.{name}" for name in COMMANDS) == []


@pytest.mark.parametrize("command", list(every_command()))
def test_help_errors_and_completion_do_without_all_that_is_slow(door: Door, command: str) -> None:
    told = door.run(
        words(f"{command} --help"),
        words(f"{command} --no-such-option"),
        completing(f"ibcli {command} --"),
    )
    assert told.codes == [0, 2, 0]
    assert f"Usage: ibcli {command}" in told.out
    assert "--help" in told.out.splitlines()[-1]
    assert "No such option" in told.err
    excused = OF_THE_ORDER if command == "order" else set()
    assert set(told.imported((*NETWORK, *PRINTING, *SLOW))) <= excused


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "sim"])
def test_nothing_is_imported_for_a_broker_who_is_not_set_up(door: Door, command: str) -> None:
    example = shlex.split(COMMANDS[command].example)[1:]
    told = door.run(Words(tuple(example)))
    assert told.codes[0] == (0 if command in ("config", "journal", "halt", "resume") else 3)
    assert told.imported(NETWORK) == []


@pytest.mark.parametrize(
    "argv", ["--deadline x config show", "config show --env-file nowhere", "quote !! --json"]
)
def test_nor_for_an_error_of_the_user(door: Door, argv: str) -> None:
    told = door.run(words(argv))
    assert told.codes[0] in (2, 3)
    assert told.imported((*NETWORK, "rich", "csv")) == []


DISK = (
    "config show", "config path", "journal", "journal --all", "halt", "resume",
    "auth status --offline",
)  # fmt: skip


@pytest.mark.parametrize("argv", DISK)
def test_what_is_answered_from_disk_needs_no_network_and_no_rich(door: Door, argv: str) -> None:
    (door.home / "config").mkdir()
    (door.home / "config" / ".env").write_text("IB_CONSUMER_KEY=TESTCONS\n")
    thrown = [words("halt Fed day"), words("resume")]  # now there is a journal
    told = door.run(*thrown, words(argv), words(f"{argv} --output drawn.txt"))
    assert told.codes == [0, 0, 0, 0]
    assert len(told.out.splitlines()) > 3
    assert (door.home / "drawn.txt").read_text()
    assert told.imported((*NETWORK, *PRINTING, "dotenv", "platformdirs", "logging")) == []
    told = door.run(words(f"{argv} --json"))
    assert told.out.startswith('{"schema": 1')
    assert told.imported((*NETWORK, "rich", "csv")) == []


def test_rich_draws_where_there_is_colour(door: Door) -> None:
    assert "rich" in door.run(words("config show", FORCE_COLOR="1")).modules


@pytest.fixture(scope="module")
def market() -> Iterator[SimServer]:
    """A simulator to learn contracts from."""
    with SimServer(simulated_day()) as sim:
        yield sim


@pytest.mark.parametrize("argv", ["search ARM"])
def test_what_the_cache_knows_needs_no_network(door: Door, market: SimServer, argv: str) -> None:
    door.environment |= desk_settings(market, door.home, IBCLI_HASTE="50")
    assert door.run(words(argv)).codes == [0]
    asked = len(market.requests)
    told = door.run(words(argv))
    assert told.codes == [0]
    assert len(market.requests) == asked
    assert told.imported((*NETWORK, *PRINTING)) == []


def test_a_warm_quote_needs_neither_ibind_nor_rich(door: Door, market: SimServer) -> None:
    door.environment |= desk_settings(market, door.home, IBCLI_HASTE="50")
    assert door.run(words("quote 804155360")).codes == [0]
    told = door.run(words("quote 804155360"))
    assert told.codes == [0]
    assert told.imported(("ibind", "requests", "pydantic", "aiohttp", "rich", "simplejson")) == []
