"""Decoding a compressed body without letting it grow. Pure.

643 bytes of nested gzip became 300 MB behind a cap on the decoded chunks: so one layer of gzip
only, and zlib itself is told how much it may yet produce.
"""

from __future__ import annotations

import zlib
from io import BytesIO

MAX_MEMBERS = 100
"""Gzip streams that may follow each other in one body. Empty ones cost time and yield nothing."""


class BodyError(Exception):
    """The body cannot be taken. `kind` is a FetchFailed kind; the text is a clause."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class Body:
    """Collects the chunks of one answer, decoded, up to a limit in bytes."""

    def __init__(self, content_encoding: str, limit: int) -> None:
        """Raises BodyError for any encoding but none, identity and gzip."""
        encoding = content_encoding.strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise BodyError(
                "encoding", f"it is encoded as {encoding[:40]!r}, though we asked for gzip"
            )
        self._is_gzip = encoding.endswith("gzip")
        self._limit = limit
        self._size = 0
        self._taken = 0
        self._members = 1
        self._whole = BytesIO()  # whose value is handed on without a second copy
        self._inflater = _inflater()
        self._has_started = False

    def add(self, chunk: bytes) -> None:
        """Take one chunk as it came. Raises BodyError when it is damaged or the whole too long,
        packed or unpacked."""
        self._taken += len(chunk)
        if self._taken > self._limit:
            raise self._too_long()
        if self._is_gzip:
            self._inflate(chunk)
        else:
            self._keep(chunk)

    def finish(self) -> bytes:
        """The whole body. Raises BodyError when its compressed stream was cut short."""
        if self._is_gzip and self._has_started and not self._inflater.eof:
            raise BodyError("encoding", "its gzip stream was cut short")
        return self._whole.getvalue()

    def _inflate(self, chunk: bytes) -> None:
        while chunk:
            if self._inflater.eof:
                if not chunk.strip(b"\0"):
                    return  # padding after the last member
                # gzip streams may follow each other (RFC 1952, 2.2)
                self._members += 1
                if self._members > MAX_MEMBERS:
                    raise BodyError("encoding", f"it is more than {MAX_MEMBERS} gzip streams")
                self._inflater = _inflater()
            self._has_started = True
            try:
                # One byte more than may be kept, so that too much is noticed and goes no further.
                plain = self._inflater.decompress(chunk, self._limit - self._size + 1)
            except zlib.error:
                raise BodyError("encoding", "its gzip stream is damaged") from None
            self._keep(plain)
            chunk = self._inflater.unconsumed_tail or self._inflater.unused_data
            if not plain and not self._inflater.eof and chunk == self._inflater.unconsumed_tail:
                return

    def _keep(self, plain: bytes) -> None:
        self._size += len(plain)
        if self._size > self._limit:
            raise self._too_long()
        self._whole.write(plain)

    def _too_long(self) -> BodyError:
        return BodyError("size", f"it is longer than {self._limit:,} bytes")


def packed_start(raw: bytes, content_encoding: str, limit: int) -> bytes:
    """The first `limit` bytes of what `raw`, the start of a body, unpacks to. Never raises: what
    cannot be unpacked is given back as it is."""
    if not content_encoding.strip().lower().endswith("gzip"):
        return raw[:limit]
    try:
        return _inflater().decompress(raw, limit)
    except zlib.error:
        return raw[:limit]


def _inflater() -> zlib._Decompress:
    return zlib.decompressobj(16 + zlib.MAX_WBITS)
