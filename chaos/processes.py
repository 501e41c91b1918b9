"""Processes of ``ibcli`` that begin at once: forked from one that has imported all of it.

Each is a process of its own like any other, with its own environment, files and end; only the half
second of imports is saved, hundreds of times. The parent is told what to begin by lines of JSON.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_PIPE = 256 * 1024  # bytes that a process may write before it is read


@dataclass
class Running:
    """One process; as much of ``subprocess.Popen`` as is needed."""

    parent: Parent
    pid: int
    out: int  # descriptors of pipes: a file would be full as well when the disk is
    err: int
    code: int | None = None
    said: tuple[str, str] = ("", "")

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless its end is known."""
        if self.code is None:
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> int | None:
        """Its exit code, negative for a signal; None when it runs on."""
        if self.code is None:
            self.code = self.parent.ask({"pid": self.pid, "seconds": seconds})["code"]
            out, err = _drained(self.out), _drained(self.err)
            self.said = self.said[0] + out, self.said[1] + err
            if self.code is not None:
                os.close(self.out)
                os.close(self.err)
        return self.code


def _drained(pipe: int) -> str:
    """What has been written so far."""
    pieces = []
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(pipe, _PIPE):
            pieces.append(piece)
    return b"".join(pieces).decode()


class Parent:
    """The process that the others are forked from. A context manager."""

    def __enter__(self) -> Self:
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, what: Mapping[str, Any]) -> dict[str, Any]:
        """Tell it something, and hear what it says."""
        assert self._process.stdin  # noqa: S101 - it was started so
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def begin(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        step: tuple[int, str] | None = None,
        **burdens: Any,
    ) -> Running:
        """A command, what is to happen to it at a step (see ``steps``), and what it begins with:
        ``clock``, seconds by which its clock is off; ``meek``, without root's right to write what
        is read-only; ``full``, no file takes a byte; ``doors``, a file that is told when it asks
        for a connection; ``sends``, one that is told when a request leaves.
        """
        self._number += 1
        out, err = folder / f"{self._number}.out", folder / f"{self._number}.err"
        readers = _made_pipe(out), _made_pipe(err)
        told = {
            "argv": list(argv),
            "environment": dict(environment),
            "folder": str(folder),
            "out": str(out),
            "err": str(err),
            "step": step,
            "burdens": burdens,
        }
        return Running(self, self.ask(told)["pid"], *readers)


def _made_pipe(path: Path) -> int:
    os.mkfifo(path, 0o600)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, _PIPE)
    return reader


def _serve(asked: TextIO, answers: TextIO) -> None:
    """Fork and wait, as told; in a forked process this returns when its command is to run."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    for line in asked:
        told = json.loads(line)
        if "pid" in told:
            said = {"code": _waited(told["pid"], told["seconds"])}
        elif pid := os.fork():
            said = {"pid": pid}
        else:
            _become(told, asked, answers)
            return
        answers.write(json.dumps(said) + "\n")
        answers.flush()


def _waited(pid: int, seconds: float) -> int | None:
    for patience in (0.0, seconds, 0.0):
        while True:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            if signal.sigtimedwait({signal.SIGCHLD}, patience) is None:
                break
    return None


def _become(told: dict[str, Any], asked: TextIO, answers: TextIO) -> None:
    """Be a process of that command."""
    asked.close()
    answers.close()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["environment"])
    for number, path in ((1, told["out"]), (2, told["err"])):
        descriptor = os.open(path, os.O_WRONLY)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = ["ibcli", *told["argv"]]
    _burden(**told["burdens"])
    _end(_run(told["step"]))


def _burden(
    clock: float = 0.0, meek: bool = False, doors: str = "", sends: str = "", full: bool = False
) -> None:
    """Begin as told."""
    time.tzset()
    if doors:
        watch_doors(doors)
    if sends:
        watch_sends(sends)
    if meek:
        give_up_rights()
    if full:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    if clock:
        from chaos.steps import move_clock

        move_clock(clock)


def watch_doors(path: str) -> None:
    """Write the instant of each connection that is asked for into a file (monotonic seconds)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    monotonic = time.monotonic

    def heard(event: str, _: Any) -> None:
        if event == "socket.connect":
            os.write(descriptor, f"{monotonic()}\n".encode())

    sys.addaudithook(heard)


def watch_sends(path: str) -> None:
    """Write the instant at which each request leaves into a file (monotonic seconds)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    monotonic = time.monotonic

    def heard(event: str, said: Any) -> None:
        if event == "http.client.send" and b" HTTP/1.1\r\n" in said[1]:  # no body that follows it
            os.write(descriptor, f"{monotonic()}\n".encode())

    sys.addaudithook(heard)


def give_up_rights() -> None:
    """Root may write everywhere; without CAP_DAC_OVERRIDE he is like any owner of his files."""
    if os.geteuid() != 0:
        return
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.capget(header, sets)
    for place in (0, 1, 2):  # effective, permitted, inheritable
        sets[place] &= ~(1 << _CAP_DAC_OVERRIDE) & ~(1 << _CAP_DAC_READ_SEARCH)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _run(step: tuple[int, str] | None) -> int:
    """The exit code."""
    from chaos.steps import walk
    from ibcli.__main__ import main

    steps = walk(*step) if step else None
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        if steps:
            sys.setprofile(None)
            sys.stderr.write(f"\nsteps: {steps.passed}\n")
    return 0


def _end(code: int) -> NoReturn:
    """As an interpreter ends, but without taking apart what the next one shares with this one."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _begin() -> None:
    import importlib
    import pkgutil

    import ibcli

    for module in pkgutil.walk_packages(ibcli.__path__, "ibcli.", onerror=print):
        if not module.name.startswith(("ibcli.sim", "ibcli.__main__", "ibcli.commands.sim")):
            importlib.import_module(module.name)
    if broken := os.environ.get("CHAOS_MUTANT"):
        from chaos.mutants import break_ibcli

        break_ibcli(broken)
    asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("r+b") as nothing:
        for number in (0, 1):
            os.dup2(nothing.fileno(), number)
    gc.freeze()
    _serve(asked, answers)


if __name__ == "__main__":
    _begin()
