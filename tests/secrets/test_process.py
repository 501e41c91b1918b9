"""What a process of ibcli shows of itself: its words, its memory, its objects."""

from __future__ import annotations

import gc
import re
import resource
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from ibcli.broker.client import BrokerClient
from ibcli.broker.credentials import encryption_material, load_credentials, signature_material
from ibcli.broker.deadline import Deadline
from ibcli.broker.scrub import scrub
from ibcli.cli import root
from ibcli.commands.context import Context
from ibcli.config import load_settings
from ibcli.config.envfile import read_env_file
from tests.secrets.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRET = re.compile("key|secret|token|pass|pem|proxy|prime|consumer", re.IGNORECASE)


def commands(command: click.Command, path: str = "ibcli") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found
            yield from commands(found, f"{path} {name}")


def test_no_option_takes_a_secret() -> None:
    """Who may list processes reads their arguments."""
    found = dict(commands(root))
    assert len(found) > 25
    for path, command in found.items():
        for parameter in command.params:
            taken = [name for name in parameter.opts if _SECRET.search(name)]
            assert taken == [], path


@pytest.mark.parametrize("most", [resource.RLIM_INFINITY, 4096, 0])
def test_no_core_is_dumped(tmp_path: Path, most: int) -> None:
    """One byte at most: by that the system writes none, and hands none to a program either."""
    code = (
        "import os, resource, sys; from ibcli.__main__ import main\n"
        "sys.argv = ['ibcli', '--version']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), flush=True); os.abort()\n"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))

    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=limited,
    )
    least = min(1, most) if most != resource.RLIM_INFINITY else 1
    assert ended.stdout.splitlines()[-1] == str((least, least))
    assert ended.returncode == -6
    assert list(tmp_path.glob("core*")) == []


def test_no_object_shows_what_it_holds(keys_of_a_simulator: Path, tmp_path: Path) -> None:
    """``repr`` and ``str`` of all that there is after a login: any of it may end up in a text."""
    with ExitStack() as stack:
        scene = stack.enter_context(Scene.opened(keys_of_a_simulator, tmp_path))
        path = tmp_path / "work" / ".env"
        lines = [f"{name}={value}\n" for name, value in scene.environment.items()]
        path.write_text("".join(each for each in lines if each.startswith("IB")))
        settings = load_settings(env_file=path, environ={}, cwd=tmp_path)
        client = stack.enter_context(BrokerClient(settings, Deadline.after(20)))
        client.ensure_accounts()
        app = Context(env_file=path)
        app.settings  # noqa: B018 -- it is kept then
        held: list[object] = [
            *(app, client, settings, read_env_file(path)),
            *(load_credentials(settings), signature_material(settings)),
            *(encryption_material(settings), client.kept_login(), scene.detector),
        ]
        scene.detector.learn_state(tmp_path / "state")
        ours = [
            each for each in gc.get_objects() if str(type(each).__module__).startswith("ibcli.")
        ]
        mine = [each for each in ours if not str(type(each).__module__).startswith("ibcli.sim")]
        names = {type(each).__name__ for each in (*mine, *held)}
        assert names >= {"Settings", "Credentials", "Login", "Material", "BrokerClient", "EnvFile"}
        shown = {
            text for each in (*mine, *held[:-1]) for text in (repr(each), str(each), f"{each}")
        }
        assert scene.detector.leaks("\n".join(shown)) == []


def test_what_is_quoted_is_made_fit_to_show(keys_of_a_simulator: Path, tmp_path: Path) -> None:
    with Scene.opened(keys_of_a_simulator, tmp_path) as scene:
        environ = {**scene.environment, "IBCLI_PROXY": "http://u:pass%20word%21@h:1"}
        settings = load_settings(environ=environ, cwd=tmp_path)
    for text in ("pass word!", "pass%20word%21", "PASS WORD!", "qzxcanary", "U123456789"):
        assert text not in scrub(f"a {text} b", settings.secrets)
    pem = "-----BEGIN PRIVATE KEY-----\nQUJD\nshort==\n-----END PRIVATE KEY-----"
    assert scrub(f"a {pem} b") == "a *** b"
    assert scrub(f"a {pem[:40]}") == "a ***"
    odd = load_settings(environ={"IB_ACCOUNT_ID": "my-account.1"}, cwd=tmp_path)
    assert scrub("of my-account.1", odd.secrets) == "of ***"
