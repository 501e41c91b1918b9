"""The report shows what the benchmark takes, all of it and nothing else."""

from __future__ import annotations

import pytest

from benchmarks.broker import Asked
from benchmarks.outputs import Printed, compare
from benchmarks.process import BenchmarkError
from benchmarks.profile import imports_of
from benchmarks.report import document, misfits
from benchmarks.sections import BY_NAME, ROWS
from benchmarks.targets import TARGETS
from benchmarks.work import Results, Sample
from scripts.docs.__main__ import unmeasured

ASKED = Asked(
    requests=31, logins=1, peak=10, broke=0, refused=0, failed=0, cpu=0.1, first=100.2, last=103.0
)


def results() -> Results:
    """Every row: ibcli takes one second, all else ten."""
    from benchmarks import bounds

    bound = bounds.chain([21], cold=True).bound(10, 0.05)
    found: Results = {}
    for key, row in ROWS.items():
        wall = 10.0 if row.is_peer or row.rate is None else 3.5
        sample = Sample(wall, 0.3, 40_000_000, began=100.0, asked=ASKED, bound=bound)
        found[key] = [sample, sample]
    parts = {"journal": 0.010, "guards": 0.002, "pacing": 0.004, "imported": 0.05}
    found["order.parts"] = [Sample(3.5, 0.3, 40_000_000, 100.0, ASKED, parts=parts)]
    return found


@pytest.fixture(scope="module")
def page() -> str:
    """Of a whole run."""
    printed = "import time: 100 | 2000 | ibcli.cli\nimport time: 1500 | 3000 | click.core\n"
    return document(results(), [imports_of(printed, "ibcli --help")], "Taken on a Friday.")


def test_a_whole_run_fits(page: str) -> None:
    assert misfits(page) == []
    assert "{" not in page


def test_the_report_in_the_docs_fits() -> None:
    assert unmeasured() == []


def test_a_row_that_is_missing_is_noticed(page: str) -> None:
    lines = [line for line in page.splitlines() if not line.startswith("| 61 strikes, ibcli, warm")]
    (at_ten, at_fifty) = misfits("\n".join(lines))
    assert "61 strikes, ibcli, warm" in at_ten
    assert "50/s" in at_fifty


def test_a_row_of_former_days_is_noticed(page: str) -> None:
    stale = page.replace("| 20 ibind programs |", "| 19 ibind programs |")
    assert len(misfits(stale)) == 2


def test_a_section_that_is_missing_is_noticed(page: str) -> None:
    title = BY_NAME["cron"].title
    assert misfits(page.replace(f"## {title}", "## Something else"))[0].endswith("is missing")


def test_a_target_that_is_missing_is_noticed(page: str) -> None:
    assert misfits(page.replace(TARGETS[0].name, "")) == [
        f"the target {TARGETS[0].name!r} is missing"
    ]


def test_ratios_are_those_of_the_medians(page: str) -> None:
    (line,) = [line for line in page.splitlines() if line.startswith("| 20 ibcli commands")][:1]
    assert "| 0.35 |" in line


def test_what_is_missed_is_said_with_its_figures(page: str) -> None:
    missed = page.partition("## What was not reached, and why")[2]
    assert "Warm chain of 61 strikes" in missed
    assert "31 requests" not in missed
    assert "Scale: peak memory" not in missed
    assert "0.20 s until the first request arrived, 2.80 s until the last" in missed


def test_a_request_that_came_too_fast_misses_a_target() -> None:
    taken = results()
    fast = Asked(31, 1, 11, 1, 1, 0, 0.1, 100.2, 103.0)
    taken["chain.21.cold"] = [Sample(3.5, 0.3, 40_000_000, 100.0, fast)]
    (target,) = [each for each in TARGETS if "pacing limit" in each.name]
    assert not target.judge(taken).is_met
    assert target.judge(results()).is_met


def test_programs_that_do_other_work_are_not_compared() -> None:
    ours = Printed({(float(strike), "C"): strike for strike in range(20)}, 20)
    compare(ours, ours, "chain")
    others = [
        Printed({**ours.conids, (99.0, "C"): 99}, 21),
        Printed({**ours.conids, (0.0, "C"): 99}, 20),
        Printed(ours.conids, 10),
        Printed({(float(strike) + 50, "C"): strike for strike in range(20)}, 20),
    ]
    for other in others:
        with pytest.raises(BenchmarkError):
            compare(ours, other, "chain")
