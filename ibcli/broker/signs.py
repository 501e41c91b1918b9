"""Which of the broker's signs may be shown: none that drives, hides or turns what stands beside it.

Letters written from right to left are replaced, too: terminals that heed Unicode's rules for them
(https://www.unicode.org/reports/tr9/) show the prices beside one in the opposite order.
"""

from __future__ import annotations

import unicodedata

# Cc control, Cf invisible (bidi overrides too), Cs lone surrogates, Co private, Cn none at all,
# Zl/Zp line ends
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LEFTWARD = frozenset({"R", "AL", "AN"})
STAND_IN = "\N{REPLACEMENT CHARACTER}"


def shown_signs(text: str) -> str:
    """The text without what may not be shown; blanks for what separates words."""
    if text.isascii() and text.isprintable():  # as most are, and soon found to be
        return text
    return "".join(map(_shown, text))


def _shown(sign: str) -> str:
    if sign in "\t\n\r":
        return " "
    if unicodedata.category(sign) in _UNSHOWN:
        return ""
    return STAND_IN if unicodedata.bidirectional(sign) in _LEFTWARD else sign
