"""Is this entry an item that we know? Several keys decide, and a date never does alone.

Feeds change their GUIDs, give all entries the same GUID or link, reorder, edit titles, drop
dates. Missing an item is worse than telling it twice, so evidence for "the same" must be clear:

    official number agrees                   same, whichever source tells of it (in one language)
    link and GUID agree                      same, unless headline and date both contradict
    GUID alone agrees                        same, unless link and headline both contradict
    link alone agrees                        same, if the headline agrees or is much alike,
                                             unless date and number in it both differ
    headline and text agree, no GUID or link same
    headline and date agree, nothing else    same, unless that item is itself still on the page,
                                             or GUID, link and text all contradict
    headline agrees, press on two sites      same within 36 hours: a syndicated copy
    the page's links are all unknown (a move) headline alone is enough, if half are known

A key that names several items (a GUID on all entries) is no evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b

from bot.domain.ids import ItemId
from bot.domain.item import OFFICIAL_NUMBERS, Item, Precision
from bot.domain.plan import KnownItems
from bot.stories.updates import progress

SYNDICATION_WINDOW = timedelta(hours=36)
_BURST = 5  # a page with at least so many entries, no GUID or link of them known, has moved

_FIGURE = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An entry never seen."""

    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """An entry that is the archived item; `is_edited` where its publisher changed what it says."""

    item_id: ItemId
    item: Item
    is_edited: bool


Verdict = Fresh | Same


def keys_of(item: Item) -> tuple[str, ...]:
    """The identity keys of an item, as short digests; most telling first."""
    return tuple(dict.fromkeys(_digest(*parts) for parts in _key_parts(item)))


def _key_parts(item: Item) -> list[tuple[str, ...]]:
    parts: list[tuple[str, ...]] = []
    if item.guid:
        parts.append(_guid_parts(item))
    if item.canonical_url:
        parts.append(("url", item.canonical_url))
    name = headline_key(item.title)
    if not parts:
        parts.append(("said", item.source_id, name, item.text))
    if _is_distinctive(name):
        parts.append(("title", item.source_id, name, _day(item)))
        parts.append(("name", item.source_id, name))
        if not item.is_official and _is_long(item.title):
            parts.append(("wire", name))
    return parts


def has_number(item: Item) -> bool:
    """Whether its guid is an official number. In the press a number is what is written about."""
    return bool(item.is_official) and (item.guid or "").startswith(OFFICIAL_NUMBERS)


def _guid_parts(item: Item) -> tuple[str, ...]:
    """What the GUID's key is made of. An act in another language is another text, for which other
    watches may wait."""
    assert item.guid is not None
    if has_number(item):
        return ("number", item.guid, item.language or "")
    return ("guid", item.source_id, item.guid)


def _have_other_numbers(item: Item, other: Item) -> bool:
    """Whether two items are told apart by official numbers, or by their language alone."""
    if not (has_number(item) and has_number(other)):
        return False
    return _guid_parts(item) != _guid_parts(other)


