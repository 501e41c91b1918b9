"""The parts of the README that are not written by hand stand between two comments each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLOCK = re.compile(r"(<!-- begin: (?P<name>.*?) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)


def with_blocks(text: str, blocks: Mapping[str, str]) -> str:
    """The text with the named blocks replaced; others stay as they are."""

    def replaced(match: re.Match[str]) -> str:
        if match["name"] not in blocks:
            return match[0]
        return f"{match[1]}{blocks[match['name']].strip()}\n{match[4]}"

    return _BLOCK.sub(replaced, text)


def blocks_of(text: str) -> dict[str, str]:
    """Each block's name and present text."""
    return {match["name"]: match["text"] for match in _BLOCK.finditer(text)}
