"""Several calls at once."""

from __future__ import annotations

import threading

import pytest

from ibcli.broker.abreast import abreast


def test_results_come_in_the_order_of_the_calls() -> None:
    second_done = threading.Event()

    def first() -> int:
        assert second_done.wait(20)
        return 1

    def second() -> int:
        second_done.set()
        return 2

    assert abreast([first, second], 2) == [1, 2]
    assert abreast([], 2) == []


def test_one_call_needs_no_other_thread() -> None:
    assert abreast([threading.current_thread], 10) == [threading.current_thread()]


def test_no_more_threads_than_are_allowed_or_useful() -> None:
    together = threading.Barrier(3, timeout=20)

    def call() -> str:
        together.wait()
        return threading.current_thread().name

    assert len(set(abreast([call] * 3, 10))) == 3
    assert len(set(abreast([lambda: threading.current_thread().name] * 50, 4))) <= 4


def test_an_error_keeps_what_has_not_begun_from_beginning() -> None:
    """Also while a call that was made before it is still under way."""
    failed = threading.Event()
    made: list[int] = []

    def slow() -> None:
        assert failed.wait(20)

    def failing() -> None:
        try:
            raise ValueError("the second one")
        finally:
            failed.set()

    with pytest.raises(ValueError, match="the second one"):
        abreast([slow, failing, *[lambda: made.append(1)] * 50], 2)
    assert len(made) <= 1  # the slow one may have been done before the error was noted


def test_what_was_begun_is_done_when_the_error_is_raised() -> None:
    begun, failed = threading.Event(), threading.Event()
    done: list[int] = []

    def failing() -> None:
        assert begun.wait(20)
        failed.set()
        raise ValueError("the other one")

    def slow() -> None:
        begun.set()
        assert failed.wait(20)
        done.append(1)

    with pytest.raises(ValueError, match="the other one"):
        abreast([failing, slow], 2)
    assert done == [1]


def test_each_call_is_told_of_once_one_at_a_time() -> None:
    told: list[int] = []
    inside = threading.Lock()

    def on_done() -> None:
        assert inside.acquire(blocking=False)
        told.append(1)
        inside.release()

    abreast([lambda: None] * 40, 8, on_done)
    assert len(told) == 40
