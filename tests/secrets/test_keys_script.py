"""The keys script: what openssl is told, and who may read and exchange what it makes."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from tests.scripts.test_generate_ib_keys import OPENSSL, PRIVATE, fake_openssl, make

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


def test_no_secret_in_arguments_and_environment(tmp_path: Path) -> None:
    """Nor is a file wider for an instant: all is made while the umask leaves it to its owner."""
    heard = tmp_path / "heard"
    note = f'{{ printf "%s\\n" "$@"; env; umask; }} >>{heard}'
    folder = fake_openssl(tmp_path / "bin", note)
    before = os.umask(0)
    try:
        ended = make("keys", cwd=tmp_path, path=folder)
    finally:
        os.umask(before)
    assert ended.returncode == 0, ended.stderr
    said = heard.read_text()
    assert said.count("-out\n") == 5
    assert set(said.split("\n")) & {"0077", "0022", "0000"} == {"0077"}
    for word in ("pass:", "-passin", "-passout", "-passwd", "BEGIN"):
        assert word not in said
    for name in PRIVATE:
        assert (tmp_path / "keys" / name).read_text()[40:80] not in said + ended.stdout


def test_a_folder_that_others_may_write_to_is_closed(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys").chmod(0o777)
    assert make("keys", cwd=tmp_path).returncode == 0
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    os.chown(tmp_path / "keys", 12345, 12345)
    ended = make("keys", cwd=tmp_path)
    assert ended.returncode == 2
    assert "somebody else" in ended.stderr
    assert list((tmp_path / "keys").iterdir()) == []
