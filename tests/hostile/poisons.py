"""What a broker's answer could hold at worst, and ways to put it anywhere into a good answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# JSON that no writer of JSON would write; put in where a text of this form stands.
_RAW = {
    "nan": "NaN",
    "infinity": "-Infinity",
    "10**400": f"1{'0' * 400}",
    "5000 nines": "9" * 5000,
    "1e308": "1e308",
    "1e400": "1e400",
    "1e999999": "1e999999",
    "1e-999999": "1e-999999",
    "1e9999999999": "1e9999999999999999999",
    "-0": "-0",
    "-0.0": "-0.0",
    "fine": f"0.{'1' * 400}",
    "deep list": "[" * 300 + "]" * 300,
    "deep object": '{"error":' * 300 + "1" + "}" * 300,
    "deeper": "[" * 100_000 + "]" * 100_000,
    "a raw control": '"a\x01b\tc"',
    "twice": '{"a": 1, "a": 2, "order_id": 1, "order_id": 2}',
    "half a pair": '"\\ud83d"',
    "a null in a text": '"a\\u0000b"',
}

# Seven digits that no market and no account here has: as a number they may come out nowhere.
TELL = "7712345"
NOT_NUMBERS: tuple[object, ...] = (
    True,
    False,
    [7712345],
    {"value": 7712345},
    "7712345 apples",
    "0x7712345",
    "7.712.345,00",
    "7712345;",
    "--7712345",
    "7 712 345",
    "\u0667\u0667\u0661\u0662\u0663\u0664\u0665",  # Arabic digits
    "\uff17\uff17\uff11\uff12\uff13\uff14\uff15",  # wide ones
    "77_12345",
    "1e7712345",
    "$7712345",
    "(7712345)",
    "7712345\u202e",
    "\x1b[1m7712345\x1b[0m",
)

WORDS: tuple[str, ...] = (
    "",
    " ",
    "-",
    "N/A",
    "NaN",
    "null",
    "\x1b[2J\x1b[H\x1b[38;5;197mowned",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1bP+q544e\x1b\\",
    "\x9b2J\x9d0;x\x9c\x85",
    "1.60\r9.99",
    "9.99\b\b\b\b1.60",
    "a\nb\tc\vd\fe",
    "\u202e06.1\u202c",
    "\u2066\u2067\u2069\u200f\u061c",
    "\u200b\u200c\u200d\ufeff\u00ad\u2060",
    "\u2028\u2029\x7f",
    "\u05d0\u05d1 1.60 9.99",
    "\u0628 1.60",
    "\U00010800 1.60",
    "[bold]x[/bold]",
    "[link=https://evil.example]x[/link]",
    "[/]",
    "[/red][",
    "[@click=app.bell]x[/]",
    ":smile:",
    ":warning-emoji:",
    "\\[red]",
    "&#27;[2J&lt;b&gt;&#x202e;&#0;&#55357;",
    "<script>alert(1)</script>",
    "]]><!--&amp;",
    "</text><text>",
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-1+cmd",
    "@SUM(1)",
    "\t=1",
    "\ud800",
    "a\udfffb\ud83d",
    "\ufffe\uffff\ufdd0",
    "\U0001f4a9\U0001f468\u200d\U0001f469",
    "\u4e2d\u6587\u3042",
    "e" + "\u0301" * 40,
    "x" * 100_000,
    "\u4e2d " * 50_000,
    "../../../v1/api/iserver/account/DU1/orders",
    "a/b?c=d#e%2f",
    "DU1\r\nX-Evil: 1",
    "20250822",
    "99999999",
    "00000000",
    "20250230",
    "SPY",
    "C1.5",
    "H0",
    "10.2K",
    "-5",
    "1e5",
    "9" * 5000,
    "Submitted",
    "Filled",
    "Cancelled",
    "BUY",
    "S",
    "already registered",
    "no bridge",
)

NUMBERS: tuple[object, ...] = (
    0,
    1,
    -1,
    -5,
    2**31 - 1,
    2**31,
    2**63,
    2**64 + 1,
    -(2**63),
    10**15,
    253402300800000,  # the year 10000, in milliseconds
    -62135596800001,
    0.1,
    -0.01,
    1e17,
    123456.789,
)

Change = tuple[Any, ...]


def replacements() -> st.SearchStrategy[Any]:
    """Anything that can stand in the place of a value."""
    return st.one_of(
        st.sampled_from([f"@@raw:{name}@@" for name in _RAW]),
        st.sampled_from(NOT_NUMBERS),
        st.sampled_from(WORDS),
        st.sampled_from(NUMBERS),
        st.sampled_from([None, [], {}, [None], [[]], [{}], {"": None}, {"error": "x"}]),
        st.text(max_size=20),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
    )


def changes() -> st.SearchStrategy[list[Change]]:
    """One to three changes of an answer: where (as a fraction of all its places), how, to what."""
    where = st.integers(0, 10_000)
    one = st.one_of(
        st.tuples(where, st.just("put"), replacements()),
        st.tuples(where, st.just("put"), st.sampled_from(NOT_NUMBERS + WORDS)),
        st.tuples(where, st.just("drop"), st.none()),
        st.tuples(where, st.just("wrap"), st.sampled_from(["list", "object", "text"])),
        st.tuples(where, st.just("again"), st.sampled_from([2, 3, 150])),
    )
    return st.lists(one, min_size=1, max_size=3)


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value, of a long list the first and the last ones."""
    found = [path]
    if isinstance(tree, dict):
        for key, value in tree.items():
            found += _places(value, (*path, key))
    elif isinstance(tree, list):
        near = range(len(tree)) if len(tree) <= 4 else (0, 1, len(tree) - 1)
        for number in near:
            found += _places(tree[number], (*path, number))
    return found


