"""The docs say what the code does."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import click
import pytest

from ibcli.cli import root, run
from scripts.docs.__main__ import ROOT, pages
from scripts.docs.causes import CAUSES
from scripts.docs.demo import demo_blocks, run_demo
from scripts.docs.errors import raised_codes, undocumented
from scripts.docs.readme import blocks_of, with_blocks

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.name))
def test_no_page_is_stale(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages()[path], "run make docs"


def test_every_error_is_explained() -> None:
    assert undocumented() == []


def test_an_unexplained_error_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(CAUSES, "output-unwritable")
    assert any("output-unwritable" in complaint for complaint in undocumented())


def test_error_codes_are_found_in_the_code() -> None:
    assert {"usage", "demo-not-installed", "insecure-url"} <= set(dict(raised_codes()))


def test_every_command_is_on_its_page() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for words in ("ibcli", "ibcli auth test", "ibcli chain", "ibcli sim serve"):
        assert re.search(rf"^#+ {words}$", page, re.MULTILINE), words


def test_the_first_lines_are_the_two_commands() -> None:
    assert README.splitlines()[3].startswith("make demo")
    assert README.splitlines()[4].startswith("make test")


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.name))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize(
    "code", sorted(set(re.findall(r"^\| (`[a-z][a-z-]+`.*?) \|", README, re.MULTILINE)))
)
def test_the_troubles_of_the_readme_exist(code: str) -> None:
    for word in re.findall(r"`([a-z-]+)`", code):
        assert word in CAUSES


CODE = "".join(
    re.findall(r"^ *```(?:sh|cron|console)\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
)
LINES = sorted(set(re.findall(r"(?:^ *|\$ |5  |\()(ibcli (?:--|[a-z]).*)$", CODE, re.MULTILINE)))


@pytest.mark.parametrize("line", LINES)
def test_the_command_lines_of_the_readme_parse(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line.replace(")", " ) "), comments=True)
    end = next((i for i, word in enumerate(words) if word in {"|", "&", ")", ";"}), len(words))
    assert run([*words[1:end], "--help"]) == 0, capsys.readouterr().err


def test_there_are_command_lines_in_the_readme() -> None:
    assert len(LINES) > 8


def _words(text: str) -> set[str]:
    """The words of an output that do not change with the time of day."""
    passing = {"oldest", "old", "quote", "kept", "established"}
    return set(re.findall(r"[A-Za-z]{3,}", text)) - passing


def test_the_outputs_of_the_readme_are_those_of_the_demo(tmp_path: Path) -> None:
    for line in demo_blocks(README):
        shown = blocks_of(README)[line]
        assert shown.startswith(f"```console\n$ {line}\n")
        shown_words = _words(shown.replace(line, ""))
        printed_words = _words(run_demo(shlex.split(line)[1:], tmp_path))
        assert len(shown_words & printed_words) >= 0.9 * len(shown_words | printed_words), line


def test_the_picture_shows_a_chain() -> None:
    picture = (ROOT / "docs" / "chain.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(picture)
    text = re.sub(r"<[^>]+>", " ", picture).replace("&#160;", " ")
    for word in ("CALLS", "PUTS", "Strike", "LIVE", "New York", "ARM"):
        assert word in text
    assert "http" not in re.sub(r'xmlns="[^"]*"|<!--.*?-->', "", picture)


def test_blocks_are_replaced_and_others_kept() -> None:
    text = "<!-- begin: a -->\nold\n<!-- end -->\n<!-- begin: b -->\nkept\n<!-- end -->\n"
    assert with_blocks(text, {"a": "new\n"}) == text.replace("old", "new")


def test_no_option_is_hidden_without_being_shown_elsewhere() -> None:
    shown = {
        param.opts[0]
        for command in (root, root.get_command(click.Context(root), "chain"))
        if command is not None
        for param in command.params
        if isinstance(param, click.Option) and not param.hidden
    }
    assert {"--json", "--csv", "--output", "--deadline", "--debug"} <= shown
    assert {"--demo", "--env-file", "--profile"} <= shown
