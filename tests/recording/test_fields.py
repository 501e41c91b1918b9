"""No field that ibcli reads is missing from a recording, or the replay would come out otherwise."""

from __future__ import annotations

import ast
from pathlib import Path

import ibcli.broker
import ibcli.sim
from ibcli.broker.recording.fields import is_kept

_BROKER = Path(ibcli.broker.__file__).parent
_SIMULATOR = Path(ibcli.sim.__file__).parent
_READERS = [
    *sorted((_BROKER / "decode").glob("*.py")),
    *(_BROKER / f"{name}.py" for name in ("accounts", "session", "clinic", "snapshots", "wording")),
]
_VALUES = {"B", "OPT", "S", "X", "limit", "market", "ok", "terms"}  # words, but no fields


def texts(path: Path) -> set[str]:
    """All texts in a module."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def fields_sent() -> set[str]:
    """The fields of the broker's answers, as the simulator writes them."""
    found: set[str] = set()
    for path in _SIMULATOR.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                keys = (key.value for key in node.keys if isinstance(key, ast.Constant))
                found |= {key for key in keys if isinstance(key, str)}
    return found


def test_every_field_that_is_read_is_kept() -> None:
    read = set[str]().union(*map(texts, _READERS)) & fields_sent()
    assert {"conid", "order_ref", "avgCost", "messageIds", "selectedAccount"} <= read
    assert len(read) > 100
    assert {field for field in read if not is_kept(field, None)} <= _VALUES