def changed(tree: Any, wanted: Sequence[Change]) -> Any:
    """The tree with these changes, one after the other; made much longer once at the most."""
    is_long = False
    for where, how, value in wanted:
        if how == "again":
            value, is_long = (2 if is_long else value), True
        places = _places(tree)
        path = places[where % len(places)]
        tree = _changed(tree, path, _CHANGES[how], value)
    return tree


def _changed(tree: Any, path: tuple[Any, ...], change: Callable[[Any, Any], Any], new: Any) -> Any:
    if not path:
        made = change(tree, new)
        return None if made is _GONE else made
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    if len(path) > 1:
        copy[path[0]] = _changed(copy[path[0]], path[1:], change, new)
        return copy
    made = change(copy[path[0]], new)
    if made is _GONE:
        del copy[path[0]]
    elif change is _again and isinstance(copy, list):
        copy[path[0] : path[0]] = [copy[path[0]]] * new
    else:
        copy[path[0]] = made
    return copy


_GONE = object()


def _wrapped(old: Any, how: str) -> Any:
    return {"list": [old], "object": {"value": old}, "text": json.dumps(old)}[how]


def _again(old: Any, times: int) -> Any:
    return [old] * times


_CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "put": lambda old, new: new,
    "drop": lambda old, new: _GONE,
    "wrap": _wrapped,
    "again": _again,
}


def written(tree: Any) -> str:
    """Its JSON, with what no writer would write."""
    text = json.dumps(tree)
    for name, raw in _RAW.items():
        text = text.replace(f'"@@raw:{name}@@"', raw)
    return text


# Bodies that are no good answer at all.
BODIES: tuple[str, ...] = (
    "",
    " \r\n",
    "null",
    "true",
    "0",
    '"text"',
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[{}]",
    "{",
    '{"a": 1} trailing',
    "\ufeff[]",
    "<html>\x1b[2J<b>\u202eDenied</b></html>",
    *_RAW.values(),
    '{"error": "\\u001b[2J\\u202e[bold]no[/bold] \\u05d0 :smile:"}',
    '{"error": ' + "[" * 500 + "]" * 500 + "}",
    '{"error": ' + '{"message": ' * 400 + '"x"' + "}" * 401,
    '{"error": ' + "9" * 4000 + "}",
    '{"error": true}',
    '{"error": ["a", {"b": "\\u001b]0;x\\u0007"}]}',
    '{"error": {"message": {"message": "\\u009b2J"}}}',
    json.dumps({"error": json.dumps({"reason": json.dumps({"reason": "\x1b[2J"})})}),
    json.dumps({"error": "x " * 200_000}),
    json.dumps({"error": "", "message": "\x1b[2J"}),
    json.dumps({"statusCode": 401, "error": "\r\nError: all is well"}),
)
