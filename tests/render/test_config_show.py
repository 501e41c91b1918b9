"""The settings in a narrow window and in a wide one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.config import Entry
from ibcli.render import config_show

if TYPE_CHECKING:
    from tests.render.conftest import Draw

FILE = "/home/trader/a-rather-long-folder-name/config/.env"
ENTRIES = (
    Entry("IB_CONSUMER_KEY", "******** (9 characters)", FILE, secret=True),
    Entry("IB_ACCOUNT_ID", "U1", f"{FILE} (IBIND_ACCOUNT_ID)", secret=False),
    Entry("IB_REALM", "limited_poa", "default", secret=False),
    Entry("IBCLI_ENV_FILE", FILE, "default", secret=False),
)


def test_a_narrow_window_names_the_env_file_below(on_screen: Draw) -> None:
    text = on_screen(config_show, ENTRIES, 80)
    lines = text.splitlines()
    assert lines[1].endswith("env file")
    assert "env file (IBIND_ACCOUNT_ID)" in " ".join(text.split())
    assert lines[-1] == f"env file: {FILE}"


def test_a_wide_one_names_it_in_each_line(on_screen: Draw) -> None:
    lines = on_screen(config_show, ENTRIES, 160).splitlines()
    assert lines[1].endswith(FILE)
    assert len(lines) == 1 + len(ENTRIES)


def test_without_an_env_file_there_is_none_to_name(on_screen: Draw) -> None:
    without = (*ENTRIES[2:3], Entry("IBCLI_ENV_FILE", None, "not set", secret=False))
    assert "env file" not in on_screen(config_show, without, 80)
