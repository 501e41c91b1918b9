"""docs/errors.md: exit codes and error codes, checked against what the code raises."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import ibcli
from ibcli.errors import ExitCode
from scripts.docs.causes import CAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(ibcli.__file__).parent
HEAD = """\
# Errors and exit codes

This page is written by `make docs` from the code.

Every failure ends with a message and a hint on stderr, an exit code, and with `--json` one document
on stdout:

```json
{"schema": 1, "command": "chain", "ok": false,
 "error": {"code": "unknown-month", "message": "...", "hint": "...", "retryable": false},
 "warnings": []}
```

`retryable` says whether the same command may succeed later unchanged. When some of the data had
not arrived (exit code 7), the document holds `data` and `error` both.

## Exit codes

"""


def exit_code_table() -> str:
    """The exit codes as a table."""
    lines = ["| Code | Meaning |", "| ---: | --- |"]
    return "\n".join([*lines, *(f"| {code} | {means} |" for code, means in exit_codes().items())])


def exit_codes() -> dict[int, str]:
    """Each exit code and its meaning; a signal's one is the shell's custom."""
    return {code.value: code.meaning for code in ExitCode}


def errors_page() -> str:
    """The page: exit codes, then each exit code's errors."""
    parts = [HEAD, exit_code_table(), "\n"]
    for exit_code, meaning in exit_codes().items():
        found = {code: c for code, c in CAUSES.items() if c.exit_code == exit_code}
        if not found:
            continue
        parts.append(f"\n## {exit_code}: {meaning}\n\n")
        parts.append("| Error | Cause | Next step |\n| --- | --- | --- |\n")
        parts += [f"| `{code}` | {c.cause} | {c.step} |\n" for code, c in found.items()]
    return "".join(parts)


def undocumented() -> list[str]:
    """Complaints: codes that are raised and not explained, or explained and not raised."""
    raised = dict(raised_codes())
    known = words_of_the_code()
    complaints = [
        f"{place}: the error code {code} is not explained in scripts/docs/causes.py"
        for code, place in sorted(raised.items())
        if code not in CAUSES
    ]
    complaints += [
        f"scripts/docs/causes.py: nothing raises the error code {code}"
        for code in CAUSES
        if code not in known
    ]
    return complaints


def raised_codes() -> Iterator[tuple[str, str]]:
    """Each literal of a ``code=`` argument or a ``default_code``, with its place."""
    for path, node in _nodes():
        for value in _code_values(node):
            for constant in ast.walk(value):
                if isinstance(constant, ast.Constant) and _is_code(constant.value):
                    yield str(constant.value), f"{path.relative_to(PACKAGE)}:{constant.lineno}"


def _code_values(node: ast.AST) -> list[ast.expr]:
    """The expressions that say an error's code."""
    if isinstance(node, ast.Call):
        return [
            part
            for word in node.keywords
            if word.arg == "code"
            for part in (
                (word.value.body, word.value.orelse)
                if isinstance(word.value, ast.IfExp)
                else (word.value,)
            )
        ]
    if isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "default_code" for target in node.targets
    ):
        return [node.value]
    return []


def words_of_the_code() -> set[str]:
    """Every string literal of the package that could be a code, also when it is handed on."""
    return {
        node.value
        for _, node in _nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_code(node.value)
    }


def _is_code(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[a-z][a-z0-9-]*", value) is not None


def _nodes() -> Iterator[tuple[Path, ast.AST]]:
    """The syntax trees of the client; the simulator raises errors of its own."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if PACKAGE / "sim" not in path.parents:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from ((path, node) for node in ast.walk(tree))
