"""Starts programs and says what each has cost; run by itself, with ``python -I -S``.

A process begins with the greatest memory of the one that started it, so what starts a program to
be measured has to be smaller than any of them: nothing is imported here that can be left out.

stdin: ``{"jobs": [{"argv": [...], "env": {...}, "out": path, "err": path}, ...]}``. All start at
once. stdout: a list of ``{"began" (seconds since 1970), "wall", "user", "sys" (seconds), "memory"
(bytes), "code"}`` in order.
"""

from __future__ import annotations

import json
import os
import sys
import time

_WRITTEN = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


def start(argv: list[str], env: dict[str, str], out: str, err: str) -> int:
    """One program, reading nothing. Its process id."""
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out, _WRITTEN, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, err, _WRITTEN, 0o600),
    ]
    return os.posix_spawn(argv[0], argv, env, file_actions=files)


def main() -> None:
    """Start all, wait for each."""
    jobs = json.load(sys.stdin)["jobs"]
    under_way: dict[int, tuple[int, float, float]] = {}
    for number, job in enumerate(jobs):
        at, began = time.time(), time.perf_counter()
        under_way[start(job["argv"], job["env"], job["out"], job["err"])] = number, at, began
    costs: list[dict[str, float]] = [{} for _ in jobs]
    while under_way:
        pid, status, used = os.wait4(-1, 0)
        ended = time.perf_counter()
        number, at, began = under_way.pop(pid)
        costs[number] = {
            "began": at,
            "wall": ended - began,
            "user": used.ru_utime,
            "sys": used.ru_stime,
            "memory": used.ru_maxrss * _UNIT,
            "code": os.waitstatus_to_exitcode(status),
        }
    json.dump(costs, sys.stdout)


if __name__ == "__main__":
    main()
