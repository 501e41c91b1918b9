"""The report says what the days of a campaign hold, and is not made of too few."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chaos import report
from chaos.figures import DAYS, HITS, Figures, UnfitError
from chaos.kinds import Kind
from chaos.outcome import Outcome
from chaos.report import complaints, document, missing_files, write
from scripts.docs.__main__ import pages, unproven

if TYPE_CHECKING:
    from pathlib import Path

ENOUGH = {str(kind): 1 for kind in Kind}


def outcome(seed: int, **facts: object) -> Outcome:
    """A good day on which every kind of fault struck once."""
    kinds = ENOUGH if seed < HITS else {}
    good = Outcome(seed, orders=2, commands=3, faults=kinds, codes={"0": 2, "8": 1}, doubts=1)
    return replace(good, **facts)  # type: ignore[arg-type]


OURS = [outcome(seed) for seed in range(DAYS)]
PLAIN = [outcome(seed, codes={"1": 3}, doubts=0) for seed in range(DAYS)]
PLAIN[7] = replace(PLAIN[7], duplicates=3, findings=("duplicates: thrice",))
PLAIN[8] = replace(PLAIN[8], duplicates=2, kills={"SIGKILL step": 1}, codes={"-9": 1})


@pytest.fixture
def page() -> str:
    """Of these days."""
    return document(Figures.of(OURS, PLAIN, "Taken on a Friday."))


def row(page: str, words: str) -> list[str]:
    """The cells of the row that begins so."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {words} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_it_says_what_happened(page: str) -> None:
    assert row(page, "Trading days") == ["2,000", "2,000"]
    assert row(page, "**Duplicates**") == ["0", "5 on 2 days"]
    assert row(page, "**Unsettled**") == ["0", "–"]
    assert row(page, "Commands that ended in doubt, exit code 8") == ["2,000", "–"]
    assert row(page, "410") == ["100", "100"]
    assert row(page, "8") == ["2,000", "0"]
    assert row(page, "ended by SIGKILL") == ["0", "1"]
    assert "0 duplicates, 0 lost, 0 unprotected, 0 leaks, nothing unsettled" in page
    assert "Taken on a Friday." in page
    assert "{" not in page


def test_it_says_what_was_found(page: str) -> None:
    ours = [*OURS]
    ours[41] = outcome(41, lost=1, findings=("lost: one",))
    text = document(Figures.of(ours, PLAIN, ""))
    assert row(text, "**Lost**") == ["1 on 1 day", "0"]
    assert "something was found: 41." in text
    assert "nothing else amiss" in page
    assert "nothing else amiss" not in text


def test_the_figures_are_kept_whole(tmp_path: Path) -> None:
    assert write(OURS, PLAIN, "Now.", tmp_path / "page.md") == []
    kept = Figures.load(tmp_path / "figures.json")
    assert kept.lacks() == []
    assert document(kept) == (tmp_path / "page.md").read_text(encoding="utf-8")


def test_too_few_days_are_refused(tmp_path: Path) -> None:
    complaints = write(OURS[:-1], PLAIN[:-1], "Now.", tmp_path / "page.md")
    assert complaints == ["1999 days of at least 2000"]
    assert list(tmp_path.iterdir()) == []


def test_a_fault_that_was_too_rare_is_refused(tmp_path: Path) -> None:
    ours = [outcome(0, faults={**ENOUGH, Kind.GONE: 0}), *OURS[1:]]
    (complaint,) = write(ours, PLAIN, "", tmp_path / "page.md")
    assert complaint == "faults that struck fewer than 100 times: 410 99"


def test_other_days_are_refused(tmp_path: Path) -> None:
    (complaint,) = write(OURS, PLAIN[1:], "", tmp_path / "page.md")
    assert "the same days" in complaint


def test_a_day_on_which_the_campaign_itself_failed_is_refused() -> None:
    broken = [outcome(0, findings=("the campaign failed: OSError",)), *PLAIN[1:]]
    with pytest.raises(UnfitError, match="Seed 0"):
        Figures.of(OURS, broken, "")


def test_figures_of_another_form_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text('{"ibcli": {"days": 1}, "plain": {}}')
    with pytest.raises(UnfitError):
        Figures.load(tmp_path / "figures.json")


def test_every_test_that_it_names_is_there(page: str) -> None:
    assert missing_files(page.replace("`chaos/figures.json`", "")) == []
    assert missing_files("`tests/nowhere/test_nothing.py`") == ["tests/nowhere/test_nothing.py"]


def test_the_check_complains_of_figures_that_may_not_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert complaints(path) == ["chaos/kept.json cannot be read: run make chaos"]
    Figures.of(OURS, PLAIN, "").save(path)
    assert complaints(path) == []
    ours = [outcome(0, lost=1, findings=("lost: one",)), *OURS[1:-1]]
    Figures.of(ours, PLAIN[:-1], "").save(path)
    few, failing = complaints(path)
    assert "1999 days of at least 2000: run make chaos" in few
    assert failing.endswith("days with findings: 0")


def test_make_check_looks_at_it() -> None:
    assert unproven() == complaints()
    assert set(report.pages()) <= set(pages())
