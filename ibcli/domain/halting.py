"""The kill switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Halt:
    """Since when and why nothing may be ordered; ``since`` None: the file does not say."""

    reason: str
    since: datetime | None = None  # aware UTC


@dataclass(frozen=True, slots=True)
class Switched:
    """What ``ibcli halt`` and ``ibcli resume`` did. ``changed`` is false when it was so before."""

    path: Path
    halt: Halt | None  # in force now
    changed: bool
    before: Halt | None = None
