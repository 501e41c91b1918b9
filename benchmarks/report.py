"""The report: docs/benchmarks.md from the samples, and whether it fits the table of contents."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figures import course, figures
from benchmarks.sections import SECTIONS
from benchmarks.targets import TARGETS
from benchmarks.why import reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.figures import Figures
    from benchmarks.profile import Imports
    from benchmarks.work import Results, Row, Section

TEMPLATE = Path(__file__).with_name("report.md")
_NONE = "–"
_HEAD = "What"
_UNITS = 1e6
_TABLE = re.compile(rf"^\| {_HEAD} \| Pace .*\n\|[-:| ]+\n((?:\|.*\n?)*)", re.MULTILINE)


def document(results: Results, imports: Sequence[Imports], taken: str) -> str:
    """The whole page, for the sections of which there are results."""
    parts = {
        "taken": taken,
        "targets": _targets(results),
        "broken": _broken(results),
        "sections": "\n\n".join(
            _section(section, results)
            for section in SECTIONS
            if any(row.key in results for row in section.rows)
        ),
        "courses": _courses(results),
        "imports": _imports(imports),
        "missed": reasons(results),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return re.sub(r"\{([a-z]+)\}", lambda found: parts[found[1]], text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Markdown, its first row the head; all columns but the first to the right."""
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _section(section: Section, results: Results) -> str:
    taken = [(row, figures(results[row.key])) for row in section.rows if row.key in results]
    by_key = {row.key: found for row, found in taken}
    cells = [
        [cell(row, found, by_key.get(row.against or "")) for _, cell in _COLUMNS]
        for row, found in taken
    ]
    used = [n for n in range(len(_COLUMNS)) if any(line[n] is not None for line in cells)]
    rows = [[_COLUMNS[n][0] for n in used]]
    rows += [[line[n] or _NONE for n in used] for line in cells]
    return "\n\n".join(
        [f"## {section.title}", section.text, table(rows), *_parts(section, results)]
    )


def pace(row: Row) -> str:
    """What a row keeps to, as the report names it."""
    return f"{row.rate}/s" if row.rate else "none" if row.is_peer else _NONE


def _wall(_: Row, found: Figures, __: Figures | None) -> str:
    digits = 3 if found.wall < 1 else 2
    return f"{found.wall:.{digits}f} s"


def _spread(_: Row, found: Figures, __: Figures | None) -> str | None:
    digits = 3 if found.wall < 1 else 2
    return f"{found.least:.{digits}f}–{found.greatest:.{digits}f}" if found.samples > 1 else None


def _ratio(_: Row, found: Figures, base: Figures | None) -> str | None:
    return None if base is None else f"{found.wall / base.wall:.2f}"


def _cpu_ratio(_: Row, found: Figures, base: Figures | None) -> str | None:
    return None if base is None else f"{found.cpu / base.cpu:.2f}"


def _bound(_: Row, found: Figures, __: Figures | None) -> str | None:
    return None if found.bound is None else f"{found.bound:.2f} s"


def _bound_ratio(_: Row, found: Figures, __: Figures | None) -> str | None:
    return None if not found.bound else f"{found.wall / found.bound:.2f}"


def _requests(_: Row, found: Figures, __: Figures | None) -> str | None:
    if not found.requests:
        return None
    needed = "" if found.needed is None else f" of {found.needed:g}"
    return f"{found.requests:g}{needed}"


def _logins(_: Row, found: Figures, __: Figures | None) -> str | None:
    return None if not found.requests else f"{found.logins}"


def _peak(_: Row, found: Figures, __: Figures | None) -> str | None:
    return f"{found.peak}" if found.peak else None


def _too_fast(row: Row, found: Figures, __: Figures | None) -> str | None:
    if not found.requests:
        return None
    return f"{found.broke}" if row.is_peer else f"{found.refused}"


def _share(row: Row, found: Figures, __: Figures | None) -> str | None:
    """Where waiting for the network should be all that there is."""
    return f"{found.cpu / found.wall:.0%}" if row.key.startswith("scale.") else None


def _failures(_: Row, found: Figures, __: Figures | None) -> str | None:
    return f"{found.failures}" if found.requests or found.failures else None


