"""Texts made free of what is private; the same word becomes the same stand-in each time."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "***"
# U1234567, DU1234567, F..., and what other letters IBKR gives its accounts; a month and its year
# (AUG2025) have fewer digits.
_ACCOUNT = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z]{1,3}\d{5,9}|d?[ufi]\d{7,8})(?![A-Za-z0-9])"  # as users write them
)
_IN_SMALL = re.compile(r"[a-z]{1,3}\d{5,9}")
# ibcli's names of orders (see trading.placing.claiming) hold a hash of the account's number, which
# is found again by trying all numbers.
_NAME = re.compile(r"(?<=-\d{6}-)(\d{1,6})-([0-9a-f]{10})(?=-\d)")
_NAMED = re.compile(r"[a-z0-9-]*-\d{6}-\d{1,6}-[0-9a-f]{10}-\d+[a-z0-9-]*")
_E_MAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]|\.\d)")
_COLONS = re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_FOLDER = re.compile(
    r"(?:~[/\\]|/(?:home|Users|root|var|tmp|etc|mnt|srv|opt|usr)/|[A-Z]:\\)[^\s\"']*"
)
_PEM = re.compile(r"-----BEGIN [A-Z ]*-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL)
_CREDENTIALS = re.compile(r"://[^/\s@]+@")
_LONG = re.compile(r"[A-Za-z0-9+/=_~-]{20,}")
_HEX = re.compile(r"(?<![A-Za-z0-9])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{16,}(?![A-Za-z0-9])")
_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_-]{0,19})+")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_SHORTEST_SECRET = 4
_MOST = 200  # accounts, and names, that are learnt: each makes the search for all of them slower
_SHORTEST_NAME = 4


class Words:
    """Cleans the texts of one recording.

    ``secrets`` are hidden wherever they stand, in any spelling that a URL gives them; ``accounts``
    get made-up numbers in this order; ``names`` (of the user, of his machine) are hidden where they
    stand as words.
    """

    def __init__(
        self, secrets: Iterable[str] = (), accounts: Iterable[str] = (), names: Iterable[str] = ()
    ) -> None:
        self._secrets: list[str] = []
        self._accounts: dict[str, str] = {}
        self._stand_ins: dict[str, str] = {}
        self._made_up: set[str] = set()
        self._names: set[str] = set()
        self._references: dict[str, str] = {}
        self._marks: dict[str, str] = {}
        self._known: re.Pattern[str] | None = None
        for secret in secrets:
            self._add_secret(secret)
        for account in accounts:
            self.account(account)
        for name in names:
            self.learn_name(name)

    def account(self, number: str) -> str:
        """The made-up number of an account: its letters, and as many digits."""
        if _IN_SMALL.fullmatch(number):
            number = number.upper()
        if number in self._made_up:
            return number
        if number not in self._accounts and len(self._accounts) >= _MOST:
            return HIDDEN
        if number not in self._accounts:
            count = len(self._accounts) + 1
            letters = re.match(r"[A-Z]{1,3}(?=\d{4,}$)", number)
            digits = max(len(number) - len(letters[0]), len(str(count))) if letters else 0
            made_up = f"{letters[0]}{count:0{digits}}" if letters else f"ALIAS{count}"
            self._accounts[number] = made_up
            self._made_up.add(made_up)
            self._known = None
        return self._accounts[number]

    def reference(self, text: str) -> str:
        """An order's name: ibcli's own but for its hash, a made-up one for other programs'."""
        if _NAMED.fullmatch(text) or text.isdigit():
            return self.clean(text)
        if text in self._made_up:
            return text
        made_up = self._references.setdefault(text, f"REF{len(self._references) + 1}")
        self._made_up.add(made_up)
        return made_up

    def is_account(self, text: str) -> bool:
        """Whether it is the number of an account, by itself or with its segment: U1234567.Core."""
        number = text.partition(".")[0]
        return number in self._accounts or _ACCOUNT.fullmatch(number) is not None

    def learn_name(self, name: str) -> None:
        """Hide this word (of four letters at least) from now on."""
        is_new = name not in self._names and len(self._names) < _MOST
        if is_new and len(name) >= _SHORTEST_NAME and not name.isdigit():
            self._names.add(name)
            self._known = None

    def clean(self, text: str) -> str:
        """The text without what is private, as far as that can be known by its look."""
        if not text:
            return text
        text = self._known_words().sub(self._replaced, text)
        text = _ACCOUNT.sub(lambda found: self.account(found[0]), text)
        text = _NAME.sub(lambda found: f"{found[1]}-{self._mark(found[2])}", text)
        text = _CREDENTIALS.sub(f"://{HIDDEN}@", text)
        for pattern in (_PEM, _E_MAIL, _FOLDER, _IP):
            text = pattern.sub(HIDDEN, text)
        text = _COLONS.sub(_hidden_address, text)
        text = _LONG.sub(lambda found: self._long(found[0]), text)
        return _HEX.sub(lambda found: self._long(found[0]), text)

    def is_clean(self, text: str) -> bool:
        """Whether there is nothing (more) to be hidden."""
        return self.clean(text) == text

    def _add_secret(self, secret: str) -> None:
        lines = [line for line in secret.splitlines() if "-----" not in line]
        for line in (secret, *(lines if len(lines) > 1 else ())):
            if len(line) >= _SHORTEST_SECRET:
                spellings = {line, quote(line), quote(line, safe=""), line.replace("\n", "\\n")}
                self._secrets += sorted(spellings)

    def _known_words(self) -> re.Pattern[str]:
        """One pattern for all that is known: the longest first, as one may begin another."""
        if self._known is None:
            whole = [rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" for name in self._names]
            anywhere = set(self._secrets)
            for account in self._accounts:
                digits = re.sub(r"^[A-Z]+", "", account)
                if len(digits) > _SHORTEST_NAME and digits.isdigit():
                    anywhere |= {account, account.lower()}
                    whole.append(rf"(?<![A-Za-z0-9.]){digits}(?![A-Za-z0-9.])")
                elif len(account) >= _SHORTEST_NAME:
                    whole.append(rf"(?<![A-Za-z0-9]){re.escape(account)}(?![A-Za-z0-9])")
            parts = [re.escape(word) for word in sorted(anywhere, key=len, reverse=True)]
            self._known = re.compile("|".join([*parts, *sorted(whole, reverse=True)]) or r"(?!)")
        return self._known

    def _replaced(self, found: re.Match[str]) -> str:
        word = found[0]
        for spelling in (word, word.upper() if _IN_SMALL.fullmatch(word) else word):
            if spelling in self._accounts:
                return self._accounts[spelling]
        by_digits = (
            re.sub(r"^[A-Z]+", "", made_up)
            for account, made_up in self._accounts.items()
            if account.endswith(word)
        )
        return next(by_digits, HIDDEN) if word.isdigit() else HIDDEN

    def _mark(self, mark: str) -> str:
        if mark in self._made_up:
            return mark
        made_up = self._marks.setdefault(mark, f"{len(self._marks) + 1:010x}")
        self._made_up.add(made_up)
        return made_up

    def _long(self, word: str) -> str:
        """A long word of letters and digits may be a token or a key; orders' names are known."""
        if word.isalpha() or _NAMED.fullmatch(word) or word in self._made_up:
            return word
        if not any(each.isdigit() for each in word) or _PLAIN_PATH.fullmatch(word):
            return word
        if word not in self._stand_ins:
            count = len(self._stand_ins) + 1
            made_up = f"x{count:0{len(word) - 1}x}"
            if _UUID.fullmatch(word):
                made_up = f"00000000-0000-4000-8000-{count:012x}"
            self._stand_ins[word] = made_up
            self._made_up.add(made_up)
        return self._stand_ins[word]


def _hidden_address(found: re.Match[str]) -> str:
    """Addresses of machines; not 13:30:00."""
    if _MAC.fullmatch(found[0]):
        return HIDDEN
    try:
        ipaddress.IPv6Address(found[0])
    except ValueError:
        return found[0]
    return HIDDEN
