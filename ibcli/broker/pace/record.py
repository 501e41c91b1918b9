"""The book as bytes: a header and one record for each request, with a sum to know a torn file by.

It is read and written at each request by each process, so it is kept short and of fixed form.
"""

from __future__ import annotations

from struct import Struct
from zlib import crc32

from ibcli.broker.pace.book import Book, Request
from ibcli.broker.pace.rules import NO_RULE

_MAGIC = b"ibcli-p1"  # to be changed with the form and with the order of RULES
_SUM = Struct("<8sI")
_HEADER = Struct("<IqIddI")  # requests, last ticket, writes in a row, closed, refused, refusals
_REQUEST = Struct("<qhHBddd")  # ticket, rule, limit, is a write, sent, answered, looks
_FULL = 50  # as many as anybody may send in a second
_BEGIN = _SUM.size + _HEADER.size


def encoded(book: Book) -> bytes:
    """The bytes to write at the file's beginning; what follows them does not count."""
    requests = book.sent + book.waiting
    pack = _REQUEST.pack
    body = _HEADER.pack(
        len(requests),
        book.last_ticket,
        book.writes_in_a_row,
        book.closed_until,
        book.refused_at,
        book.refusals,
    ) + b"".join(
        [pack(r.ticket, r.rule, r.limit, r.is_write, r.sent, r.answered, r.looks) for r in requests]
    )
    return _SUM.pack(_MAGIC, crc32(body)) + body


def decoded(content: bytes, now: float) -> Book:
    """The book; a torn one (a machine that went down) counts as a second full of requests."""
    if not content:
        return Book()
    body = _sound(content)
    if body is None:
        return Book([Request(n, NO_RULE, False, _FULL, now, now) for n in range(_FULL)])
    count, last, row, closed_until, refused_at, refusals = _HEADER.unpack_from(body)
    del count
    book = Book([], [], last, row, closed_until, refusals, refused_at)
    for ticket, rule, limit, is_write, sent, answered, looks in _REQUEST.iter_unpack(
        memoryview(body)[_HEADER.size :]
    ):
        request = Request(ticket, rule, bool(is_write), limit, sent, answered, looks)
        (book.sent if sent else book.waiting).append(request)
    return book


def _sound(content: bytes) -> bytes | None:
    """What the sum is of, if it is right."""
    if len(content) < _BEGIN:
        return None
    magic, expected = _SUM.unpack_from(content)
    (count,) = Struct("<I").unpack_from(content, _SUM.size)
    body = content[_SUM.size : _BEGIN + count * _REQUEST.size]
    return body if magic == _MAGIC and crc32(body) == expected else None
