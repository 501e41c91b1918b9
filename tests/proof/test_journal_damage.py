"""The journal's latest entries lost without a word, or a row of it another: nothing is doubled."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.proof.scene import BOTH, CALL, PATIENCE, POSTS, REPLIES, Scene, some

if TYPE_CHECKING:
    from pathlib import Path


def file(scene: Scene) -> Path:
    (path,) = scene.state.glob("journal-*[0-9a-f].sqlite3")
    return path


@pytest.mark.parametrize("left", some([0.5], [0.0, 0.25, 0.75, 0.9]))
@pytest.mark.parametrize("path", some([REPLIES], [POSTS]))
def test_the_latest_entries_are_cut_off(scene: Scene, path: str, left: float) -> None:
    """SQLite leaves out what is not whole in its -wal: the journal is one of an earlier moment."""
    fault = scene.sim.faults.add(path, method="POST", skip=1, hold="after")
    scene.drop(scene.held(BOTH, fault), signal.SIGKILL)
    fault.release()
    assert fault.done.wait(PATIENCE)
    wal = file(scene).with_name(file(scene).name + "-wal")
    size = wal.stat().st_size
    assert size > 0
    os.truncate(wal, int(size * left))
    scene.repeated()
    scene.assert_settled()


def test_a_row_says_something_else(scene: Scene) -> None:
    """Three contracts for one: nothing is sent on its word, a copy is kept, looking goes on."""
    assert scene.run(CALL).code == 0
    content = file(scene).read_bytes()
    harmed = content.replace(b'"quantity":1', b'"quantity":3', 1)
    assert harmed != content
    file(scene).write_bytes(harmed)
    ended = scene.run(CALL)
    assert (ended.code, ended.error) == (3, "journal-damaged"), ended
    assert scene.sent() == 1
    assert len(list(scene.state.glob("*damaged*.sqlite3"))) == 1
    for argv in (["orders", "--json"], ["positions", "--json"]):
        assert scene.run(argv).code == 0
