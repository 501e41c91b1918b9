"""What the commands said: exit codes, documents, secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chaos.kinds import Kind
from chaos.plan import Verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.evidence import Ended, Evidence

_SIGNALS = {-9: "SIGKILL", 143: "SIGTERM"}
_CODES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130})
_SLACK = 4.0  # seconds beyond a deadline, for a machine with much else to do
_LOGIN_FILES = ("login-", "session-")


def wrong_words(evidence: Evidence) -> Iterator[str]:
    """Of each process: an exit code or a document that is not as it is promised."""
    for ended in evidence.ended:
        line = " ".join(ended.argv)
        for text in (*_wrong_code(ended, evidence.patience), *_wrong_document(ended)):
            yield f"{text} ({line})"


def _wrong_code(ended: Ended, patience: float) -> Iterator[str]:
    code = ended.code
    if code is None:
        yield "it did not end"
        return
    if code in _SIGNALS:
        if ended.signalled != _SIGNALS[code]:
            yield f"exit code {code}, and nobody sent {_SIGNALS[code]}"
    elif code not in _CODES or code in (1, 2):
        yield f"exit code {code}: {_error(ended)}"
    elif code == 3 and not ended.disk_trouble:
        yield f"exit code 3: {_error(ended)}"
    elif code == 5 and ended.start.task.verb is Verb.ORDER:
        yield f"exit code 5: {_error(ended)}"
    if "Traceback" in ended.err and not ended.start.debug:
        yield "a traceback"
    if ended.seconds > ended.start.deadline + _SLACK * patience:
        yield f"it took {ended.seconds:.1f} s of {ended.start.deadline}"


def _error(ended: Ended) -> str:
    error = ended.document.get("error")
    return str(error.get("message")) if isinstance(error, dict) else ended.err[-300:]


def _wrong_document(ended: Ended) -> Iterator[str]:
    if ended.code is None or ended.code < 0:
        return
    try:
        document = json.loads(ended.out)
    except ValueError:
        if not ended.signalled:
            said = ended.out[-200:], ended.err[-200:]
            yield f"exit code {ended.code} without a document: {said}"
        return
    if document.get("ok") is not (ended.code == 0):
        yield f"ok is {document.get('ok')} with exit code {ended.code}"


def leaks_in(evidence: Evidence) -> Iterator[str]:
    """Secrets in what was printed, or in files other than the kept login; accounts in the log."""
    for ended in evidence.ended:
        said = ended.out + ended.err
        if any(secret in said for secret in evidence.secrets) or "oauth_signature=" in said:
            yield f"a secret was printed by {' '.join(ended.argv)}"
        if evidence.account in ended.err:
            yield f"the account's number is in the log of {' '.join(ended.argv)}"
    for name, text in evidence.files.items():
        if name.rpartition("/")[2].startswith(_LOGIN_FILES):
            continue
        if any(secret in text for secret in evidence.secrets):
            yield f"a secret is in {name}"
    for name, mode in evidence.modes.items():
        if mode & 0o077:
            yield f"{name} can be read by others: {mode:o}"


def is_disk_trouble(kind: Kind) -> bool:
    """Whether a process may rightly say that it cannot write."""
    return kind in (Kind.DISK_FULL, Kind.READ_ONLY)
