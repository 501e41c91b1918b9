"""Commands over a matrix of failures: no secret on any stream, in any file, in any child."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.cli import run
from tests.secrets.scene import COMMANDS, DEEDS, Scene, echo, faults

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMS = ((), ("--json",))
_NOBODY = dict.fromkeys(("IB_ACCESS_TOKEN", "IB_CONSUMER_KEY", "IB_ACCESS_TOKEN_SECRET"), "")
FAULTS = tuple(faults(_NOBODY))
PATHS = ("*", "/oauth/*", "/iserver/[!a]*")


@pytest.fixture
def scene(
    keys_of_a_simulator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    with Scene.opened(keys_of_a_simulator, tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(made.home / "work")
        made.spy(monkeypatch)
        yield made
        made.check_files()


def ran(scene: Scene, capfd: pytest.CaptureFixture[str], command: str, *more: str) -> str:
    """Run it in this process, see that nothing leaks, and return all that it said."""
    capfd.readouterr()
    code = int(run(scene.words(command, *more)))
    out, err = capfd.readouterr()
    scene.check(f"ibcli {command} {more}", code, out, err)
    return out + err


def troubled(scene: Scene, fault: str, path: str) -> None:
    scene.sim.faults.clear()
    told = faults(scene.environment)[fault]
    if told:
        scene.sim.faults.add(path, count=None, **told)


@pytest.mark.parametrize("fault", ["401", "500", "200 with an error"])
def test_a_command_in_trouble(scene: Scene, capfd: pytest.CaptureFixture[str], fault: str) -> None:
    """A part of the matrix below."""
    chosen = random.Random(fault)
    troubled(scene, fault, chosen.choice(PATHS))
    command, more = chosen.choice(COMMANDS), chosen.choice(FORMS)
    assert ran(scene, capfd, command, *more, "--deadline", "1")


def test_commands_without_trouble(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    said = "".join(ran(scene, capfd, command) for command in ("auth test", DEEDS[1]))
    ran(scene, capfd, "positions", "--record", "report.jsonl")
    recorded = (scene.home / "work" / "report.jsonl").read_bytes()
    assert recorded
    assert scene.detector.leaks(recorded, accounts=True) == []
    assert "DU***67" in said, "requests with the account in them are logged, and masked"
    assert scene.detector.names >= {
        "live session token",
        "oauth_signature",
        "oauth_nonce",
        "Diffie-Hellman random",
    }


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", PATHS)
def test_commands_in_all_troubles(
    scene: Scene, capfd: pytest.CaptureFixture[str], fault: str, path: str
) -> None:
    chosen = random.Random(f"{fault} {path}")
    for command in COMMANDS[(FAULTS.index(fault) + PATHS.index(path)) % 3 :: 3]:
        troubled(scene, "none", path)
        ran(scene, capfd, "auth logout" if path == "/oauth/*" else "quote 804155360")
        troubled(scene, fault, path)
        seconds = "0.4" if fault == "silence" else "1"
        ran(scene, capfd, command, *chosen.choice(FORMS), "--deadline", seconds)


BUGS = (
    "ibcli.broker.exchange.decode",
    "ibcli.broker.transport.Connections.send",
    "ibcli.broker.login.shared_login",
    "ibcli.broker.credentials.rsa_private_key",
    "ibcli.broker.state._decoded",
    "ibcli.broker.pace.gate.decoded",
    "ibcli.broker.cache_file._version",
    "ibcli.trading.journal.opening._check",
    "ibcli.render.emit.emit",
    "ibcli.config.load._value",
)


_OFTEN = (BUGS[0],), (BUGS[9],)  # with each form, when all tests are run


@pytest.mark.parametrize(
    ("place", "more"),
    [
        pytest.param(place, more, marks=() if place in _OFTEN[number] else pytest.mark.proof)
        for place in BUGS
        for number, more in enumerate(FORMS)
    ],
    ids=str,
)
def test_a_bug_anywhere(
    scene: Scene,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    more: tuple[str, ...],
) -> None:
    """Exceptions that quote all that there is, one within the other, over several lines."""
    told = echo(scene.environment)
    pem = (scene.home / "keys" / "private_signature.pem").read_text()

    def broken(*_: Any, **__: Any) -> Any:
        try:
            raise KeyError(f"in\n  {pem}\n  {scene.environment['IBCLI_PROXY']}")
        except KeyError as error:
            wrong = RuntimeError(f"{told}\n  {told}\n{scene.environment!r}")
            wrong.add_note(told)
            raise wrong from error

    ran(scene, capfd, "quote 804155360")
    if "login" in place or "credentials" in place:
        ran(scene, capfd, "auth logout")
    monkeypatch.setattr(place, broken)
    said = ran(scene, capfd, "order SPY --side put --dry-run", *more)
    assert said


@pytest.mark.proof
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", ["none", "401", "500"])
def test_real_processes_with_all_that_python_tells(scene: Scene, command: str, fault: str) -> None:
    """``python -X dev``: warnings, asyncio's and the interpreter's own complaints; no child."""
    troubled(scene, fault, "*")
    children = Path(__file__).with_name("children.py")
    ended = subprocess.run(
        [sys.executable, "-X", "dev", str(children), *scene.words(command, "--json")],
        capture_output=True,
        text=True,
        check=False,
        env={**scene.environment, "PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1"},
        cwd=scene.home / "work",
    )
    scene.check(command, ended.returncode, ended.stdout, ended.stderr)
    assert "CHILD" not in ended.stderr


@pytest.mark.parametrize("command", ["order SPY --side put --dry-run"])
def test_no_command_starts_another_program(scene: Scene, command: str) -> None:
    """So there is nobody whose arguments and environment could hold a secret."""
    children = Path(__file__).with_name("children.py")
    environment = {name: scene.environment[name] for name in scene.environment if name != "HOME"}
    ended = subprocess.run(
        [sys.executable, str(children), *scene.words(command)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,  # without a home, platformdirs is asked
        cwd=scene.home / "work",
    )
    assert ended.returncode in {0, 9}, ended.stderr
    assert "CHILD" not in ended.stderr
    assert "DU***67" in ended.stderr
    scene.check(command, ended.returncode, ended.stdout, ended.stderr)
