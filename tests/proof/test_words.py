"""What is printed, whatever happens: no secret, no account id in logs, nothing untrue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.proof.scene import BOTH, CALL, POSTS, REPLIES, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenes.ended import EndedOrder


def secrets(scene: Scene) -> Iterator[str]:
    """All that nobody may see: what the settings hold, and what the login has brought."""
    settings = scene.environment()
    for name in ("IB_ACCESS_TOKEN", "IB_ACCESS_TOKEN_SECRET"):
        yield settings[name]
    for name, value in settings.items():
        if name.startswith("IB_") and Path(value).is_file():
            lines = Path(value).read_text().splitlines()
            yield from (line for line in lines if len(line) > 40)
    (login,) = scene.state.glob("login-*.json")
    yield json.loads(login.read_text())["live_session_token"]


def assert_silent(scene: Scene, ended: EndedOrder) -> None:
    """No secret anywhere; the account's id in the data alone."""
    found = list(secrets(scene))
    assert len(found) > 10
    for secret in found:
        assert secret not in ended.out
        assert secret not in ended.err
    assert scene.account not in ended.err
    assert "OAuth realm" not in ended.err


def test_debug_tells_no_secret(scene: Scene) -> None:
    ended = scene.run(["--debug", *BOTH])
    assert ended.code == 0
    assert "/orders" in ended.err  # it does log the requests
    assert_silent(scene, ended)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": {"error": "account DU1234567 is down"}},
        {"status": 200, "body": {"error": "DU1234567 may not"}},
        {"cut": "after"},
        {"status": 200, "body": [{"id": "x", "message": ["DU1234567?"], "messageIds": ["o1"]}]},
    ],
)
def test_debug_tells_no_secret_of_a_failure(scene: Scene, fault: dict[str, Any]) -> None:
    scene.sim.faults.add(POSTS, method="POST", count=None, **fault)
    ended = scene.run(["--debug", *CALL, "--deadline", "5"])
    assert ended.code != 0
    found = list(secrets(scene))
    assert not any(secret in ended.out + ended.err for secret in found)


def test_the_journal_holds_no_secret(scene: Scene) -> None:
    scene.sim.faults.add(REPLIES, method="POST", status=401, body={"error": "not authorized"})
    scene.run()
    (path,) = scene.state.glob("journal-*[0-9a-f].sqlite3")
    held = b"".join(each.read_bytes() for each in scene.state.glob("journal-*"))
    assert path.stat().st_mode & 0o077 == 0
    assert not any(secret.encode() in held for secret in secrets(scene))


def test_in_words_as_well(scene: Scene) -> None:
    """The table says what the document says."""
    plain = [word for word in CALL if word != "--json"]
    first, second = scene.run(plain), scene.run(plain)
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("Placed.")
    assert second.out.startswith("Placed already")
    number = str(scene.entries()[0].id)
    assert number in first.out
    assert number in second.out


def test_as_a_user_runs_it(scene: Scene) -> None:
    first, second = scene.run_alone(*CALL), scene.run_alone(*CALL)
    assert (first.code, first.already) == (0, False), first
    assert (second.code, second.already) == (0, True), second
    scene.assert_settled(CALL, 1)


def test_all_commands_agree(scene: Scene) -> None:
    """Orders, journal and reconcile speak of the same orders."""
    assert scene.run().code == 0
    booked = {order.id for order in scene.orders()}
    listed = scene.run(["orders", "--all", "--json"]).document["data"]
    assert {row["order_id"] for row in listed["orders"]} == booked
    kept = scene.run(["journal", "--json"]).document["data"]
    told = {
        row["order_id"]
        for entry in kept["entries"]
        if entry["kind"] == "acknowledged"
        for row in entry["detail"]["orders"]
    }
    assert told == booked
    scene.assert_reconciled()


def test_not_asked_not_sent(scene: Scene) -> None:
    """Off a terminal nothing is sent unless the settings allow it."""
    ended = scene.run(CALL, IBCLI_UNATTENDED="never")
    assert ended.code == 9, ended
    assert scene.sent() == 0
    scene.assert_told_true(ended)
    assert scene.run([*CALL, "--dry-run"]).code == 0
    assert scene.sent() == 0
