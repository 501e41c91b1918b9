"""The second leg is refused: the first is kept, cancelled or unwound, as was said; never naked."""

from __future__ import annotations

import shlex
import signal
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.proof.scene import BOTH, PATIENCE, POSTS, REPLIES, Scene, some

if TYPE_CHECKING:
    from ibcli.sim.books.order import Order
    from tests.scenes.ended import EndedOrder

NO_FUNDS = {"error": "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION ..."}
AT_ONCE = [*BOTH, "--limit", "natural"]
# Calls and puts so far from the market that it would have to move a dollar to fill them.
NEVER = shlex.split("order SPY --side both --expiry 2025-08-22 --strike 630,655 --limit ask --json")


def second_refused(scene: Scene, count: int | None = 1) -> None:
    """The broker refuses the call from now on, so many times."""
    scene.sim.faults.add(
        POSTS, method="POST", body_contains='-2"', count=count, status=200, body=NO_FUNDS
    )


@pytest.fixture(autouse=True)
def patiently(scene: Scene) -> None:
    """Let cancels come to their end: the simulator takes half a second, in whatever haste."""
    scene.changes["IBCLI_HASTE"] = "6"


def position(scene: Scene) -> Decimal:
    """Contracts held, of all kinds; negative when short."""
    with scene.sim.sim.books.present(scene.account) as now:
        return sum((p.quantity for p in now.records.positions()), Decimal(0))


def working(scene: Scene) -> list[Order]:
    return [order for order in scene.orders() if order.working]


def assert_never_naked(scene: Scene) -> None:
    """Whatever is short has a stop that works, or is being closed at the market."""
    stops = sum((o.remaining for o in working(scene) if o.buy), Decimal(0))
    assert stops + position(scene) >= 0, scene.orders()


def test_keep(scene: Scene) -> None:
    second_refused(scene)
    ended = scene.run([*NEVER, "--if-leg-fails", "keep"])
    assert (ended.code, ended.error) == (6, "order-refused"), ended
    assert ended.states == ["working", "refused"]
    scene.assert_told_true(ended)
    scene.assert_never_twice()
    assert len(working(scene)) == 2
    scene.repeated(NEVER)  # the broker has changed his mind
    scene.assert_settled(NEVER)


def test_cancel(scene: Scene) -> None:
    second_refused(scene)
    ended = scene.run([*NEVER, "--if-leg-fails", "cancel"])
    assert ended.code == 6, ended
    scene.assert_never_twice()
    assert not working(scene)
    again = scene.run([*NEVER, "--if-leg-fails", "cancel"])
    assert (again.code, again.error) == (6, "job-given-up"), again
    assert again.states == ["cancelled", "abandoned"]
    assert scene.sent() == 2, "a job that was given up is not begun again by itself"
    assert not working(scene)


@pytest.mark.parametrize("way", some(["unwind"], ["cancel"]))
def test_not_filled_it_is_cancelled(scene: Scene, way: str) -> None:
    second_refused(scene)
    ended = scene.run([*NEVER, "--if-leg-fails", way])
    assert ended.code == 6, ended
    assert not working(scene)
    assert position(scene) == 0


def filled_then_refused(scene: Scene, way: str, *step: tuple[int, str]) -> EndedOrder:
    """The first leg is filled when the second is refused."""
    second_refused(scene, None)
    fault = scene.sim.faults.add(REPLIES, method="POST", skip=1, hold="after")
    argv = [*AT_ONCE, "--if-leg-fails", way]
    environment = scene.environment()
    process = scene.parent.begin(argv, environment, scene.folder, step[0] if step else None)
    assert fault.reached.wait(PATIENCE)
    scene.fill_first()
    fault.release()
    return scene.end(process)


def test_cancel_leaves_what_is_filled_with_its_stop(scene: Scene) -> None:
    ended = filled_then_refused(scene, "cancel")
    assert ended.code == 6, ended
    assert position(scene) == -1
    assert_never_naked(scene)
    assert "stays" in ended.message


def test_unwind_closes_what_is_filled(scene: Scene) -> None:
    ended = filled_then_refused(scene, "unwind")
    assert ended.code == 6, ended
    assert_never_naked(scene)
    for _ in range(200_000):
        if position(scene) == 0:
            break
    assert position(scene) == 0
    assert not working(scene)


def killed_while_unwinding(scene: Scene, step: int) -> bool:
    """Killed on the way back: whoever repeats the job finishes it, or says loudly what is left."""
    argv = [*AT_ONCE, "--if-leg-fails", "unwind"]
    ended = filled_then_refused(scene, "unwind", (step, "kill"))
    if ended.code != -signal.SIGKILL:
        return False
    for _ in range(4):
        again = scene.run(argv)
        if again.code == 0:
            assert_never_naked(scene)
        assert len(scene.entries()) <= 2, scene.orders()
    wait_until_flat_or_protected(scene)
    return True


def wait_until_flat_or_protected(scene: Scene) -> None:
    for _ in range(100_000):
        if position(scene) == 0 or not any(o.buy and o.parent is None for o in working(scene)):
            break
    assert_never_naked(scene)


@pytest.mark.parametrize("step", some([70, 104], [50, 90, 112]))
def test_killed_while_unwinding(scene: Scene, step: int) -> None:
    assert killed_while_unwinding(scene, step)


@pytest.mark.proof
@pytest.mark.parametrize("step", range(40, 131))
def test_killed_at_every_step_of_unwinding(scene: Scene, step: int) -> None:
    killed_while_unwinding(scene, step)


@pytest.mark.parametrize("way", some(["unwind"], ["keep", "cancel"]))
def test_in_doubt_nothing_is_undone(scene: Scene, way: str) -> None:
    """The second leg may be there: the first stays until that is known."""
    scene.sim.faults.add(POSTS, method="POST", body_contains='-2"', cut="after")
    scene.sim.faults.add("/iserver/account/orders", count=None, status=500, body={"error": "down"})
    argv = [*NEVER, "--if-leg-fails", way]
    ended = scene.run([*argv, "--deadline", "5"])
    assert ended.code == 8, ended
    assert len(working(scene)) == 2
    scene.sim.faults.clear()
    scene.repeated(argv)
    scene.assert_settled(argv)
