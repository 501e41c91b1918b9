"""When a read is sent again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

import tenacity

from ibcli.broker.translate import worth_another_try
from ibcli.broker.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.deadline import Deadline

T = TypeVar("T")

_ATTEMPTS = 4
_FIRST_PAUSE = 0.25  # seconds; doubled for each further attempt


def tried_again(
    failure: WireError,
    attempt: Callable[[], T],
    deadline: Deadline,
    jitter: Callable[[], float] | None,
) -> T:
    """Go on after a first attempt that failed so, while that may help and there is time.

    ``jitter`` gives numbers from 0 to 1; random ones, if it is None. Raises the last WireError.
    """
    failures = [failure]

    def next_attempt() -> T:
        if failures:
            raise failures.pop()
        return attempt()

    def pause(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, WireError) and error.status_code == 429:
            return 0.0  # the gate is closed for as long as it must be
        seconds: float = _FIRST_PAUSE * 2 ** (state.attempt_number - 1)
        return seconds * (0.5 + (jitter or random.random)() / 2)

    def is_last(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= _ATTEMPTS or deadline.remaining <= state.upcoming_sleep

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(worth_another_try),
        wait=pause,
        stop=is_last,
        sleep=deadline.sleep,
        reraise=True,
    )
    return retrying(next_attempt)
