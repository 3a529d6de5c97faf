"""Unpacks an answer's body piece by piece and stops at a size, so that a small bomb cannot fill the memory."""

import zlib
from collections.abc import Iterable, Iterator

_PIECE = 256 * 1024
_ANY_HEADER = 32
"""Asks zlib to tell gzip and deflate apart by itself."""


class BodyTooLarge(Exception):
    """The answer is larger than allowed."""


class BodyBroken(Exception):
    """The answer's body is not packed as its header says."""


def unpack(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> Iterator[bytes]:
    """Yield the plain body. Raises as soon as either its packed or its plain size passes the limit."""
    match encoding.strip().lower():
        case "" | "identity":
            plain = iter(chunks)
        case "gzip" | "x-gzip" | "deflate":
            plain = _inflate(_capped(chunks, max_bytes))
        case _:
            raise BodyBroken(f"The answer is packed as {encoding!r}, which was not asked for")
    yield from _capped(plain, max_bytes)


def _capped(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLarge(f"The answer is larger than {max_bytes:,} bytes")
        yield chunk


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | _ANY_HEADER)
    started = False
    try:
        for chunk in chunks:
            started = True
            while chunk:
                yield inflater.decompress(chunk, _PIECE)
                chunk = inflater.unconsumed_tail
            if inflater.unused_data:
                raise BodyBroken("The answer goes on after its packed body has ended")
    except zlib.error as error:
        raise BodyBroken(f"The answer's packed body is broken: {error}") from error
    if started and not inflater.eof:
        raise BodyBroken("The answer's packed body ends too early")
