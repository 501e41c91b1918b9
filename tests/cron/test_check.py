"""``ibcli cron check``: what cron's environment lacks is named, and no secret is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenes.ended import Ended

if TYPE_CHECKING:
    from tests.proof.scene import Scene

ORDER = ("order", "SPY", "--side", "both", "--take-profit", "50%")
PROGRAM = Path(sys.executable).with_name("ibcli")


def check(scene: Scene, *argv: str, in_file: bool = True, **changes: str) -> Ended:
    """Run it with the settings in an env file that is found by the current folder alone."""
    settings = {
        name: value
        for name, value in scene.environment(**changes).items()
        if name.startswith(("IB_", "IBCLI_"))
    }
    kept = {"PATH": os.environ["PATH"], "HOME": str(scene.folder), "COLUMNS": "200"}
    file = scene.folder / "config" / ".env"
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f'{n}="{v}"\n' for n, v in settings.items() if in_file))
    file.chmod(0o600)
    ended = subprocess.run(
        [PROGRAM, "cron", "check", *argv],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=scene.folder,
        env=kept if in_file else {**kept, **settings},
    )
    for name in ("IB_ACCESS_TOKEN_SECRET", "IB_ACCESS_TOKEN"):
        assert settings[name] not in ended.stdout + ended.stderr
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def by_name(ended: Ended) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in ended.document["data"]["findings"]}


def test_a_command_that_will_run(scene: Scene) -> None:
    ended = check(scene, "--at", "0 11 * * 1-5", "--offline", "--json", *ORDER)
    assert ended.code == 0, ended
    found = by_name(ended)
    outcomes = {name: each["outcome"] for name, each in found.items()}
    assert "failed" not in outcomes.values()
    assert outcomes["limits"] == outcomes["output"] == "warning"
    assert "New York" in found["schedule"]["detail"]
    lines = ended.document["data"]["crontab"]
    assert lines[-1] == f"0 11 * * 1-5  {PROGRAM} order SPY --side both --take-profit 50\\%"
    assert f"IBCLI_ENV_FILE={scene.folder / 'config' / '.env'}" in lines


@pytest.mark.proof
def test_settings_of_the_shell_alone(scene: Scene) -> None:
    ended = check(scene, "--offline", "--json", "orders", in_file=False)
    assert ended.code == 3
    lost = by_name(ended)["environment"]
    assert lost["code"] == "cron-settings-missing"
    assert "IB_ACCESS_TOKEN_SECRET" in lost["detail"]


@pytest.mark.proof
def test_a_login_that_works_and_people(scene: Scene) -> None:
    ended = check(scene, *ORDER)
    assert ended.code == 0, ended
    assert "it works; a paper account" in ended.out
    assert ended.out.splitlines()[-1].endswith("--take-profit 50\\%")


@pytest.mark.proof
def test_what_nobody_may_send(scene: Scene) -> None:
    ended = check(scene, "--offline", "--json", *ORDER, IBCLI_UNATTENDED="never")
    assert ended.code == 9
    assert by_name(ended)["unattended"]["code"] == "guard-unattended"


@pytest.mark.proof
@pytest.mark.parametrize(
    "argv",
    [["nosuch"], ["order", "--sid", "both"], ["--at", "0 11 * *", "orders"]],
)
def test_words_that_are_not_right(scene: Scene, argv: list[str]) -> None:
    ended = check(scene, "--json", *argv)
    assert ended.code == 2
    assert ended.document["error"]["code"] == "usage"


@pytest.mark.proof
def test_a_line_that_never_fires(scene: Scene) -> None:
    found = by_name(check(scene, "--at", "0 9 31 2 *", "--offline", "--json", "quote", "ARM"))
    assert found["schedule"]["outcome"] == "warning"
    assert "does not fire" in found["schedule"]["detail"]
