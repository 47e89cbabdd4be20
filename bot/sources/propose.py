"""Selectors for a list page without a feed: its repeated structure with links and dates. Pure.

    page -> places that repeat (same tag, classes and surroundings) -> link, title, date of each
         -> ListShape, read by the very parser that will read it at each poll -> scored

A list of news has many places alike, each with a link of its own, a title of some length, and
mostly a date. Menus have short titles and no dates; a whole column has many links in one place.
What is proposed is therefore what the parser makes of it, never what this module thinks it would.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.domain.fetch import NotAFeed
from bot.domain.item import RawItem
from bot.domain.source import ListShape
from bot.sources.dates import find_date
from bot.sources.html_list import is_selector, parse_list_text
from bot.sources.plain_text import one_line
from bot.sources.selectors import Names, number_of

MAX_LINKS = 3_000
"""Links of a page that are looked at, the first."""

MAX_SAMPLE = 40
"""Places of one kind that are looked at, the first."""

MAX_GROUPS = 24
"""Kinds of places that are read with the parser: those with most places that have a date."""

LEAST_DATED, LEAST_UNDATED = 2, 5
"""Entries of which a list has at least so many: with dates, and without."""

MAX_CLIMB = 6
"""Elements around a link that may be its entry."""

_ENTRY_TEXT = 1_500  # code points; what holds more is no entry but a part of the page
_DATE_TEXT = 160
_DATE_PARTS = "time, span, td, div, p, em, i, small, dt, dd, b, strong, font, li"
_SHORTEST = 12  # columns of a title; CJK signs count twice
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_NEVER_ENTRIES = frozenset({"html", "body", "main", "ul", "ol", "table", "tbody", "thead", "nav"})
_ASIDE = frozenset({"nav", "header", "footer", "aside"})
_ASIDE_WORDS = re.compile(
    r"^(?:(?:main|site|top|sub|global|page|side|left|right)[-_])?"
    r"(?:nav|menu|footer|breadcrumb|sidebar|pager|pagination)(?:$|[-_s]|bar|igation)",
    re.IGNORECASE,
)
_HALF = 0.6  # share of the places of which something must hold, to hold of the kind
_WIDE = re.compile("[\u2e80-\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A shape, and what the parser reads with it. `score` compares proposals for one page only."""

    shape: ListShape
    items: tuple[RawItem, ...]
    dated: int
    score: float


def propose(text: str, url: str) -> tuple[Proposal, ...]:
    """Shapes for the list on a page, the best first; none where the page has no list.

    Two shapes that read the same entries are one. Never raises for anything in the page, which was
    found not to be hostile.
    """
    tree = LexborHTMLParser(text)
    names = Names(tree)
    found: dict[tuple[RawItem, ...], Proposal] = {}
    for group in _groups(tree, names):
        for shape in _shapes(group, names):
            proposal = _read(text, shape, url)
            if proposal is None:
                continue
            known = found.get(proposal.items)
            if known is None or len(shape.entry) < len(known.shape.entry):
                found[proposal.items] = proposal
    return tuple(sorted(found.values(), key=lambda each: -each.score))


@dataclass(slots=True)
class _Place:
    """One candidate for an entry, with the link that it is about."""

    node: LexborNode
    link: LexborNode
    words: str


@dataclass(slots=True)
class _Group:
    selector: str
    places: list[_Place]


def _groups(tree: LexborHTMLParser, names: Names) -> list[_Group]:
    """Kinds of places that repeat, those with most dated places first."""
    sizes: dict[int, int] = {}
    asides: dict[int, bool] = {}
    whole = len(tree.body.text(separator=" ")) if tree.body is not None else 0
    kinds: defaultdict[str, dict[int, _Place]] = defaultdict(dict)
    for link in tree.css("a[href]")[:MAX_LINKS]:
        href = (link.attributes.get("href") or "").strip()
        if (
            not href
            or href.startswith(("#", "javascript:", "mailto:", "tel:"))
            or _is_aside(link, asides, whole)
        ):
            continue
        words = one_line(link.text(separator=" "))
        for node in _around(link, sizes):
            own = kinds[names.selector(node)]
            known = own.get(node.mem_id)
            # of several links the one that says most is what the entry is about
            if known is None or _columns(words) > _columns(known.words):
                own[node.mem_id] = _Place(node, link, words)
    groups = [
        _Group(selector, list(places.values())[:MAX_SAMPLE])
        for selector, places in kinds.items()
        if len(places) >= LEAST_DATED and is_selector(selector)
    ]
    dated = {group.selector: sum(map(_is_dated, group.places)) for group in groups}
    groups.sort(key=lambda group: (-dated[group.selector], -len(group.places)))
    return groups[:MAX_GROUPS]


