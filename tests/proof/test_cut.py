"""Every way in which a write's answer can go wrong, at every write: one order a leg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.proof.scene import BOTH, CALL, PATIENCE, POSTS, REPLIES, Scene, some
from tests.proof.test_killed import NAMES, WRITES

if TYPE_CHECKING:
    from ibcli.sim.faults import Fault
    from tests.scenes.ended import EndedOrder

PAGE = "<html><body><h1>Service Unavailable</h1></body></html>"
CUTS: dict[str, dict[str, Any]] = {
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
    "cut amid": {"cut": "amid"},
    "truncated": {"truncate": 9},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "body": {"error": "Internal error"}},
    "503": {"status": 503, "body": {"error": "Service Unavailable", "statusCode": 503}},
    "429": {"status": 429, "body": {"error": "too fast"}},
    "401": {"status": 401, "body": {"error": "not authorized", "statusCode": 401}},
    "404": {"status": 404, "body": PAGE},
    "408": {"status": 408, "body": ""},
    "302": {"status": 302, "body": "", "headers": {"Location": "/elsewhere"}},
    "400 no bridge": {"status": 400, "body": {"error": "Bad Request: no bridge"}},
    "400 silent": {"status": 400, "body": {}},
    "empty": {"status": 200, "body": ""},
    "page": {"status": 200, "body": PAGE},
    "half": {"status": 200, "body": '[{"order_id":"12'},
    "odd": {"status": 200, "body": {"shape": "odd"}},
    "none": {"status": 200, "body": []},
    "number": {"status": 200, "body": "17"},
    "row of nothing": {"status": 200, "body": [{}]},
    "row without id": {"status": 200, "body": [{"order_status": "PreSubmitted"}]},
}
FAULTS = CUTS | {
    f"{name}, {when}": fault | {"handled": handled}
    for name, fault in ANSWERS.items()
    for when, handled in (("not handled", False), ("handled", True))
}
A_FEW = [
    "cut before",
    "cut after",
    "500, handled",
    "503, not handled",
    "429, handled",
    "401, not handled",
    "odd, handled",
]


def one_fault(scene: Scene, fault: str, path: str, skip: int) -> EndedOrder:
    """Run into a fault, tell the truth about it, and be run until all is done."""
    scene.sim.faults.add(path, method="POST", skip=skip, **FAULTS[fault])
    ended = scene.run()
    assert ended.code in {0, 8}, ended
    scene.assert_never_twice()
    scene.assert_written_first()
    scene.assert_told_true(ended)
    scene.repeated()
    scene.assert_settled()
    return ended


@pytest.mark.parametrize(
    ("fault", "write"),
    [(fault, number % 4) for number, fault in enumerate(A_FEW)],
)
def test_a_fault(scene: Scene, fault: str, write: int) -> None:
    ended = one_fault(scene, fault, *WRITES[write])
    assert ended.code == 0, ended  # it looks at once, and goes on


@pytest.mark.proof
@pytest.mark.parametrize(("path", "skip"), WRITES, ids=NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_at_every_write(scene: Scene, fault: str, path: str, skip: int) -> None:
    one_fault(scene, fault, path, skip)


def again_and_again(scene: Scene, fault: str, path: str) -> None:
    """As long as it lasts nothing is claimed; when it is over the order is there once."""
    lasting = scene.sim.faults.add(path, method="POST", count=None, **FAULTS[fault])
    for _ in range(3):
        ended = scene.run(CALL)
        assert ended.code in {0, 8, 10}, ended
        scene.assert_never_twice(1)
        scene.assert_told_true(ended)
    assert lasting.hits
    scene.sim.faults.clear()
    for gate in scene.state.glob("pace-*"):
        gate.unlink()  # the minutes pass for which a 429 holds everything back
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)


@pytest.mark.parametrize("fault", some(["500, not handled"], ["cut after"]))
@pytest.mark.parametrize("path", [POSTS, REPLIES])
def test_a_fault_that_lasts(scene: Scene, fault: str, path: str) -> None:
    again_and_again(scene, fault, path)


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", [POSTS, REPLIES])
def test_every_fault_that_lasts(scene: Scene, fault: str, path: str) -> None:
    again_and_again(scene, fault, path)


def late(scene: Scene, fault: Fault, argv: list[str], legs: int) -> None:
    """No answer before the deadline: that is not known, and said; later it is settled."""
    ended = scene.run([*argv, "--deadline", "2"])
    assert ended.code == 8, ended
    assert fault.hits
    scene.assert_told_true(ended)
    scene.assert_never_twice(legs)
    fault.release()
    assert fault.done.wait(PATIENCE)
    scene.repeated(argv, legs=legs)
    scene.assert_settled(argv, legs)


@pytest.mark.parametrize("hold", some(["after"], ["before"]))
def test_an_answer_after_the_deadline(scene: Scene, hold: str) -> None:
    late(scene, scene.sim.faults.add(POSTS, method="POST", hold=hold), CALL, 1)


@pytest.mark.proof
@pytest.mark.parametrize(("path", "skip"), WRITES, ids=NAMES)
@pytest.mark.parametrize("hold", ["before", "after"])
def test_every_answer_after_the_deadline(scene: Scene, path: str, skip: int, hold: str) -> None:
    fault = scene.sim.faults.add(path, method="POST", skip=skip, hold=hold)
    late(scene, fault, BOTH, 2)


READS = ["/iserver/account/orders", "/iserver/account/trades"]


@pytest.mark.parametrize("path", some(READS[:1], READS[1:]))
def test_what_cannot_be_looked_at_is_not_known(scene: Scene, path: str) -> None:
    """The order is booked, its sender told nothing, and nobody can look: exit 8, nothing sent."""
    scene.sim.faults.add(POSTS, method="POST", cut="after")
    scene.sim.faults.add(path, method="GET", count=None, status=500, body={"error": "down"})
    for _ in range(2):
        ended = scene.run([*CALL, "--deadline", "4"])
        assert ended.code == 8, ended
        assert scene.sent() <= 1
    scene.sim.faults.clear()
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)


@pytest.mark.parametrize("point", some([WRITES[1]], [WRITES[0], WRITES[4]]))
@pytest.mark.parametrize("end", some(["expire_tokens"], ["kill_tokens", "end", "another_session"]))
def test_the_session_ends_in_the_middle(cold: Scene, point: tuple[str, int], end: str) -> None:
    """The login expires, or the user logs in elsewhere, while a write is on its way."""
    path, skip = point
    fault = cold.sim.faults.add(path, method="POST", skip=skip, hold="before")
    process = cold.held(BOTH, fault)
    getattr(cold.sim.session, end)()
    fault.release()
    ended = cold.end(process)
    cold.assert_never_twice()
    cold.assert_told_true(ended)
    assert ended.code in {0, 4, 8}, ended
    if end == "another_session":
        assert ended.code != 0
        cold.sim.session.another_session(there=False)
    cold.repeated()
    cold.assert_settled()
