"""Calls on threads beside, which are left behind when they take too long."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time

import pytest

from ibcli.broker.bounded import within


def test_what_a_call_returns_or_raises() -> None:
    assert within(5, lambda: "answer") == "answer"
    with pytest.raises(ValueError, match="why"):
        within(5, lambda: int("why"))
    with pytest.raises(SystemExit):
        within(5, sys.exit)
    assert within(5, lambda: "still at work") == "still at work"


def test_one_call_after_another_uses_one_thread() -> None:
    one = within(5, threading.get_ident)
    assert {within(5, threading.get_ident) for _ in range(50)} == {one}
    assert one != threading.get_ident()


def test_who_waits_no_longer_leaves_the_thread_behind_and_takes_another() -> None:
    began, over, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        assert over.wait(10)
        ended.set()

    with pytest.raises(TimeoutError):
        within(0, slow)
    assert began.wait(10)
    assert within(5, lambda: "meanwhile") == "meanwhile"
    over.set()
    assert ended.wait(10)


def test_calls_of_many_threads_do_not_mix() -> None:
    def ask(number: int) -> None:
        found.extend((number, within(5, lambda: number)) for _ in range(50))

    found: list[tuple[int, int]] = []
    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 400
    assert all(asked == answered for asked, answered in found)


def test_a_ctrl_c_that_does_not_wake_the_wait_is_heard_soon() -> None:
    """As one that comes after Python has looked for signals, and before the system waits."""
    over = threading.Event()

    def call() -> None:
        _thread.interrupt_main()
        over.wait(20)

    # A shell's job in the background starts without it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            within(30, call)
        assert time.monotonic() - began < 10
    finally:
        over.set()
        signal.signal(signal.SIGINT, before)
