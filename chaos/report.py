"""The report: docs/reliability.md from the figures of a campaign, and whether it may be shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.figures import FIGURES, HARMS, Figures, UnfitError
from chaos.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.figures import Sums
    from chaos.outcome import Outcome

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
TEMPLATE = Path(__file__).with_name("report.md")
_NONE = "–"

_COUNTED = {
    "commands": "Processes",
    "requests": "Requests that the broker heard",
    "orders": "Orders booked: entries and closing orders",
    "stops": "Stops and take-profits booked with them",
    "fills": "Fills",
}
_HARMED = {
    "duplicates": "**Duplicates**",
    "lost": "**Lost**",
    "unprotected": "**Unprotected**",
    "leaks": "**Leaks**",
    "wrong": "**Anything else that is not as promised**",
    "unsettled": "**Unsettled**",
}
_DOUBTED = {
    "doubts": "Commands that ended in doubt, exit code 8",
    "settled": "Orders once in doubt of which all was known at the end",
    "doubts_told": "Orders in doubt at the end, and exit code 8 said so",
}
_OURS_ALONE = {"unsettled", *_DOUBTED}
"""A program that keeps no journal cannot doubt."""

_CODES = {"-9": "ended by SIGKILL", "-15": "ended by SIGTERM", "None": "hung; put down after 25 s"}


def write(
    ours: Sequence[Outcome], plain: Sequence[Outcome], taken: str, page: Path = PAGE
) -> list[str]:
    """Write the figures and the page; what forbids it, in which case nothing is written."""
    try:
        figures = Figures.of(ours, plain, taken)
    except UnfitError as error:
        return [str(error)]
    if lacking := figures.lacks():
        return lacking
    figures.save(FIGURES if page == PAGE else page.with_name(FIGURES.name))
    page.write_text(document(figures), encoding="utf-8")
    return []


def document(figures: Figures) -> str:
    """The whole page."""
    ours = figures.ibcli
    parts = {
        "taken": figures.taken,
        "days": f"{ours.days:,}",
        "seeds": f"{figures.first} to {figures.last}",
        "verdict": _verdict(figures),
        "sums": _sums(figures),
        "faults": _counted("Fault", "faults", [(kind, str(kind)) for kind in Kind], figures),
        "kills": _counted("Signal, and when", "kills", _kills(figures), figures),
        "codes": _counted("Exit code", "codes", _codes(figures), figures),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return re.sub(r"\{([a-z]+)\}", lambda found: parts[found[1]], text)


def complaints(kept: Path = FIGURES) -> list[str]:
    """What is wrong with the figures that the page in the docs is made from, or with the page."""
    try:
        figures = Figures.load(kept)
    except UnfitError as error:
        return [f"{error}: run make chaos"]
    found = [f"{kept.name}: {lacking}: run make chaos" for lacking in figures.lacks()]
    if figures.failing:
        found.append(f"{kept.name}: days with findings: {_listed(figures.failing)}")
    text = document(figures)
    found += [f"{PAGE.name} names {path}, which is not there" for path in missing_files(text)]
    return found


def missing_files(text: str) -> list[str]:
    """Tests and folders that the page names and that do not exist."""
    named = re.findall(r"`((?:tests|chaos|docs)/[\w/.*]+)`", text)
    return [path for path in dict.fromkeys(named) if not any(ROOT.glob(path.rstrip("/")))]


def pages() -> dict[Path, str]:
    """The page as the kept figures make it; nothing when there are none."""
    try:
        return {PAGE: document(Figures.load())}
    except UnfitError:
        return {}


def _verdict(figures: Figures) -> str:
    harms = figures.ibcli.harms
    found = ", ".join(f"{harms[name]} {name}" for name in HARMS[:4])
    if not figures.failing:
        return f"ibcli ended them with {found}, nothing unsettled, and nothing else amiss."
    seeds = _listed(figures.failing)
    return f"ibcli ended them with {found}; days on which something was found: {seeds}."


def _listed(seeds: Sequence[int]) -> str:
    more = f" and {len(seeds) - 20} more" if len(seeds) > 20 else ""
    return ", ".join(str(seed) for seed in seeds[:20]) + more


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Markdown, its first row the head; all columns but the first to the right."""
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _sums(figures: Figures) -> str:
    sides = figures.ibcli, figures.plain
    rows = [["", "ibcli", "plain program"]]
    rows.append(["Trading days", *(f"{side.days:,}" for side in sides)])
    for name, words in _COUNTED.items():
        rows.append([words, *(f"{side.counts[name]:,}" for side in sides)])
    rows.append(["Faults that struck", *(f"{sum(side.faults.values()):,}" for side in sides)])
    for name, words in _HARMED.items():
        plain = _NONE if name in _OURS_ALONE else _harm(figures.plain, name)
        rows.append([words, _harm(figures.ibcli, name), plain])
    for name, words in _DOUBTED.items():
        rows.append([words, f"{figures.ibcli.counts[name]:,}", _NONE])
    rows.append(["Seconds a day", *(f"{side.seconds / side.days:.1f}" for side in sides)])
    return _table(rows)


def _harm(side: Sums, name: str) -> str:
    number, days = side.harms[name], side.harmed[name]
    return f"{number:,} on {days:,} day{'s' if days > 1 else ''}" if number else "0"


def _counted(head: str, what: str, rows: Sequence[tuple[str, str]], figures: Figures) -> str:
    """A table of counts; a row is a name, and how the page calls it."""
    sides = getattr(figures.ibcli, what), getattr(figures.plain, what)
    counts = [[words, *(f"{side.get(name, 0):,}" for side in sides)] for name, words in rows]
    return _table([[head, "ibcli", "plain program"], *counts])


def _kills(figures: Figures) -> list[tuple[str, str]]:
    words = {
        "step": "between two steps: a journal entry, bytes sent, bytes received",
        "request": "while the broker had a request in hand",
        "instant": "at some instant",
    }
    names = sorted({*figures.ibcli.kills, *figures.plain.kills})
    return [(name, f"{(said := name.split())[0]} {words[said[1]]}") for name in names]


def _codes(figures: Figures) -> list[tuple[str, str]]:
    names = {*figures.ibcli.codes, *figures.plain.codes}
    numbers = sorted((name for name in names if name not in _CODES), key=int)
    return [(name, _CODES.get(name, name)) for name in [*numbers, *sorted(names & _CODES.keys())]]