@lru_cache(maxsize=8192)
def _digest(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()


def headline_key(title: str) -> str:
    """A title without case, width, spaces and punctuation."""
    if title.isascii():
        return "".join(_WORD.findall(title.lower()))
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(char for char in folded if char.isalnum())


def _is_distinctive(name: str) -> bool:
    """Long enough to name one publication: "Notice" is not."""
    return len(name) >= 16 or (len(name) >= 6 and ord(max(name)) >= 0x3000)


def _is_long(title: str) -> bool:
    """Long enough that two publishers do not hit on it by chance."""
    return len(title.split()) >= 6 or sum(ord(char) >= 0x3000 for char in title) >= 12


def _day(item: Item) -> str:
    return item.published_at.date().isoformat() if item.published_at else ""


def recognise(page: Sequence[Item], known: KnownItems) -> tuple[Verdict, ...]:
    """One verdict for each entry that is not a mere copy of another on the page, in page order.

    `known` must hold the answers for keys_of each entry. Pure; the order of the page matters only
    among entries that could equally be the same item.
    """
    entries = _without_copies(page)
    ambiguous = _shared_on_page(entries)
    assigned = _assign_strong(entries, known, ambiguous)
    claimed = set(assigned.values())
    has_moved = len(entries) >= _BURST and not claimed and _is_mostly_known(entries, known)
    verdicts: list[Verdict] = []
    for at, item in enumerate(entries):
        found = assigned.get(at)
        if found is None:
            found = _weak(item, known, claimed, ambiguous, has_moved=has_moved)
        if found is None:
            verdicts.append(Fresh(item=item))
        else:
            claimed.add(found)
            verdicts.append(_same(found, item, known))
    return tuple(verdicts)


def _is_mostly_known(entries: Sequence[Item], known: KnownItems) -> bool:
    """Whether half of the headlines are archived: else one that recurs would hide a new entry."""
    names = [_digest("name", item.source_id, headline_key(item.title)) for item in entries]
    return 2 * sum(name in known.by_key for name in names) >= len(names)


def _assign_strong(
    entries: Sequence[Item], known: KnownItems, ambiguous: set[str]
) -> dict[int, ItemId]:
    """Entries to archived items by GUID and link, surest pairs first, each item once."""
    pairs: list[tuple[tuple[int, ...], int, ItemId]] = []
    for at, item in enumerate(entries):
        for item_id, (guid_agrees, url_agrees) in _sharing(item, known, ambiguous).items():
            other = known.items[item_id]
            score = _score(
                item,
                other,
                guid_agrees=guid_agrees,
                url_agrees=url_agrees,
                has_other_guid=_has_other_guid(item, item_id, known, ambiguous),
            )
            if score:
                closeness = (
                    score,
                    item.guid == other.guid,
                    item.canonical_url == other.canonical_url,
                    item.text == other.text,
                    item.published_at == other.published_at,
                )
                pairs.append((closeness, at, item_id))
    assigned: dict[int, ItemId] = {}
    taken: set[ItemId] = set()
    for _closeness, at, item_id in sorted(pairs, key=lambda p: (p[0], -p[1], -p[2]), reverse=True):
        if at not in assigned and item_id not in taken:
            assigned[at] = item_id
            taken.add(item_id)
    return assigned


def _without_copies(page: Sequence[Item]) -> list[Item]:
    """Without entries that say word for word what another with the same GUID or link says, or that
    have the official number of another."""
    seen: set[tuple[str, str, str, str]] = set()
    kept: list[Item] = []
    for item in page:
        said = (headline_key(item.title), item.text)
        faces = {("guid", item.guid, *said)} if item.guid else set()
        if has_number(item):
            faces.add(("number", item.guid or "", item.language or "", ""))
        if item.canonical_url:
            faces.add(("url", item.canonical_url, *said))
        if not faces:
            faces.add(("", "", *said))
        if not faces & seen:
            kept.append(item)
        seen |= faces
    return kept


def _shared_on_page(entries: Sequence[Item]) -> set[str]:
    """Keys that several entries of the page carry: on this page they tell nothing."""
    seen: set[str] = set()
    shared: set[str] = set()
    for item in entries:
        for key in keys_of(item):
            (shared if key in seen else seen).add(key)
    return shared


def _candidates(key: str, known: KnownItems) -> frozenset[ItemId]:
    return known.by_key.get(key, frozenset())


def _sharing(item: Item, known: KnownItems, ambiguous: set[str]) -> dict[ItemId, tuple[bool, bool]]:
    """Archived items that share the GUID or link, and which; a key of several items is none."""
    guid_key = _digest(*_guid_parts(item)) if item.guid else ""
    url_key = _digest("url", item.canonical_url) if item.canonical_url else ""
    sharing: dict[ItemId, tuple[bool, bool]] = {}
    for at, key in enumerate((guid_key, url_key)):
        named = _candidates(key, known) if key else frozenset()
        # an entry that says the same is sure, even where the key is shared by many
        sure = {item_id for item_id in named if _says_the_same(item, known.items[item_id])}
        is_clear = (len(named) == 1 and key not in ambiguous) or (at == 0 and has_number(item))
        for item_id in named if is_clear else sure:
            guid_agrees, url_agrees = sharing.get(item_id, (False, False))
            sharing[item_id] = (guid_agrees or at == 0, url_agrees or at == 1)
    return sharing


def _has_other_guid(item: Item, item_id: ItemId, known: KnownItems, ambiguous: set[str]) -> bool:
    """Whether a GUID of its own speaks against the entry; one that many entries share does not."""
    other = known.items[item_id]
    if item.source_id != other.source_id or not item.guid or not other.guid:
        return False
    key = _digest(*_guid_parts(item))
    named = _candidates(key, known)
    return key not in ambiguous and item_id not in named and len(named) <= 1


def _says_the_same(item: Item, other: Item) -> bool:
    """Headline and text agree, or a headline that names one publication and no link against it."""
    name = headline_key(item.title)
    if name != headline_key(other.title):
        return False
    if item.text == other.text:
        return True
    return _is_distinctive(name) and item.canonical_url == other.canonical_url


def _score(
    item: Item, other: Item, *, guid_agrees: bool, url_agrees: bool, has_other_guid: bool
) -> int:
    """0: not the same; higher: surer."""
    if guid_agrees and has_number(item):
        return 5
    if _have_other_numbers(item, other):
        return 0
    alike = _likeness(item.title, other.title)
    dates_differ = (
        item.published_at is not None
        and other.published_at is not None
        and item.published_at != other.published_at
    )
    if guid_agrees and url_agrees:
        # a one-entry feed re-uses its GUID and link for the next notice
        return 0 if alike < 1 / 3 and dates_differ else 4
    if guid_agrees:
        urls_differ = bool(
            item.canonical_url and other.canonical_url and item.canonical_url != other.canonical_url
        )
        return 0 if urls_differ and alike < 1 / 2 else 3
    if alike == 1:
        return 2
    against = has_other_guid + dates_differ + (alike < 1 / 2)
    against += _have_other_figures(item.title, other.title)
    against -= bool(item.text == other.text != "")
    return 1 if against <= 1 and alike > 0 else 0


def _weak(
    item: Item,
    known: KnownItems,
    claimed: set[ItemId],
    ambiguous: set[str],
    *,
    has_moved: bool,
) -> ItemId | None:
    name = headline_key(item.title)
    if not item.guid and not item.canonical_url:
        said = _candidates(_digest("said", item.source_id, name, item.text), known) - claimed
        if said:
            return min(said)
    if not _is_distinctive(name):
        return None
    same_day = [
        each
        for each in _candidates(_digest("title", item.source_id, name, _day(item)), known) - claimed
        if not _is_another(item, each, known, ambiguous)
    ]
    if len(same_day) == 1:
        return same_day[0]
    if has_moved:
        same_name = [
            each
            for each in _candidates(_digest("name", item.source_id, name), known) - claimed
            if not _have_other_numbers(item, known.items[each])
        ]
        if len(same_name) == 1:
            return same_name[0]
    if not item.is_official and _is_long(item.title):
        for item_id in sorted(_candidates(_digest("wire", name), known) - claimed, reverse=True):
            other = known.items[item_id]
            if other.source_id != item.source_id and _apart(item, other) <= SYNDICATION_WINDOW:
                return item_id
    return None


def _is_another(item: Item, item_id: ItemId, known: KnownItems, ambiguous: set[str]) -> bool:
    """Whether all but headline and date tells the two apart: "Sunshine Act meetings" come twice on
    some days. Without a date, a headline needs a text beside it."""
    other = known.items[item_id]
    if _have_other_numbers(item, other):
        return True
    contradict = False
    for parts, mine, theirs in (
        (_guid_parts(item) if item.guid else (), item.guid, other.guid),
        (("url", item.canonical_url or ""), item.canonical_url, other.canonical_url),
    ):
        if not mine or not theirs:
            continue
        key = _digest(*parts)
        named = _candidates(key, known)
        if item_id in named:
            return False
        contradict |= key not in ambiguous and not named
    is_said_again = item.text == other.text and bool(item.text or item.published_at)
    return contradict and not is_said_again


def _apart(item: Item, other: Item) -> timedelta:
    if item.precision is Precision.INSTANT and other.precision is Precision.INSTANT:
        assert item.published_at and other.published_at
        return abs(item.published_at - other.published_at)
    return abs(item.first_seen_at - other.first_seen_at)


def _have_other_figures(a: str, b: str) -> bool:
    """Whether each title has a number that the other lacks: "Notice No. 18" and "Notice No. 19"."""
    left, right = set(_FIGURE.findall(a)), set(_FIGURE.findall(b))
    return bool(left - right and right - left)


def _likeness(a: str, b: str) -> float:
    """Jaccard likeness of two titles' words (pairs of characters in CJK): 1 the same, 0 unlike."""
    if headline_key(a) == headline_key(b):
        return 1.0
    left, right = _features(a), _features(b)
    union = left | right
    return len(left & right) / len(union) if union else 0.0


def _features(title: str) -> frozenset[str]:
    features: set[str] = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", title).casefold()):
        if ord(max(word)) >= 0x3000:
            features.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        else:
            features.add(word)
    return frozenset(features)


def _same(item_id: ItemId, item: Item, known: KnownItems) -> Same:
    other = known.items[item_id]
    step = progress(other, item)
    is_own_edit = other.source_id == item.source_id and (
        (other.title, other.text, other.facts) != (item.title, item.text, item.facts)
    )
    is_edited = step > 0 or (step == 0 and is_own_edit)
    return Same(item_id=item_id, item=item, is_edited=is_edited)