def _around(link: LexborNode, sizes: dict[int, int]) -> Iterator[LexborNode]:
    """The link and the elements around it that are no larger than an entry."""
    node: LexborNode | None = link
    for _ in range(MAX_CLIMB):
        if node is None or node.tag in _NEVER_ENTRIES:
            return
        if node.mem_id not in sizes:
            sizes[node.mem_id] = len(node.text(separator=" "))
        if sizes[node.mem_id] > _ENTRY_TEXT:
            return
        yield node
        node = node.parent


def _is_aside(node: LexborNode, known: dict[int, bool], whole: int) -> bool:
    """Whether a link stands in a menu, header or footer; `known` is what was found of elements,
    `whole` how long the text of the page is."""
    passed: list[int] = []
    step: LexborNode | None = node
    found = False
    while step is not None and step.tag not in {"html", "-undef"}:
        if step.mem_id in known:
            found = known[step.mem_id]
            break
        passed.append(step.mem_id)
        found = (step.tag in _ASIDE and not _is_article_header(step)) or _is_named_aside(
            step, whole
        )
        if found:
            break
        step = step.parent
    known.update(dict.fromkeys(passed, found))
    return found


def _is_named_aside(node: LexborNode, whole: int) -> bool:
    """By its class or id; what holds half of a page is no aside, whatever it is called."""
    marks = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}".split()
    return (
        node.tag not in {"body", "main"}
        and any(_ASIDE_WORDS.search(mark) for mark in marks)
        and len(node.text(separator=" ")) * 2 < whole
    )


def _is_article_header(node: LexborNode) -> bool:
    """<header> is the head of an article too."""
    step = node.parent
    while node.tag in {"header", "footer"} and step is not None:
        if step.tag in {"article", "li", "main"}:
            return True
        step = step.parent
    return False


def _is_dated(place: _Place) -> bool:
    stamp = place.node.css_first("time[datetime]") is not None
    return stamp or find_date(one_line(place.node.text(separator=" "))) is not None


# Shapes


def _shapes(group: _Group, names: Names) -> Iterator[ListShape]:
    for link in _link_selectors(group, names):
        for title in _title_selectors(group, names):
            yield ListShape(
                entry=group.selector, link=link, title=title, date=_date_selector(group, names)
            )


def _link_selectors(group: _Group, names: Names) -> list[str]:
    """What finds each place's own link as its first; "a" where that does."""

    def share(selector: str) -> float:
        hits = 0
        for place in group.places:
            if place.node.tag == "a":
                first: LexborNode | None = place.node if selector == "a" else None
            else:
                first = place.node.css_first(selector)
            hits += first is not None and first.mem_id == place.link.mem_id
        return hits / len(group.places)

    if share("a") >= 0.9:
        return ["a"]
    steps: Counter[str] = Counter()
    for place in group.places:
        own, parent = names.step(place.link), place.link.parent
        steps[own] += 1
        if parent is not None and parent.mem_id != place.node.mem_id:
            steps[f"{names.step(parent)} {own}"] += 1
            steps[f"{names.step(parent)} a"] += 1
            number = number_of(parent)
            if parent.tag in {"td", "dd", "dt"} and number:
                steps[f"{parent.tag}:nth-child({number}) a"] += 1
    ranked = sorted(
        ((share(step), -len(step), step) for step, _ in steps.most_common(8)), reverse=True
    )
    good = [step for found, _length, step in ranked if found >= _HALF]
    return good[:1] or ["a"]


