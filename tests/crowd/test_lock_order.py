"""No two locks are ever taken in both orders."""

from __future__ import annotations

from itertools import product
from threading import Thread

import pytest

from ibcli.broker.lock_order import Rank, check_wire, ranked


@pytest.mark.parametrize(("first", "second"), list(product(Rank, Rank)))
def test_locks_are_taken_in_one_order(first: Rank, second: Rank) -> None:
    allowed = first < second and not first.is_leaf
    with ranked(first):
        if allowed:
            with ranked(second):
                pass
        else:
            with pytest.raises(RuntimeError, match=f"{second.name} is taken while {first.name}"):
                ranked(second).__enter__()
    with ranked(second):  # nothing is left behind
        pass


@pytest.mark.parametrize("rank", Rank)
def test_nothing_is_sent_under_a_lock_of_an_instant(rank: Rank) -> None:
    with ranked(rank):
        if rank in {Rank.ACCOUNT, Rank.ACCOUNTS, Rank.LOGIN}:
            check_wire()
        else:
            with pytest.raises(RuntimeError, match=rank.name):
                check_wire()
    check_wire()


def test_each_thread_has_an_order_of_its_own() -> None:
    ended: list[str] = []

    def other() -> None:
        with ranked(Rank.ACCOUNT):
            ended.append("other")

    with ranked(Rank.PACE):
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert ended == ["other"]