_COLUMNS: tuple[tuple[str, Callable[[Row, Figures, Figures | None], str | None]], ...] = (
    (_HEAD, lambda row, _, __: row.title),
    ("Pace", lambda row, _, __: pace(row)),
    ("Time", _wall),
    ("Least–greatest", _spread),
    ("× compared", _ratio),
    ("Bound", _bound),
    ("× bound", _bound_ratio),
    ("CPU", lambda _, found, __: f"{found.cpu:.3f} s"),
    ("CPU × compared", _cpu_ratio),
    ("CPU of time", _share),
    ("Memory", lambda _, found, __: f"{found.memory / _UNITS:.0f} MB"),
    ("Requests (of needed)", _requests),
    ("Logins", _logins),
    ("Most in a second", _peak),
    ("Too fast", _too_fast),
    ("Failed", _failures),
)


def _parts(section: Section, results: Results) -> list[str]:
    """The parts of a command whose processor time was taken apart."""
    found = []
    for row in section.rows:
        samples = [sample for sample in results.get(row.key, []) if sample.parts]
        if samples:
            names = list(samples[0].parts)
            each = [median(sample.parts[name] for sample in samples) * 1000 for name in names]
            rows = [
                ["CPU of a command", *names],
                [row.title, *(f"{spent:.1f} ms" for spent in each)],
            ]
            found.append(
                "Its parts, for both orders together; `imported` is importing them and all that "
                f"they import, most of which the command needs anyway:\n\n{table(rows)}"
            )
    return found


def _targets(results: Results) -> str:
    rows = [["Target", "Measured", ""]]
    for target in TARGETS:
        try:
            verdict = target.judge(results)
        except KeyError:
            rows.append([target.name, "not taken", _NONE])
        else:
            rows.append([target.name, verdict.measured, "✓" if verdict.is_met else "✗"])
    return table(rows)


def _broken(results: Results) -> str:
    """Where a program that does not pace itself broke the limit."""
    rows = [["The ibind program", "Most in a second", "Requests", "Too fast"]]
    for row in _rows(results):
        found = figures(results[row.key])
        if row.is_peer and found.requests:
            counts = f"{found.peak}", f"{found.requests:g}", f"{found.broke}"
            rows.append([row.title, *counts])
    return table(rows)


def _courses(results: Results) -> str:
    rows = [["", "Pace", "Start", "Asking", "End", "Bound", "Ideal", "Attainable"]]
    for row in _rows(results):
        passed, found = course(results[row.key]), figures(results[row.key])
        if row.rate is not None and passed is not None and found.bound is not None:
            least = found.bound, found.ideal or 0.0, found.attainable or 0.0
            times = passed.start, passed.asking, passed.end, *least
            rows.append([row.title, pace(row), *(f"{spent:.2f} s" for spent in times)])
    return table(rows)


def _rows(results: Results) -> Iterable[Row]:
    return (row for section in SECTIONS for row in section.rows if row.key in results)


def _imports(imports: Sequence[Imports]) -> str:
    if not imports:
        return "Not taken."
    rows = [["Command", "Modules", "Importing", "Most of it"]]
    for each in imports:
        most = ", ".join(
            f"{name} {spent * 1000:.0f} ms" for name, spent in each.packages if spent >= 0.001
        )
        rows.append([f"`{each.command}`", f"{each.modules}", f"{each.seconds * 1000:.0f} ms", most])
    return table(rows)


def misfits(text: str) -> list[str]:
    """What the report lacks of the table of contents, and what it has beyond it."""
    shown = _shown(text)
    found = []
    for section in SECTIONS:
        there = shown.pop(section.title, None)
        if there is None:
            found.append(f"the section {section.title!r} is missing")
            continue
        wanted = {(row.title, pace(row)) for row in section.rows}
        found += [f"{section.title}: the row {row} is missing" for row in sorted(wanted - there)]
        found += [f"{section.title}: nothing takes the row {row}" for row in sorted(there - wanted)]
    found += [f"nothing takes the section {title!r}" for title, rows in shown.items() if rows]
    found += [
        f"the target {target.name!r} is missing" for target in TARGETS if target.name not in text
    ]
    return found


def _shown(text: str) -> dict[str, set[tuple[str, str]]]:
    """The rows of each section's first table, by what and pace."""
    sections: dict[str, set[tuple[str, str]]] = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        found = _TABLE.search(body)
        rows = found[1].splitlines() if found else []
        cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
        sections[title] = {(cell[0], cell[1]) for cell in cells}
    return sections
