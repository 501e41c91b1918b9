"""How steps and findings are drawn: a mark, a name, words."""

from __future__ import annotations

MARKS = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "bold red"),
    "skipped": ("-", "dim"),
}
