"""docs/settings.md and the README's short table, from the table of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.config.table import LOGIN, SETTINGS
from ibcli.config.trading_table import GUARDS

if TYPE_CHECKING:
    from ibcli.config.setting import Setting

HEAD = """\
# Settings

This page is written by `make docs` from the table of settings in `ibcli/config/table.py`.

A setting is looked for in this order: flag, process environment, env file, default. The env file
is the first of `--env-file`, `IBCLI_ENV_FILE`, `./config/.env` and `.env` in the user's
configuration folder (`ibcli config path` names them). `--profile NAME` reads `.env.NAME` beside it
and keeps its login apart. Relative paths count from the folder of the env file. `ibcli config show`
lists each setting, its value (secrets masked) and where it came from.
"""


def settings_page() -> str:
    """The page: a table a group, with ibind's names for those who come from there."""
    parts = [HEAD]
    for group in dict.fromkeys(setting.group for setting in SETTINGS):
        parts.append(
            f"\n## {group}\n\n| Setting | Meaning | Also accepted as |\n| --- | --- | --- |\n"
        )
        for setting in SETTINGS:
            if setting.group == group:
                aliases = ", ".join(f"`{alias}`" for alias in setting.aliases)
                parts.append(f"| `{setting.name}` | {_meaning(setting)} | {aliases} |\n")
    return "".join(parts)


def login_table() -> str:
    """Name and meaning of each setting that a login needs."""
    return _short_table(LOGIN)


def guards_table() -> str:
    """Name and meaning of each limit that orders are held against."""
    return _short_table(GUARDS)


def _short_table(group: str) -> str:
    lines = ["| Setting | Meaning |", "| --- | --- |"]
    lines += [f"| `{s.name}` | {_meaning(s)} |" for s in SETTINGS if s.group == group]
    return "\n".join(lines)


def _meaning(setting: Setting) -> str:
    default = setting.default or setting.default_note
    text = setting.help + (f" Default: {default}." if default else "")
    return text.replace("|", "\\|")
