"""The kinds of faults that a day may bring, by the names under which they are counted."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """One kind of fault; those on the wire first, then those of either machine."""

    REFUSED = "connection refused"
    CUT_BEFORE = "cut before it was handled"
    CUT_AFTER = "cut after it was handled"
    CUT_AMID = "cut amid the answer"
    LATE_BEFORE = "held past the deadline, then handled"
    LATE_AFTER = "handled, answered past the deadline"
    UNAUTHORIZED = "401"
    TOKEN_EXPIRED = "session token expired"  # noqa: S105 - a name
    NO_BRIDGE = "400 no bridge"
    GONE = "410"
    TOO_FAST = "429 with a penalty"
    SERVER_ERROR = "500"
    SERVER_ERROR_HANDLED = "500 although handled"
    UNAVAILABLE = "503"
    UNAVAILABLE_HANDLED = "503 although handled"
    HTML = "a page of HTML"
    EMPTY = "empty body"
    TRUNCATED = "truncated body"
    WRONG_SHAPE = "JSON of the wrong shape"
    COMPETING = "competing login"
    MIDNIGHT = "midnight reset"
    BROKER_CLOCK = "broker's clock jumps"
    CLIENT_CLOCK = "client's clock jumps"
    DAYLIGHT_SAVING = "daylight-saving day"
    DISK_FULL = "disk full"
    READ_ONLY = "read-only state folder"
    KILLED = "SIGKILL"
    TERMINATED = "SIGTERM"


ON_REQUESTS = (
    Kind.CUT_BEFORE,
    Kind.CUT_AFTER,
    Kind.CUT_AMID,
    Kind.LATE_BEFORE,
    Kind.LATE_AFTER,
    Kind.UNAUTHORIZED,
    Kind.GONE,
    Kind.TOO_FAST,
    Kind.SERVER_ERROR,
    Kind.SERVER_ERROR_HANDLED,
    Kind.UNAVAILABLE,
    Kind.UNAVAILABLE_HANDLED,
    Kind.HTML,
    Kind.EMPTY,
    Kind.TRUNCATED,
    Kind.WRONG_SHAPE,
)
"""What hits single requests."""

AT_A_REQUEST = (
    Kind.REFUSED,
    Kind.TOKEN_EXPIRED,
    Kind.NO_BRIDGE,
    Kind.COMPETING,
    Kind.MIDNIGHT,
    Kind.BROKER_CLOCK,
)
"""What befalls the broker when a certain request comes in."""

OF_A_PROCESS = (
    Kind.CLIENT_CLOCK,
    Kind.DISK_FULL,
    Kind.READ_ONLY,
    Kind.KILLED,
    Kind.TERMINATED,
)
"""What happens to one process."""
