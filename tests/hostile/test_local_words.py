"""Any words on the command line: a value, or one sentence with an example and exit code 2."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.domain.months import DaysRange, DeltaRange, Month, parse_day, parse_expiry
from ibcli.domain.symbols import parse_occ, parse_what
from ibcli.domain.wishes import parse_limit, parse_take_profit, parse_window
from ibcli.errors import UsageError
from ibcli.trading.orders.request import LegWish, Trail
from tests.hostile.local_scene import COSTLY, alone, assert_one_sentence, said

if TYPE_CHECKING:
    from pathlib import Path

ASCII_NUMBERS = "NaN sNaN inf -inf 1e400 1e999999 1e-999999 -0 -1 +1 0x10 1_000 1,5 .5 5. 0.0000001"
OTHER_DIGITS = ["\uff11\uff12", "\u0663", "\u00b2", "\u00bd", "AUG\u0662\u0665"]
NUMBERS = [*ASCII_NUMBERS.split(), *OTHER_DIGITS]
ODD = [
    "",
    " ",
    "--",
    "a\nb",
    "\udcff",
    "\x1b[31m",
    "[red]x[/red]",
    "%s",
    "../..",
    "~x/",
    "\u017fPY",
]
TERMS = ["ARM 22AUG25 143 C", "ARM 22AUG25 1e10 C", "ARM   250822C00143000", "ARM 29FEB25 1 C"]
LONG = ["9" * 299, "9" * 100_000, "1:" * 50_000, "A " * 50_000, "-" * 2000]
WORDS = st.one_of(
    st.sampled_from([*NUMBERS, *ODD, *TERMS, *LONG, "none", "mid", "50%", "0dte", "7:45"]),
    st.text(st.characters(exclude_characters="\0"), max_size=30),
    st.from_regex(r"\A[A-Z]{0,6} ?[0-9A-Z'-]{0,9} ?[0-9.,]{0,9} ?[CP]?\Z"),
)
OPTIONS = {
    "chain": "month expiry dte side strikes delta class require",
    "quote": "fields require",
    "order": "side action expiry class delta strike offset otm width leg qty limit type stop-price "
    "trail tif stop-multiple take-profit if-leg-fails job wait",
    "cancel": "job symbol",
    "modify": "limit trigger qty tif",
    "close": "symbol limit",
    "orders": "",
    "trades": "days symbol",
    "journal": "day job",
    "positions": "symbol",
    "search": "type",
    "strikes": "month expiry class",
    "expiries": "month",
    "halt": "",
    "config show": "",
}
COMMON = "deadline profile env-file"


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from(sorted(OPTIONS)))
    options = f"{OPTIONS[command]} {COMMON}".split()
    argv = [*command.split(), *draw(st.lists(WORDS, max_size=2))]
    for option in draw(st.lists(st.sampled_from(options), max_size=2)):
        argv += [f"--{option}", draw(WORDS)]
    return [*argv, *draw(st.sampled_from([[], ["--json"]]))]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@COSTLY
@given(argv=command_lines())
def test_any_command_line(tmp_path_factory: pytest.TempPathFactory, argv: list[str]) -> None:
    """Without a login the trip ends at the settings: 3; what is not understood ends before: 2."""
    with alone(tmp_path_factory.getbasetemp()):
        ended = said(argv)
    assert_one_sentence(ended, 0, 2, 3)
    if ended.code and argv[-1] == "--json" and "--" not in argv:
        assert json.loads(ended.out)["ok"] is False


@pytest.mark.parametrize("word", ["9" * 100_000, "x" * 1025, "tok" * 500])
@pytest.mark.parametrize("argv", [["quote"], ["chain", "ARM", "--deadline"], ["--profile"], []])
def test_a_word_of_a_hundred_thousand_letters_is_not_repeated(
    tmp_path: Path, argv: list[str], word: str
) -> None:
    with alone(tmp_path):
        ended = said([*argv, word])
    assert_one_sentence(ended, 2)
    assert word[:30] not in ended.err


@pytest.mark.parametrize(
    "seconds", ["\uff11\uff12", "1_0", "1e400", "1e300", "nan", "0", "-1", "86401", ""]
)
def test_deadlines_that_are_none(tmp_path: Path, seconds: str) -> None:
    with alone(tmp_path):
        assert_one_sentence(said(["quote", "ARM", "--deadline", seconds]), 2)


READERS = (
    parse_what,
    parse_occ,
    parse_day,
    parse_expiry,
    parse_limit,
    parse_take_profit,
    parse_window,
    Month.parse,
    DaysRange.parse,
    DeltaRange.parse,
    LegWish.parse,
    Trail.parse,
)


@given(text=WORDS, reader=st.sampled_from(READERS))
def test_each_reader_alone(text: str, reader: object) -> None:
    assert callable(reader)
    try:
        found = reader(text)
    except (UsageError, ValueError):
        return
    assert found is None or text.isascii()
    assert len(str(found)) < 400


BLOW_UPS = [
    "A " * 500_000,
    " " * 1_000_000 + "x",
    "A" * 1_000_000,
    "1" * 1_000_000,
    "1," * 500_000,
    "22AUG25 " * 100_000 + "!",
    "ARM " + "1,111" * 200_000 + " X",
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", BLOW_UPS, ids=lambda text: repr(text[:8]))
@pytest.mark.parametrize("reader", READERS)
def test_a_megabyte_takes_no_time(reader: object, text: str) -> None:
    """The command line takes less; a list of symbols among the settings may be so long."""
    assert callable(reader)
    try:
        reader(text)
    except (UsageError, ValueError):
        return


TARGETS = [
    ("x" * 300, 2),
    ("x" * 300 + ".json", 2),
    ("x" * 250, 0),
    ("folder", 2),
    ("no/such.json", 2),
    ("x.pdf", 2),
    ("~nosuchuser/x", 2),
    ("/dev/full", 3),
    ("/dev/null", 0),
    ("/proc/x.json", 3),
    ("pipe", 3),
    ("\udcff.json", 0),
    ("a\nb.json", 0),
    ("file.json/x", 2),
    ("", 2),
]


@pytest.mark.parametrize(("target", "code"), TARGETS, ids=lambda value: repr(value)[:12])
def test_where_output_may_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, code: int
) -> None:
    monkeypatch.setattr("ibcli.render.files._FOR_A_READER", 0.05)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.json").write_text("{}")
    os.mkfifo(tmp_path / "pipe")
    with alone(tmp_path):
        assert_one_sentence(said(["config", "show", "--output", target]), code)
