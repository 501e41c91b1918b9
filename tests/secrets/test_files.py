"""What ibcli writes is its owner's alone, whatever the umask; what others can change is refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.private import is_private, open_private, private_folder, replace_file
from ibcli.errors import ConfigurationError
from ibcli.render.files import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        private_folder(folder)
    assert caught.value.code == "state-insecure"
    return caught.value.message


@pytest.mark.parametrize("mask", [0, 0o077, 0o777], ids=oct)
def test_the_umask_has_no_say(tmp_path: Path, mask: int) -> None:
    with umask(mask):
        folder = private_folder(tmp_path / "a" / "b" / "state")
        os.close(open_private(folder / "lock", os.O_RDWR | os.O_CREAT))
        replace_file(folder / "login", b"x")
        write_file(tmp_path / "a" / "positions.csv", "x")
    assert {mode(each) for each in (tmp_path / "a").rglob("*") if each.is_dir()} == {0o700}
    assert mode(tmp_path / "a") == 0o700
    files = [each for each in (tmp_path / "a").rglob("*") if not each.is_dir()]
    assert len(files) == 3
    assert {mode(each) for each in files} == {0o600}


def test_at_no_instant_may_others_read_it(tmp_path: Path) -> None:
    """The mode with which each file is made, seen by the system's own record of calls."""
    script = (
        "import os, sys; os.umask(0); sys.path.insert(0, sys.argv[2])\n"
        "made = []\n"
        "def hook(event, args):\n"
        "    if event == 'os.mkdir' and args[1] & 0o077: made.append(args)\n"
        "sys.addaudithook(hook)\n"
        "real = os.open\n"
        "def watched(path, flags, mode=0o777, **more):\n"
        "    if flags & os.O_CREAT and mode & 0o077: made.append((path, mode))\n"
        "    return real(path, flags, mode, **more)\n"
        "os.open = watched\n"
        "from pathlib import Path\n"
        "from ibcli.broker.private import *\n"
        "from ibcli.render.files import write_file\n"
        "folder = private_folder(Path(sys.argv[1]) / 'a' / 'b')\n"
        "os.close(open_private(folder / 'lock', os.O_RDWR | os.O_CREAT))\n"
        "replace_file(folder / 'login', b'x')\n"
        "write_file(folder / 'out', 'x')\n"
        "print(made)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, tmp_path, Path(__file__).parents[2]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "[]\n"


def test_a_folder_that_others_may_read_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "theirs").symlink_to("nowhere")  # could not be theirs: only we may write here
    assert mode(private_folder(folder)) == 0o700


def as_it_is(_: Path) -> None:
    """Nothing is amiss."""


def a_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def a_second_name(path: Path) -> None:
    path.write_text("")
    os.link(path, path.parent.parent / "other")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    "plant", [a_link, a_second_name, a_pipe], ids=lambda plant: str(plant.__name__)
)
def test_what_others_may_have_put_into_an_open_folder(
    tmp_path: Path, plant: Callable[[Path], None]
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "own").write_text("")
    folder.chmod(0o777)
    assert mode(private_folder(folder)) == 0o700
    folder.chmod(0o777)
    plant(folder / "login.json")
    for _ in range(2):  # and not only once
        assert "login.json" in refused(folder)
    (folder / "login.json").unlink()
    assert mode(private_folder(folder)) == 0o700


@pytest.mark.parametrize("bits", [0o777, 0o775, 0o757, 0o1777, 0o1775])
def test_a_way_that_others_may_change(tmp_path: Path, bits: int) -> None:
    above = tmp_path / "above"
    above.mkdir()
    os.chown(above, -1, 12345) if os.geteuid() == 0 else None
    folder = above / "state"
    folder.mkdir(mode=0o700)
    above.chmod(bits)
    if bits & 0o1000:  # sticky, as /tmp: what is ours there stays ours
        assert private_folder(folder)
    elif os.geteuid() == 0:
        assert str(above) in refused(folder)
        assert str(above) in refused(above / "other" / "state")
        assert not (above / "other").exists()


@as_root
def test_a_way_through_somebody_elses(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    os.chown(above, 12345, 12345)
    assert str(above) in refused(above / "state")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    (tmp_path / "real").mkdir()
    assert private_folder(link / "state") == link / "state"  # our own leads where we want
    os.chown(link, 12345, 12345, follow_symlinks=False)
    assert str(link) in refused(link / "state")


@as_root
def test_a_link_of_ours_through_what_others_may_change(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    (opened / "real").mkdir(parents=True)
    opened.chmod(0o777)
    (tmp_path / "link").symlink_to("opened/../opened/real")
    assert str(opened) in refused(tmp_path / "link" / "state")


def test_links_that_lead_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ConfigurationError) as caught:
        private_folder(tmp_path / "a" / "state")
    assert caught.value.code == "state-unwritable"


@pytest.mark.parametrize("plant", [a_link, a_pipe], ids=lambda plant: str(plant.__name__))
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    plant(tmp_path / "login.json")
    for opened in (lambda path: open_private(path, os.O_RDONLY), is_private):
        with pytest.raises(ConfigurationError) as caught:
            opened(tmp_path / "login.json")
        assert caught.value.code == "state-insecure"


def told(path: Path, look: Callable[[Path], object]) -> tuple[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        look(path)
    assert caught.value.code == "state-insecure"
    return caught.value.message, caught.value.hint or ""


@as_root
def test_a_file_of_another_users_is_not_to_be_removed(tmp_path: Path) -> None:
    """One ``sudo ibcli`` and the journal is root's: to remove it would be to forget the orders."""
    journal = tmp_path / "the journal.sqlite3"
    journal.write_text("")
    os.chown(journal, 12345, 12345)
    message, hint = told(journal, is_private)
    assert "12345" in message
    assert " is a link" not in message
    assert f"chown {os.geteuid()} '{journal}'" in hint
    assert "rm " not in hint


def test_a_folder_that_is_a_link_leads_somewhere(tmp_path: Path) -> None:
    disk, folder = tmp_path / "disk", tmp_path / "state"
    disk.mkdir(mode=0o700)
    folder.symlink_to(disk)
    message, hint = told(folder, private_folder)
    assert f"{folder} is a link" in message
    assert f"IBCLI_STATE_DIR to where it leads: {disk}" in hint
    assert private_folder(disk)  # the way out is one


@as_root
def test_a_home_of_another_users_says_whose(tmp_path: Path) -> None:
    home = tmp_path / "theirs"
    home.mkdir(mode=0o755)
    os.chown(home, 12345, 12345)
    message, hint = told(home / "state", private_folder)
    assert "12345" in message
    assert "chmod" not in hint
