"""--json, --csv, --output, --deadline and the root's options, before and after the command."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shop


@pytest.mark.parametrize("argv", [["good", "--json"], ["--json", "good"]])
def test_options_count_before_and_after_the_command(run_shop: Shop, argv: list[str]) -> None:
    assert json.loads(run_shop(*argv).out)["ok"] is True


def test_the_root_options_count_after_the_command_too(run_shop: Shop) -> None:
    ended = run_shop("--deadline", "5", "waiting", "--demo", "--profile", "paper")
    assert "5.0 True paper" in ended.err


def test_the_options_nearest_the_command_win(run_shop: Shop) -> None:
    assert "7.0 False None" in run_shop("--deadline", "5", "waiting", "--deadline", "7").err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon", ""])
def test_a_deadline_is_a_positive_number(run_shop: Shop, seconds: str) -> None:
    ended = run_shop("waiting", f"--deadline={seconds}")
    assert ended.code == 2
    assert "--deadline 30" in ended.err


def test_numbers_are_exact_in_json(run_shop: Shop) -> None:
    assert '"last": 1.60,' in run_shop("good", "--json").out


def test_csv_has_a_row_a_contract(run_shop: Shop) -> None:
    rows = list(csv.DictReader(io.StringIO(run_shop("good", "--csv").out)))
    assert len(rows) == 7
    assert rows[0]["expiry"] == "2025-08-22"
    assert rows[0]["bid"] == "4.55"
    assert rows[-1]["bid"] == ""


def test_what_is_no_table_has_no_csv(run_shop: Shop) -> None:
    assert run_shop("found", "--csv").code == 2


def test_csv_of_what_is_no_table_by_its_file_is_refused(run_shop: Shop, tmp_path: Path) -> None:
    assert run_shop("good", "--json", "--csv").code == 2
    target = tmp_path / "chain.xlsx"
    ended = run_shop("good", "--output", str(target))
    assert ended.code == 2
    assert ".csv" in ended.err
    assert not target.exists()


@pytest.mark.parametrize(
    ("name", "flags", "begins"),
    [
        ("chain.json", [], '{"schema": 1'),
        ("chain.csv", [], "symbol,"),
        ("chain.svg", [], "<svg"),
        ("chain.txt", [], "ARM  140.13"),
        ("chain", [], "ARM  140.13"),
        ("chain.txt", ["--json"], '{"schema": 1'),
        ("chain.log", ["--csv"], "symbol,"),
    ],
)
def test_output_in_the_form_that_flag_or_name_say(
    run_shop: Shop, tmp_path: Path, name: str, flags: list[str], begins: str
) -> None:
    ended = run_shop("good", "--output", str(tmp_path / name), *flags)
    assert ended.code == 0
    assert ended.out == ""
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_output_keeps_the_mode_and_leaves_nothing_beside(run_shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "chain.json"
    target.write_text("old")
    target.chmod(0o640)
    run_shop("good", "--output", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["chain.json"]


def test_output_through_a_link_keeps_the_link(run_shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    run_shop("good", "--output", str(tmp_path / "link.json"))
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["ok"] is True


def test_a_failed_command_leaves_the_old_file(run_shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "chain.json"
    target.write_text("old")
    ended = run_shop("unknown", "--json", "--output", str(target))
    assert target.read_text() == "old"
    assert json.loads(ended.out)["error"]["code"] == "no-such-month"


@pytest.mark.parametrize("target", ["no-such-folder/chain.json", "."])
def test_a_file_that_cannot_be_is_refused_before_anything_runs(
    run_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run_shop("buggy", "--output", target)
    assert ended.code == 2
    assert "--output" in ended.err


def test_output_to_a_device_writes_to_it(run_shop: Shop) -> None:
    assert run_shop("good", "--output", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_output_to_a_full_disk_is_the_machines_fault(run_shop: Shop) -> None:
    ended = run_shop("good", "--output", "/dev/full")
    assert ended.code == 3
    assert "[output-unwritable]" in ended.err
