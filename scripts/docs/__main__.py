"""``make docs`` writes the generated docs anew; with ``--check`` it says which are stale.

What the demo prints (the picture of the chain, the outputs in the README) changes with the time of
day, so it is written by ``make docs`` and its words are compared by the tests, not by ``--check``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.report import misfits
from chaos import report as reliability
from ibcli.config.example import example_env_file
from scripts.docs.commands import commands_page
from scripts.docs.errors import errors_page, exit_code_table, undocumented
from scripts.docs.readme import with_blocks
from scripts.docs.settings import guards_table, login_table, settings_page

ROOT = Path(__file__).parents[2]


def pages() -> dict[Path, str]:
    """Every generated file whose text depends on the code alone, and the report of the campaign
    whose figures are kept.
    """
    readme = ROOT / "README.md"
    return reliability.pages() | {
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "errors.md": errors_page(),
        ROOT / "docs" / "settings.md": settings_page(),
        ROOT / "config" / ".env.example": example_env_file(),
        readme: with_blocks(
            readme.read_text(encoding="utf-8"),
            {
                "exit codes": exit_code_table(),
                "settings": login_table(),
                "guards": guards_table(),
            },
        ),
    }


def unmeasured() -> list[str]:
    """Where docs/benchmarks.md does not fit what `make bench` takes."""
    page = ROOT / "docs" / "benchmarks.md"
    if not page.exists():
        return ["docs/benchmarks.md is missing: run make bench"]
    found = misfits(page.read_text(encoding="utf-8"))
    return [f"docs/benchmarks.md: {misfit}: run make bench" for misfit in found]


def unproven() -> list[str]:
    """What is wrong with the figures that docs/reliability.md is made from."""
    return reliability.complaints()


def main(argv: list[str]) -> int:
    """Write, or check; 1 when something is stale, not measured or an error not explained."""
    complaints = [*undocumented(), *unmeasured()]
    if "--check" in argv:  # the words may be written anew, whatever the figures
        complaints += unproven()
    for complaint in complaints:
        sys.stderr.write(f"{complaint}\n")
    if complaints:
        return 1
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in argv:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run make docs\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages()[path], encoding="utf-8")
    from scripts.docs.demo import write_outputs, write_picture

    write_picture(ROOT / "docs" / "chain.svg")
    write_outputs(ROOT / "README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
