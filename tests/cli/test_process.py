"""The program as a process: what it imports, and what it does about pipes, signals and locales."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from ibcli.cli import COMMANDS, LazyGroup, example_for, root
from tests.cli.conftest import environment

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("ibind", "requests", "rich", "pydantic", "aiohttp", "Crypto", "cryptography", "simplejson")
START = (
    "from tests.cli.conftest import shop; from ibcli.commands.boundary import guarded; import sys;"
)
RUN = "sys.exit(guarded(shop, sys.argv[1:], program='shop', example_for=str))"


def python(code: str, *argv: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    """Run Python code with these arguments."""
    command = [sys.executable, "-c", textwrap.dedent(code), *argv]
    return subprocess.run(command, capture_output=True, check=False, env=environment(**changes))


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["no-such-command"], []])
def test_help_imports_no_command_and_nothing_heavy(argv: list[str]) -> None:
    code = f"""
    import sys
    from ibcli.cli import run
    run(sys.argv[1:])
    heavy = [name for name in {HEAVY!r} if name in sys.modules]
    commands = [f"ibcli.commands.{{name}}" for name in {list(COMMANDS)!r}]
    print(heavy, [name for name in commands if name in sys.modules], file=sys.stderr)
    """
    ended = python(code, *argv)
    assert ended.stderr.decode().splitlines()[-1] == "[] []"


def test_help_names_every_command() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ibcli", "--help"], capture_output=True, check=True, text=True
    )
    for name, entry in COMMANDS.items():
        assert f"  {name} " in ended.stdout
        assert entry.short_help in " ".join(ended.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_agrees_with_the_command(name: str) -> None:
    with root.make_context("ibcli", ["x"], resilient_parsing=True) as ctx:
        command = root.get_command(ctx, name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name].short_help
    assert example_for(name).startswith(f"ibcli {name}")


def test_completion_offers_the_commands() -> None:
    assert isinstance(root, LazyGroup)
    with root.make_context("ibcli", ["x"], resilient_parsing=True) as ctx:
        assert [item.value for item in root.shell_complete(ctx, "s")] == [
            "search",
            "strikes",
            "sim",
        ]


def test_the_shells_own_completion_works() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ibcli"],
        capture_output=True,
        check=False,
        text=True,
        env=environment(_IBCLI_COMPLETE="bash_complete", COMP_WORDS="ibcli ch", COMP_CWORD="1"),
    )
    assert ended.stdout.strip() == "plain,chain"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_who_leaves_is_no_error(form: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-c", START + RUN, "good", *form],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert ended.returncode == 0
    assert ended.stderr == b"Warning: the clock runs late\n"


def test_a_full_disk_behind_stdout_is_reported() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ended = subprocess.run(
            [sys.executable, "-c", START + RUN, "good"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ended.returncode == 3
    assert b"[output-unwritable]" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_failure_that_cannot_be_printed_keeps_its_exit_code() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ended = subprocess.run(
            [sys.executable, "-c", START + RUN, "unknown", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ended.returncode == 5
    assert b"[output-unwritable]" in ended.stderr
    assert b"[no-such-month]" in ended.stderr
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("argv", ["good", "good --json", "unknown --json"])
def test_data_without_a_stdout_is_not_done(argv: str) -> None:
    code = shlex.quote(textwrap.dedent(START + RUN))
    ended = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -c {code} {argv} >&-"],
        stderr=subprocess.PIPE,
        check=False,
    )
    assert ended.returncode == (3 if "good" in argv else 5)
    assert b"it is closed. [output-unwritable]" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_current_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"cd {gone} && rmdir {gone} && exec {sys.executable} -m ibcli quote ARM"
    ended = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 3
    assert b"The current folder does not exist any more." in ended.stderr


def test_new_yorks_time_is_known_where_the_machine_has_none() -> None:
    ended = python("import ibcli.domain.newyork, zoneinfo; print(zoneinfo.TZPATH)", PYTHONTZPATH="")
    assert (ended.returncode, ended.stdout) == (0, b"()\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_of_few_letters_gets_what_it_can_carry(encoding: str) -> None:
    ended = python(START + RUN, "good", PYTHONIOENCODING=encoding)
    assert ended.returncode == 0
    assert b">140.0<" in ended.stdout
    assert max(ended.stdout) < 128
    lines = ended.stdout.decode("ascii").splitlines()
    assert any(set(line) == {"-"} for line in lines)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("waits", ["threading.Event().wait()", "hold()"])
def test_a_signal_ends_it_at_once_though_a_thread_is_stuck(
    sent: signal.Signals, code: int, waits: str
) -> None:
    stuck = f"""
    import click, sys, threading
    from concurrent.futures import ThreadPoolExecutor
    from ibcli.commands.boundary import guarded
    from ibcli.commands.signals import heed_signals

    def hold():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(threading.Event().wait).result()

    @click.command()
    def wait():
        print("ready", flush=True)
        {waits}

    heed_signals()
    sys.exit(guarded(wait, [], program="wait", example_for=str))
    """
    command = [sys.executable, "-c", textwrap.dedent(stuck)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(sent)
        _, error = process.communicate(timeout=10)
    assert process.returncode == code
    assert b"Traceback" not in error