def _title_selectors(group: _Group, names: Names) -> list[str | None]:
    """Where the title stands, if not in the link: the link says "more", or holds the whole card."""
    words = [place.words for place in group.places]
    is_generic = (
        len(set(words)) * 2 < len(words)
        or _share(_columns(each) >= _SHORTEST for each in words) < _HALF
    )
    headings = [place.node.css_first(_HEADINGS) for place in group.places]
    titled = [
        (place, heading)
        for place, heading in zip(group.places, headings, strict=True)
        if heading is not None and one_line(heading.text(separator=" "))
    ]
    if len(titled) >= _HALF * len(group.places):
        is_card = (
            _share(
                len(one_line(heading.text(separator=" "))) < len(place.words)
                for place, heading in titled
            )
            >= _HALF
        )
        if is_card or is_generic:
            tag = Counter(heading.tag for _place, heading in titled).most_common(1)[0][0]
            return [tag]
    if not is_generic:
        return [None]
    return [_longest_part(group, names)]


def _longest_part(group: _Group, names: Names) -> str | None:
    """The part of the places that says most and differs: a cell, a paragraph, a span."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for place in group.places:
        for node in place.node.css("td, dt, dd, p, span, div, strong, b"):
            text = one_line(node.text(separator=" "))
            if not text or len(text) > 400 or _has_blocks(node):
                continue
            said[names.part(node)].append(text)
    fitting = [
        (sum(map(_columns, set(texts))) / len(group.places), key)
        for key, texts in said.items()
        if len(set(texts)) >= _HALF * len(group.places)
        and _share(_is_date_alone(text) for text in texts) < _HALF
    ]
    return max(fitting)[1] if fitting else None


def _has_blocks(node: LexborNode) -> bool:
    return any(part.mem_id != node.mem_id for part in node.css("td, dt, dd, p, div"))


def _date_selector(group: _Group, names: Names) -> str | None:
    """Where the date stands, by itself if it does in most places; None, which makes the parser look
    in the whole entry, where it stands among other words."""
    nodes = [place.node for place in group.places]
    if _share(node.css_first("time[datetime]") is not None for node in nodes) >= _HALF:
        return "time[datetime]"
    alone: Counter[str] = Counter()
    among: Counter[str] = Counter()
    for place in group.places:
        in_this: dict[str, bool] = {}
        for part in place.node.css(_DATE_PARTS):
            text = one_line(part.text(separator=" "))
            if part.mem_id == place.node.mem_id or len(text) > _DATE_TEXT or place.words in text:
                continue
            date = find_date(text)
            if date is not None:
                is_alone = _is_alone(date, text)
                key = names.part(part)
                in_this[key] = in_this.get(key, False) or is_alone
        for key, is_alone in in_this.items():
            among[key] += 1
            alone[key] += is_alone
    for counts in (alone, among):
        found = [
            (count, "." in step, -len(step), step)
            for step, count in counts.items()
            if count >= _HALF * len(nodes)
        ]
        if found:
            return max(found)[3]
    return None


def _is_date_alone(text: str) -> bool:
    date = find_date(text)
    return date is not None and _is_alone(date, text)


def _is_alone(date: str, text: str) -> bool:
    """ "[15 July 2026]", "Published: 2026-10-08"."""
    return len(text) - len(date) <= 16


# Reading


def _read(text: str, shape: ListShape, url: str) -> Proposal | None:
    page = parse_list_text(text, shape, url)
    if isinstance(page, NotAFeed):
        return None
    items = page.items
    dated = sum(item.published is not None for item in items)
    links = len({item.link for item in items})
    long = sum(_columns(item.title) >= _SHORTEST for item in items)
    count = len(items)
    if not count or links < LEAST_DATED:
        return None
    is_dated = dated >= max(LEAST_DATED, _HALF * count)
    if not is_dated and (links < LEAST_UNDATED or long < 0.8 * count):
        return None
    if long < _HALF * count:
        return None
    average = sum(min(_columns(item.title), 160) for item in items) / count
    crowded = sum(_columns(item.title) > 300 for item in items) / count
    score = (
        min(links, 60)
        * (links / count)
        * (long / count)
        * (1.0 + 3.0 * dated / count)
        * (0.5 + min(average, 60) / 120)
        * (1.0 - 0.8 * crowded)
    )
    if shape.date is not None:
        score *= 1.1  # a date that stands by itself is no date in a title
    return Proposal(shape=shape, items=items, dated=dated, score=score)


def _share(flags: Iterator[bool] | Sequence[bool]) -> float:
    listed = list(flags)
    return sum(listed) / len(listed) if listed else 0.0


def _columns(text: str) -> int:
    return len(text) + len(_WIDE.findall(text))
