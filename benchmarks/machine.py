"""What the figures were taken on: without names of hosts, users or folders."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ibcli import __version__

_CPUS = Path("/proc/cpuinfo")


def taken() -> str:
    """When and on what, and how busy it was."""
    day = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    system = f"{platform.system()} {platform.machine()}"
    load = f"{os.getloadavg()[0]:.1f}"
    return (
        f"Taken {day} with ibcli {__version__} and ibind {version('ibind')}, Python "
        f"{platform.python_version()}, on {os.cpu_count()} cores ({_model()}, {system}), which "
        f"the simulator shares. Load average before the run: {load}."
    )


def _model() -> str:
    if _CPUS.exists():
        for line in _CPUS.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
