"""What the programs printed: whether they did the same work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.process import BenchmarkError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.process import Ran

Key = tuple[float, str]
"""Strike and right."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A chain of one expiry as a program printed it: conids, and how many have a bid or an ask."""

    conids: dict[Key, int]
    priced: int


def document(ran: Ran) -> dict[str, Any]:
    """The data of a JSON document of ibcli's.

    Raises:
        BenchmarkError: when there is none, or it says that the command failed.
    """
    try:
        printed = json.loads(ran.out)
    except ValueError as error:
        raise BenchmarkError(f"no document, exit code {ran.code}: {ran.err[-300:]}") from error
    if not printed["ok"]:
        raise BenchmarkError(str(printed["error"]))
    data: dict[str, Any] = printed["data"]
    return data


def options(chain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The contracts of a chain's document."""
    for expiry in chain["expiries"]:
        for row in expiry["rows"]:
            yield from (row[side] for side in ("call", "put") if row[side] is not None)


def asked_for(chain: dict[str, Any], month: str, listed: dict[str, Any]) -> int:
    """How many of a month's strikes, as ``ibcli strikes`` lists them, lie where a chain has shown
    some: all of them have to be asked for, as nothing else says which of them an expiry has.
    """
    shown = [
        row["strike"]
        for expiry in chain["expiries"]
        if expiry["month"] == month
        for row in expiry["rows"]
    ]
    return sum(min(shown) <= each <= max(shown) for each in {*listed["calls"], *listed["puts"]})


def chain_of_ours(chain: dict[str, Any]) -> Printed:
    """From a chain's document."""
    return _printed(list(options(chain)))


def chain_of_peer(ran: Ran) -> Printed:
    """From a peer's list of contracts. Raises BenchmarkError when there is none."""
    try:
        return _printed(json.loads(ran.out))
    except ValueError as error:
        raise BenchmarkError(f"no list, exit code {ran.code}: {ran.err[-300:]}") from error


def _printed(contracts: list[dict[str, Any]]) -> Printed:
    return Printed(
        {(float(each["strike"]), str(each["right"])[0]): each["conid"] for each in contracts},
        sum(each["bid"] is not None or each["ask"] is not None for each in contracts),
    )


def compare(ours: Printed, theirs: Printed, what: str) -> None:
    """As many contracts, the same ones where both have the strike (the window follows the market),
    and prices for as many, give or take those that the market moved in or out.

    Raises:
        BenchmarkError: when they differ.
    """
    both = ours.conids.keys() & theirs.conids.keys()
    is_same = (
        len(ours.conids) == len(theirs.conids)
        and len(both) >= 0.9 * len(ours.conids)
        and all(ours.conids[key] == theirs.conids[key] for key in both)
        and abs(ours.priced - theirs.priced) <= max(2, 0.05 * len(ours.conids))
    )
    if not is_same:
        raise BenchmarkError(
            f"{what}: {len(ours.conids)} contracts, {ours.priced} with prices, against "
            f"{len(theirs.conids)} and {theirs.priced}; {len(both)} in common"
        )
