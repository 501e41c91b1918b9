"""How every command line ends: exit code, message, exactly one document when asked for."""

from __future__ import annotations

import json
import logging

import pytest

from tests.cli.conftest import SECRET, Shop


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["good"], 0),
        (["buggy"], 1),
        (["good", "--nonsense"], 2),
        (["no-such-command"], 2),
        (["picky", "x"], 2),
        (["picky"], 2),
        (["unknown"], 5),
        (["partial"], 7),
        (["impatient"], 130),
        (["ended"], 143),
    ],
)
def test_exit_code(run_shop: Shop, argv: list[str], code: int) -> None:
    assert run_shop(*argv).code == code


def test_a_failure_without_json_leaves_stdout_empty(run_shop: Shop) -> None:
    ended = run_shop("unknown")
    assert ended.out == ""
    assert ended.err == "Error: No month SEP99. [no-such-month]\nHint: Nearest: SEP25.\n"


def test_success_is_one_document(run_shop: Shop) -> None:
    ended = run_shop("good", "--json")
    document = json.loads(ended.out)
    assert (document["schema"], document["command"], document["ok"]) == (1, "good", True)
    assert document["warnings"] == ["the clock runs late"]
    assert "error" not in document
    assert "simulated" not in document
    assert ended.err == "Warning: the clock runs late\n"


def test_failure_is_one_document(run_shop: Shop) -> None:
    document = json.loads(run_shop("unknown", "--json").out)
    assert document == {
        "schema": 1,
        "command": "unknown",
        "ok": False,
        "error": {
            "code": "no-such-month",
            "message": "No month SEP99.",
            "hint": "Nearest: SEP25.",
            "retryable": False,
        },
        "warnings": [],
    }


def test_incomplete_data_is_one_document_with_both(run_shop: Shop) -> None:
    ended = run_shop("partial", "--json")
    document = json.loads(ended.out)
    assert document["ok"] is False
    assert document["error"]["code"] == "incomplete"
    assert document["data"]["underlying"]["conid"] == 653400472
    assert "Bid of 3 contracts" in ended.err


def test_incomplete_rows_are_printed_all_the_same(run_shop: Shop) -> None:
    assert "▸140.0◂" in run_shop("partial").out


@pytest.mark.parametrize(
    "argv",
    [
        ["good", "--nonsense", "--json"],
        ["--json", "good", "--nonsense"],
        ["no-such-command", "--json"],
        ["picky", "--json"],
        ["picky", "x", "--json"],
        ["good", "--json", "--csv"],
        ["good", "--deadline", "soon", "--json"],
        ["--json"],
        ["buggy", "--json"],
        ["impatient", "--json"],
        ["ended", "--json"],
    ],
)
def test_every_failure_is_one_document(run_shop: Shop, argv: list[str]) -> None:
    ended = run_shop(*argv)
    document = json.loads(ended.out)
    assert document["ok"] is False
    assert set(document["error"]) == {"code", "message", "hint", "retryable"}
    assert ended.code != 0


def test_json_behind_a_double_dash_is_a_word_not_an_option(run_shop: Shop) -> None:
    ended = run_shop("picky", "--", "--json")
    assert ended.out == ""
    assert "--json is no month." in ended.err


@pytest.mark.parametrize("argv", [["picky"], ["picky", "x", "--month"], ["picky", "--what"]])
def test_a_usage_error_shows_an_example_of_that_command(run_shop: Shop, argv: list[str]) -> None:
    assert "Example: shop picky ARM" in run_shop(*argv).err


@pytest.mark.parametrize("more", [[], ["--json"], ["--debug"], ["--debug", "--json"]])
def test_a_bug_gives_no_secret_away(run_shop: Shop, more: list[str]) -> None:
    ended = run_shop("buggy", *more)
    assert ended.code == 1
    assert SECRET not in ended.out + ended.err
    assert "KeyError" in ended.err


def test_a_bug_is_one_line_and_a_hint(run_shop: Shop) -> None:
    lines = run_shop("buggy").err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Error", "Hint"]


def test_debug_shows_where_the_bug_is(run_shop: Shop) -> None:
    error = run_shop("buggy", "--debug").err
    assert "in buggy" in error
    assert "***" in error


def test_messages_move_no_cursor(run_shop: Shop) -> None:
    assert "\x1b" not in run_shop("picky", "\x1b[2J").err


def test_the_log_ends_with_the_command(run_shop: Shop) -> None:
    run_shop("buggy", "--debug")
    assert not logging.getLogger("ibcli").handlers
