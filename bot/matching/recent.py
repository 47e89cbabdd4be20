"""What was worked out lately, by text: bounded, and what is frequent stays.

Texts repeat their words, and half of them are rare: a table that is emptied when it is full loses
the frequent half too. So there are two generations. What is asked for lives in the young one; when
that is full it becomes the old one, from which only what is asked for again comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")


class Recent(dict[str, V]):
    """A table whose missing values are worked out; holds at most twice `size` of them.

    Texts longer than `longest` code points are worked out each time.
    """

    def __init__(self, work_out: Callable[[str], V], *, size: int, longest: int = 1 << 30) -> None:
        super().__init__()
        self._work_out = work_out
        self.size = size
        self._longest = longest
        self._old: dict[str, V] = {}

    def __missing__(self, text: str) -> V:
        found = self._old.get(text)
        if found is None:
            found = self._work_out(text)
            if len(text) > self._longest:
                return found
        if len(self) >= self.size:
            self._old = dict(self)
            self.clear()
        self[text] = found
        return found

    def forget(self, *texts: str) -> None:
        """Work these out anew when they are next asked for."""
        for text in texts:
            self.pop(text, None)
            self._old.pop(text, None)

    def forget_all(self) -> None:
        """Work everything out anew."""
        self._old = {}
        self.clear()
