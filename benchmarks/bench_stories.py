"""Stories at a window of 50,000 items: time an item, memory, and copies found beside simhash.

    speed      invented items in ten languages fill the window; the next are placed one by one
    memory     what the window holds at its peak, beside the process without it
    copies     of each text of the labelled events, lightly edited, cut short and rewritten: found
               by stories, by simhash, and by MinHash with LSH where datasketch is installed

Exit status 1 where memory is above the promise or fewer copies are found than promised.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it is run as a script

from benchmarks.copies import KINDS, copies
from benchmarks.measure import memory_of, say
from bot.stories.place import place
from bot.stories.traits import StoryItem
from bot.stories.window import Window
from tests.stories.labelled import HALVES, half

PROMISED_MS, PROMISED_MB = 2.0, 150
PROMISED_COPIES = {"edited": 0.98, "cut": 0.95, "rewritten": 0.98}
_BATCH = 50
_WORD = re.compile(r"\d+|[A-Za-z]{4,}|[\u3041-\u9fff\uac00-\ud7a3]{2}")
_START = datetime(2026, 3, 2, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description="Stories: time, memory, copies.")
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--timed", type=int, default=1_000)
    arguments = parser.parse_args()
    is_kept = _speed(arguments.items, arguments.timed)
    return 0 if _copies() and is_kept else 1


def _speed(count: int, timed: int) -> bool:
    """Whether memory is within the promise."""
    import os

    chance = random.Random(7)
    texts = [each.item for name in HALVES for each in half(name)]
    place([replace(item, item_id=-1 - n) for n, item in enumerate(texts[:50])], Window())
    before = memory_of([os.getpid()]).rss_mb
    window = Window(max_items=count)
    step = timedelta(days=7) / count
    for first in range(0, count, _BATCH):
        batch = [_invented(texts, n, step, chance) for n in range(first, first + _BATCH)]
        place(batch, window)
        if first % 10_000 == 0:
            say(f"{first:,} items")
    news = [_invented(texts, n, step, chance) for n in range(count, count + timed)]
    cpu, wall = time.process_time(), time.perf_counter()
    for item in news:
        place([item], window)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    held = memory_of([os.getpid()]).rss_mb - before
    each = cpu / timed * 1000
    print(f"window             {len(window):,} items")
    print(
        f"an item            {each:.2f} ms of processor, {wall / timed * 1000:.2f} ms of clock",
        end="",
    )
    print("" if each <= PROMISED_MS else "   NOT KEPT")
    print(f"memory             {held:.0f} MB", end="")
    print("" if held <= PROMISED_MB else "   NOT KEPT")
    return held <= PROMISED_MB


def _invented(
    texts: Sequence[StoryItem], number: int, step: timedelta, chance: random.Random
) -> StoryItem:
    """A text of the labelled events with other words and figures: like news, and mostly its own."""
    pattern = chance.choice(texts)
    topic = number // 4  # four items an event
    words = random.Random(topic)

    def other(found: re.Match[str]) -> str:
        word = found.group()
        if ord(word[0]) >= 0x3000:
            return word if words.random() < 0.5 else chr(words.randrange(0x4E00, 0x9F00)) * 2
        if word.isdigit():
            return str(int(word) * words.randrange(1, 9) % 97 + 1)
        return word if words.random() < 0.5 else _made_up(words)

    return replace(
        pattern,
        item_id=number,
        title=_WORD.sub(other, pattern.title),
        text=_WORD.sub(other, pattern.text) + " " + _sentences(words),
        at=_START + step * number,
    )


def _made_up(chance: random.Random) -> str:
    parts = ("ka", "ro", "mi", "ten", "sul", "ber", "do", "vis", "lan", "get", "pol", "nar")
    return "".join(chance.choices(parts, k=chance.randrange(2, 4)))


def _sentences(chance: random.Random) -> str:
    return ". ".join(" ".join(_made_up(chance) for _ in range(14)).capitalize() for _ in range(6))


def _copies() -> bool:
    """Whether as many copies are found as promised."""
    texts = [each.item for name in HALVES for each in half(name)]
    sides: dict[str, Callable[[str, str], bool]] = {"simhash of 3 bits": _simhash_finds}
    lsh = _lsh()
    if lsh is not None:
        sides["datasketch LSH"] = lsh
    print(f"{'copies found':18} " + "".join(f"{kind:>11}" for kind in KINDS))
    shares = {kind: _share_of_stories(texts, kind) for kind in KINDS}
    print(f"{'stories':18} " + "".join(f"{shares[kind]:11.1%}" for kind in KINDS))
    for name, finds in sides.items():
        found = {
            kind: sum(
                finds(f"{a.title} {a.text}", f"{b.title} {b.text}")
                for a, b in zip(texts, copies(texts, kind), strict=True)
            )
            for kind in KINDS
        }
        print(f"{name:18} " + "".join(f"{found[kind] / len(texts):11.1%}" for kind in KINDS))
    return all(shares[kind] >= PROMISED_COPIES[kind] for kind in KINDS)


def _share_of_stories(texts: Sequence[StoryItem], kind: str) -> float:
    """How many of the copies stand in the story of what they copy, as repeats."""
    own = [replace(item, item_id=n) for n, item in enumerate(texts)]
    made = copies(own, kind)
    placed = {each.item_id: each for each in place([*own, *made], Window()).items}
    return sum(
        placed[item.item_id].story == placed[copy.item_id].story
        for item, copy in zip(own, made, strict=True)
    ) / len(own)


def _shingles(text: str) -> set[str]:
    words = re.findall(r"[^\W_]", text.lower()) if ord(max(text)) > 0x3000 else text.lower().split()
    return {" ".join(words[at : at + 2]) for at in range(len(words) - 1)}


def _simhash(text: str) -> int:
    totals = [0] * 32
    for shingle in _shingles(text):
        bits = crc32(shingle.encode())
        for at in range(32):
            totals[at] += 1 if bits >> at & 1 else -1
    return sum(1 << at for at, total in enumerate(totals) if total > 0)


def _simhash_finds(one: str, other: str) -> bool:
    return (_simhash(one) ^ _simhash(other)).bit_count() <= 3


def _lsh() -> Callable[[str, str], bool] | None:
    try:
        from datasketch import MinHash, MinHashLSH  # type: ignore[import-not-found]
    except ImportError:
        print("datasketch is not installed: pip install datasketch, to see it beside")
        return None

    def finds(one: str, other: str) -> bool:
        lsh = MinHashLSH(threshold=0.5, num_perm=128)
        made = []
        for text in (one, other):
            minhash = MinHash(num_perm=128)
            for shingle in _shingles(text):
                minhash.update(shingle.encode())
            made.append(minhash)
        lsh.insert("one", made[0])
        return bool(lsh.query(made[1]))

    return finds


if __name__ == "__main__":
    sys.exit(main())
