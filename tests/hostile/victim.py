"""A desk before a broker whose answers are poisoned on their way: commands run in this process."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
import sys
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from ibcli.cli import run
from ibcli.errors import ExitCode
from ibcli.sim.books.order import Order, Status
from ibcli.sim.books.schema import TABLES
from tests.hostile.poisons import TELL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ibcli.sim.embedded import SimServer

STYLED = re.compile(r"\x1b\[(?:[0-9;]*)m")
FORMS = ("text", "colour", "narrow", "json", "csv", "svg")
ENDS = {int(code) for code in ExitCode} - {ExitCode.BUG, ExitCode.USAGE, ExitCode.INTERRUPTED}


@dataclass(frozen=True)
class Shown:
    """What a command left behind; ``form`` is one of FORMS."""

    code: int
    out: str
    err: str
    form: str


class Victim:
    """Runs command lines before a simulator; between two of them nothing is remembered."""

    def __init__(self, sim: SimServer, folder: Path) -> None:
        self.sim = sim
        self.folder = folder
        self.working = ""  # the number of an entry that waits for its price
        self._books: dict[str, list[tuple[Any, ...]]] = {}

    def keep(self) -> None:
        """From here on everything is put back to how it stands now."""
        shutil.copytree(self.folder / "state", self.folder / "kept", dirs_exist_ok=True)
        with self.sim.sim.store.transaction() as db:
            self._books = {
                table: [tuple(row) for row in db.execute(f"SELECT * FROM {table}")]
                for table in TABLES
            }

    def put_back(self, *, logged_in: bool = True) -> None:
        """As it was kept; without the login if that is to be made anew."""
        self.sim.faults.clear()
        self.sim.session.forgive()
        for name in ("state", "cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        if (self.folder / "kept").is_dir():
            shutil.copytree(self.folder / "kept", self.folder / "state")
        if not logged_in:
            for path in (self.folder / "state").glob("login-*"):
                path.unlink()
        if self._books:
            with self.sim.sim.store.transaction() as db:
                for table, rows in self._books.items():
                    db.execute(f"DELETE FROM {table}")
                    if rows:
                        marks = ",".join("?" * len(rows[0]))
                        db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self.sim.sim.log.clear()

    def asks(self) -> list[tuple[str, str]]:
        """Method and path below /v1/api of each request since all was put back."""
        return [(r.method, r.path.partition("/v1/api")[2]) for r in self.sim.requests]

    def orders(self) -> list[Order]:
        """Every order in the books, except those that wait at a question."""
        with self.sim.sim.books.present(self.sim.options.account) as now:
            found = now.records.orders()
        return [order for order in found if order.status is not Status.INACTIVE]

    def run(self, argv: Sequence[str], form: str = "json") -> Shown:
        """One command line, its result in this form."""
        words = list(argv)
        picture = self.folder / "picture.svg"
        picture.unlink(missing_ok=True)
        if form in {"json", "csv"}:
            words.append(f"--{form}")
        elif form == "svg":
            words += ["--output", str(picture)]
        with pytest.MonkeyPatch.context() as patch, _streams() as (out, err):
            patch.setenv("COLUMNS", "40" if form == "narrow" else "160")
            patch.setenv("FORCE_COLOR", "1" if form in {"colour", "narrow"} else "")
            code = run(words)
        text = picture.read_text("utf-8") if picture.exists() else _text(out)
        return Shown(code, text, _text(err), form)


@contextlib.contextmanager
def _streams() -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """This process's output, in UTF-8 as strict as a real stream's."""
    out, err = io.BytesIO(), io.BytesIO()
    kept = sys.stdout, sys.stderr
    sys.stdout = io.TextIOWrapper(out, "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True)
    streams = sys.stdout, sys.stderr
    try:
        yield out, err
    finally:
        sys.stdout, sys.stderr = kept
        for stream in streams:
            stream.detach()


def _text(stream: io.BytesIO) -> str:
    return stream.getvalue().decode("utf-8")


def assert_fit(shown: Shown) -> None:
    """It ended in a way that the table of exit codes knows, and can be shown to a terminal."""
    assert shown.code in ENDS, shown
    assert "A bug in ibcli" not in shown.err, shown.err[-2000:]
    assert "Traceback" not in shown.err, shown.err[-2000:]
    assert_harmless(shown.err)
    if shown.form == "json":
        assert_strict(shown.out)
        assert_harmless(shown.out)
    elif shown.form == "csv":
        assert_table(shown.out)
    elif shown.form == "svg" and shown.out:
        assert_harmless(shown.out)
        ElementTree.fromstring(shown.out)
    else:
        assert "38;5;197m" not in shown.out  # a style of the poison's, none of ours
        assert_harmless(STYLED.sub("", shown.out))


def assert_harmless(text: str) -> None:
    """Nothing drives a terminal, hides, or turns the direction of what stands beside it."""
    bad = {c for c in text if c != "\n" and is_harmful(c)}
    assert not bad, (bad, text[:3000])


def is_harmful(sign: str) -> bool:
    """A control, an invisible sign, half a character, or a letter written from right to left."""
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or (
        unicodedata.bidirectional(sign) in {"R", "AL", "AN", "RLE", "RLO", "RLI"}
    )


def assert_strict(text: str) -> Any:
    """One document of JSON as the standard has it, in ASCII; no number of what is none."""

    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} in JSON")

    assert text.isascii()
    document = json.loads(text, parse_constant=no_constant, parse_float=Decimal)
    assert set(document) >= {"schema", "ok", "warnings"}
    for leaf in _leaves(document):
        if isinstance(leaf, str):
            assert_harmless(leaf)
        assert leaf not in {int(TELL), -int(TELL), Decimal(TELL) / 100}, document
    return document


def _leaves(value: Any) -> Iterator[object]:
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def assert_table(text: str) -> None:
    """Rows of equal length; no cell that a spreadsheet would run."""
    rows = list(csv.reader(io.StringIO(text), strict=True))
    assert len({len(row) for row in rows}) <= 1, rows[:3]
    for cell in (cell for row in rows[1:] for cell in row):
        assert_harmless(cell)
        if cell[:1] in {"=", "@", "+", "-", "\t", "\r"}:
            float(cell)
