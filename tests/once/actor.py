"""A trader's process, or several at once: ``python -m tests.once.actor`` with a wish on stdin."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibcli.broker.connect import connect
from ibcli.broker.deadline import Deadline
from ibcli.config import load_settings
from ibcli.errors import IbcliError
from ibcli.trading.placing.desk import Desk
from tests.once.conftest import plan_of
from tests.scenes.contracts import DAY

if TYPE_CHECKING:
    from ibcli.domain.orders import Tradable
    from tests.once.conftest import Office


def wish(office: Office, *tradables: Tradable, seconds: float = 30) -> str:
    """What an actor is told."""
    environ = office.environment(IBCLI_HASTE="50")
    legs = pickle.dumps(tradables).hex()
    told = {"environ": environ, "folder": str(office.folder), "legs": legs, "seconds": seconds}
    return json.dumps(told)


def start(told: str, processes: int = 1) -> subprocess.Popen[str]:
    """A process that does it, and forks so many that do it at once if there are several."""
    actor = subprocess.Popen(
        [sys.executable, "-m", "tests.once.actor", str(processes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert actor.stdin is not None
    actor.stdin.write(told)
    actor.stdin.close()
    actor.stdin = None
    return actor


def act(told: dict[str, Any]) -> str:
    """Run the job as a command does, and say how it ended."""
    settings = load_settings(environ=told["environ"], cwd=Path(told["folder"]))
    legs = pickle.loads(bytes.fromhex(told["legs"]))
    try:
        with (
            connect(settings, Deadline.after(told["seconds"])) as client,
            Desk.open(client, writing=True) as desk,
            desk.alone(),
        ):
            standing = desk.standing("spy", DAY)
            if standing is not None and not standing.unfinished:
                return "already"
            placed = desk.place(plan_of(*legs))
            return placed.error.code if placed.error else "placed"
    except IbcliError as error:
        return error.code


def main() -> None:
    """Act, alone or as several processes."""
    told = json.load(sys.stdin)
    count = int(sys.argv[1])
    if count == 1:
        os.write(1, f"{act(told)}\n".encode())
        return
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os.write(1, f"{act(told)}\n".encode())
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
