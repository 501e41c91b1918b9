"""What the demo prints: the README's outputs and the picture of the chain.

The simulator keeps its state in a throw-away folder, and a state of the user's is not touched.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.docs.readme import blocks_of, with_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

CHAIN = "ibcli --demo chain ARM --month AUG25"
COLUMNS = "104"


def run_demo(words: Sequence[str], folder: Path, columns: str = COLUMNS) -> str:
    """What a command line says, stdout before stderr; raises CalledProcessError when it fails."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("IB")}
    env |= {
        "HOME": str(folder),
        "IBCLI_STATE_DIR": str(folder / "state"),
        "IBCLI_CACHE_DIR": str(folder / "cache"),
        "COLUMNS": columns,
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "ibcli", *words]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return (ended.stdout + ended.stderr).strip("\n")


def demo_blocks(text: str) -> list[str]:
    """The names of a page's blocks that are command lines."""
    return [name for name in blocks_of(text) if name.startswith("ibcli ")]


def write_outputs(page: Path) -> None:
    """Bring a page's outputs up to date."""
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        blocks = {
            name: f"```console\n$ {name}\n{run_demo(shlex.split(name)[1:], Path(folder))}\n```"
            for name in demo_blocks(text)
        }
    page.write_text(with_blocks(text, blocks), encoding="utf-8")


def write_picture(target: Path) -> None:
    """Save the demo's chain as a picture."""
    with tempfile.TemporaryDirectory() as folder:
        words = [*shlex.split(CHAIN)[1:], "--strikes", "8", "--output", str(target)]
        run_demo(words, Path(folder))
