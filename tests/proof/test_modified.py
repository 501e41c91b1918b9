"""An order that was modified keeps its name: a repeat of its job tells it."""

from __future__ import annotations

import shlex
import signal

from tests.proof.scene import CALL, Scene


def test_a_modified_order_keeps_its_name(scene: Scene) -> None:
    assert scene.run().code == 0
    entry = scene.entries()[0]
    changed = scene.run(shlex.split(f"modify {entry.id} --tif GTC --json"))
    assert changed.code == 0, changed
    again = scene.run()
    assert (again.code, again.already) == (0, True), again
    scene.assert_told_true(again)
    assert [leg["coid"] for leg in again.data["legs"]] == [o.coid for o in scene.entries()]
    modified = again.data["legs"][0]["orders"]
    assert [order["tif"] for order in modified] == ["GTC", "DAY"]
    assert modified[1]["parent_coid"] == entry.coid


def test_the_stop_of_a_modified_order_stays_its_child(scene: Scene) -> None:
    assert scene.run(CALL).code == 0
    (stop,) = [order for order in scene.orders() if order.parent is not None]
    changed = scene.run(shlex.split(f"modify {stop.id} --tif GTC --json"))
    assert changed.code == 0, changed
    again = scene.run(CALL)
    assert again.data["legs"][0]["orders"][1]["parent_coid"] == scene.entries()[0].coid


def test_a_repeat_tells_of_a_stop_for_fewer_contracts_too(scene: Scene) -> None:
    assert scene.run(CALL).code == 0
    entry = scene.entries()[0]
    more = shlex.split(f"modify {entry.id} --qty 2 --json")
    fault = scene.sim.faults.add("/iserver/account/*/order/*", method="POST", hold="after")
    scene.drop(scene.held(more, fault), signal.SIGKILL)
    fault.release()
    ended = scene.run(more)
    assert (ended.code, ended.already) == (0, True), ended
    (warning,) = ended.document["warnings"]
    assert "is for 1 of 2 only" in warning
