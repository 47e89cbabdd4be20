"""Room on the disk: a ballast beside the database, given up so that sending can go on.

On a full disk SQLite cannot even fold its -wal back into the file, so that after a moment no state
of a message can be written and nothing may be sent. The ballast is the room for that. While it is
gone, nothing that makes the database grow is taken in (docs/adr/0003-storage.md).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

BALLAST_BYTES = 8 << 20
"""Twice what the -wal holds before it is folded back (1,000 pages of 4 KiB)."""


class Ballast:
    """The file beside the database; other processes may make it and give it up as well."""

    def __init__(self, database: Path, size: int = BALLAST_BYTES) -> None:
        self._path = database.with_name(database.name + ".ballast")
        self._size = size
        self._is_short = False

    def keep(self) -> bool:
        """Have it on the disk; False while there is no room for it or beside it."""
        if self._is_short or not self._is_there():
            self._is_short = not self._make()
        return not self._is_short

    def run_short(self) -> None:
        """Something did not fit beside it: until as much room again is free, keep() is False."""
        self._is_short = True

    def _is_there(self) -> bool:
        try:
            return self._path.stat().st_size == self._size
        except OSError:
            return False

    def _make(self) -> bool:
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            if shutil.disk_usage(self._path.parent).free < 2 * self._size:
                return False
            if self._is_there():
                return True
            with part.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._size)
                else:
                    file.write(os.urandom(self._size))  # zeros would be stored as a hole
            part.rename(self._path)
        except OSError:  # also where the whole folder is gone
            with contextlib.suppress(OSError):
                part.unlink()
            return False
        return True

    def give_up(self) -> bool:
        """Free its room for what cannot wait; whether there was one."""
        self._is_short = True
        with contextlib.suppress(OSError):
            self._path.unlink()
            return True
        return False
