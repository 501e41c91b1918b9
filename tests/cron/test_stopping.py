"""Signals are put off where something would be left half done."""

from __future__ import annotations

import threading

import pytest

from ibcli.broker.deadline import Deadline
from ibcli.stopping import (
    Ending,
    Interruptible,
    Overdue,
    Terminated,
    Uninterrupted,
    forget_deadline,
    safe_point,
    stop,
)


def test_outside_it_is_raised_at_once() -> None:
    with pytest.raises(Terminated):
        stop(Terminated())


def test_inside_it_is_raised_at_the_end_of_the_outermost() -> None:
    done = []

    def work() -> None:
        with Uninterrupted():
            with Uninterrupted():
                stop(Terminated())
                done.append("inner")
            done.append("outer")

    with pytest.raises(Terminated):
        work()
    assert done == ["inner", "outer"]
    safe_point()  # once


def test_inside_it_is_raised_at_a_safe_point() -> None:
    with Uninterrupted():
        stop(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            safe_point()


def test_a_sleep_has_safe_points() -> None:
    slept = []

    def sleeper(seconds: float) -> None:
        slept.append(seconds)
        stop(Terminated())

    deadline = Deadline(1000.0, clock=lambda: 0.0, sleeper=sleeper)
    with pytest.raises(Terminated), Uninterrupted():
        deadline.sleep(100)
    assert len(slept) == 1


def test_a_question_may_be_interrupted() -> None:
    with Uninterrupted():
        with pytest.raises(Terminated), Interruptible():
            stop(Terminated())
        stop(Terminated())  # again put off
        with pytest.raises(Terminated), Interruptible():
            pytest.fail("it was asked")


def test_other_threads_go_on() -> None:
    heard: list[BaseException] = []

    def work() -> None:
        try:
            with Uninterrupted():
                safe_point()
        except BaseException as error:  # noqa: BLE001
            heard.append(error)

    thread = threading.Thread(target=work)
    with Uninterrupted():
        stop(Terminated())
        thread.start()
        thread.join()
        with pytest.raises(Terminated):
            safe_point()
    assert heard == []


def test_a_deadline_that_passes_while_the_last_is_printed_changes_nothing() -> None:
    with Uninterrupted():
        stop(Overdue())
        forget_deadline()


@pytest.mark.parametrize("is_due", [True, False])
def test_stdout_is_ones_alone(is_due: bool) -> None:
    ending = Ending()
    ending.begin(wants_document=is_due)
    assert ending.take_stdout() == is_due
    ending.begin(wants_document=is_due)
    ending.begin_output()
    assert not ending.take_stdout()
