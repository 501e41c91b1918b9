"""The contract cache and ``--output`` where others have had their hands."""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path

import pytest

from ibcli.broker.contract_cache import ContractCache
from ibcli.errors import ConfigurationError
from ibcli.render.files import write_file
from tests.secrets.test_files import as_root, umask

DAY = date(2025, 8, 18)


def opened(path: Path) -> list[str]:
    """What is said when the cache is used."""
    said: list[str] = []
    with ContractCache(path, DAY, said.append) as cache:
        cache.keep_listings("ARM", [])
        cache.symbols()
    return said


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0, 0o777], ids=oct)
def test_it_is_made_for_its_owner_alone(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "a" / "cache" / "contracts.sqlite3"
    with umask(mask):
        assert opened(path) == []
    assert [mode(each) for each in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]


def test_one_that_others_may_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "contracts.sqlite3"
    opened(path)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    assert opened(path) == []
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_link_is_not_used(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "cache" / "contracts.sqlite3"
    other = tmp_path / "other" / "contracts.sqlite3"
    opened(other)
    path.parent.mkdir(mode=0o700)
    path.with_name(path.name + suffix).symlink_to(other)
    before = other.read_bytes()
    (said,) = opened(path)
    assert "cannot be trusted" in said
    assert other.read_bytes() == before


@as_root
@pytest.mark.parametrize("whose", ["contracts.sqlite3", "."])
def test_somebody_elses_is_not_used(tmp_path: Path, whose: str) -> None:
    path = tmp_path / "cache" / "contracts.sqlite3"
    opened(path)
    os.chown(path.parent / whose, 12345, 12345)
    (said,) = opened(path)
    assert "cannot be trusted" in said


@as_root
def test_a_link_that_somebody_else_has_put_into_a_common_folder(tmp_path: Path) -> None:
    common, own = tmp_path / "common", tmp_path / "own"
    common.mkdir()
    common.chmod(0o1777)
    own.write_text("mine")
    link = common / "chain.json"
    link.symlink_to(own)
    write_file(link, "first")  # ours: we meant it
    assert own.read_text() == "first"
    os.chown(link, 12345, 12345, follow_symlinks=False)
    with pytest.raises(ConfigurationError) as caught:
        write_file(link, "second")
    assert caught.value.code == "output-unwritable"
    assert own.read_text() == "first"


def test_the_page_names_tests_that_there_are() -> None:
    here = Path(__file__).parents[2]
    page = (here / "docs" / "security.md").read_text(encoding="utf-8")
    words = page.replace(",", " ").replace(";", " ").replace("*", " ").replace("`", " ").split()
    named = {word for word in words if word.startswith("tests/")}
    assert len(named) > 10
    for name in named:
        assert (here / name).exists(), name


def test_a_pipe_without_a_name_is_written_to() -> None:
    """As ``--output /dev/stdout`` in a pipeline."""
    reading, writing = os.pipe()
    try:
        write_file(Path(f"/dev/fd/{writing}"), "quotes")
        assert os.read(reading, 100) == b"quotes"
    finally:
        os.close(reading)
        os.close(writing)
