"""What a command costs that asks the broker nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from benchmarks.process import Job, ibcli, python
from benchmarks.work import IBKR_RATE, Row, Section, measured, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.work import Bench, Results, Sample

_TIMES = 15
_USAGE = 2  # exit code
_ORDER = ("--side", "both", "--strike", "130,150", "--expiry", "2025-08-22")
_COMPLETION = {"_IBCLI_COMPLETE": "bash_complete", "COMP_WORDS": "ibcli ch", "COMP_CWORD": "1"}

ROWS = (
    Row("startup.pass", "`python -c pass`", against="startup.click"),
    Row("startup.click", '`python -c "import click"`'),
    Row("startup.ibind", '`python -c "import ibind"`', against="startup.click", is_peer=True),
    Row("startup.help", "`ibcli --help`", against="startup.click"),
    Row("startup.usage", "`ibcli quote` (a usage error)", against="startup.click"),
    Row("startup.config", "`ibcli config show`", against="startup.click"),
    Row("startup.journal", "`ibcli journal` (with an order in it)", against="startup.click"),
    Row("startup.completion", "shell completion of `ibcli ch`", against="startup.click"),
    Row("startup.search", "`ibcli search ARM` from the cache", against="startup.click"),
)


def take(bench: Bench) -> Results:
    """In one home, in which an order was placed."""
    home, broker = bench.home(), bench.ours(IBKR_RATE)
    broker.forget()
    env = home.ours(broker)
    for words in (("order", "ARM", *_ORDER, "--yes"), ("search", "ARM")):
        prepare(Job(ibcli(*words), env))

    def of(
        argv: tuple[str, ...], *, code: int = 0, more: Mapping[str, str] = MappingProxyType({})
    ) -> Callable[[], Sample]:
        return lambda: measured(Job(argv, {**env, **more}), broker, code=code)[0]

    return bench.alternate(
        {
            "startup.pass": of(python("-c", "pass")),
            "startup.click": of(python("-c", "import click")),
            "startup.ibind": of(python("-c", "import ibind")),
            "startup.help": of(ibcli("--help")),
            "startup.usage": of(ibcli("quote"), code=_USAGE),
            "startup.config": of(ibcli("config", "show")),
            "startup.journal": of(ibcli("journal")),
            "startup.completion": of(ibcli(), more=_COMPLETION),
            "startup.search": of(ibcli("search", "ARM")),
        },
        _TIMES,
    )


SECTION = Section(
    "startup",
    "Start-up",
    "Commands that need no broker, against the bare interpreter and click, which ibcli's command "
    "line is made with. `import ibind` is what any program on it pays before its first line.",
    ROWS,
    take,
)
