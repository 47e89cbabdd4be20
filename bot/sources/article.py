"""The text of an article's own page, for entries of which the list has a stub only. Pure.

    entry of the list -> is_stub -> (fetch its page) -> text_of_page -> with_article

What comes may be something else: a consent or login page, the same for every article, or the
teaser before a paywall. So a text is believed only where it is about the entry, and it never takes
the place of a list's word that says more.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import cache
from importlib.util import find_spec

from selectolax.lexbor import LexborHTMLParser

from bot.domain.fetch import NotAFeed
from bot.domain.item import Item
from bot.sources.plain_text import MAX_TEXT, clean, html_to_text, is_html, one_line
from bot.sources.sniff import describe
from bot.stories.identity import headline_key

STUB_WIDTH = 600
"""A shorter text is a stub; a wide character (稀) says as much as two. Teasers of feeds run to some
400, articles to thousands."""

CUT_WIDTH = 2_000
"""A text that ends in a mark of being cut ("…", "Read more") is a stub up to this length."""

MAX_PAGE = 3_000_000
"""Code points of a page; extraction takes about a second for each million."""

NAMED, NAMED_WIDE = 0.5, 0.3
"""The share of the headline's words that a page must show in its titles, or in its text; less of
pairs of wide characters, of which some only join two words …"""

SAID = 0.25
"""… and that its text must hold in the first case: a wall under the article's title holds none."""

FEW_WORDS = 3
"""… unless the headline has fewer words than this: "Notice" need not be said again."""

_CUT = re.compile(
    r"(?:\.{3}|…|\[(?:\.{3}|…|&hellip;)\]|(?:read|see|learn) more|continue reading|full (?:story|"
    r"article)|weiterlesen|mehr(?: lesen)?|lire la suite|lees (?:meer|verder)|leer más|"
    r"leggi (?:di più|tutto)|阅读(?:更多|全文)|全文|詳細|続きを読む|더 ?보기|자세히 보기)\W*$",
    re.IGNORECASE,
)
# code points of a line that may be a notice rather than the article's own
_LONGEST_NOTICE, _LONGEST_TERMS = 500, 2_000
_COOKIE = re.compile(r"\bcookies?\b|cookie|クッキー|쿠키", re.IGNORECASE)
_CONSENT = re.compile(
    r"\b(?:we|our|us|wir|nous|wij|nosotros|utilizamos|usiamo)\b|accept|agree|consent|reject|"
    r"preferences|settings|akzeptier|zustimm|einwillig|verwend|accept|refus|toestem|"
    r"使用|同意|接受|設定|设置|許可|사용|동의",
    re.IGNORECASE,
)
_PRIVACY = re.compile(
    r"\bwe (?:and our (?:\d+ )?(?:partners|vendors)|(?:value|care about|respect) your privacy)"
    r"|store and/or access information"
    r"|before you continue|manage (?:your )?(?:consent|preferences)|^(?:accept|reject) all\b"
    r"|^alle (?:akzeptieren|ablehnen)|^tout (?:accepter|refuser)|wir (?:und unsere partner|schätzen"
    r" ihre privatsphäre)|nous (?:et nos partenaires|respectons votre vie privée)",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"\bsubscri(?:be|ption|ber)s?\b.{0,80}\b(?:read|access|continue|unlock|article|now|today)\b"
    r"|\balready (?:a )?(?:subscri|(?:member|registered)\?)|\b(?:sign in to|log ?in to|please "
    r"(?:log|sign) ?in|create (?:a free |an )?account|to continue reading|remaining free articles?)"
    r"|jetzt abonnieren|weiterlesen mit|réservée?s? aux abonnés|abonnez-vous|il vous reste \d+"
    r"|登录后|请登录|登入後|ログインして|会員限定|有料会員|로그인이 필요|enable javascript"
    r"|javascript (?:is|must be) (?:disabled|enabled)",
    re.IGNORECASE,
)
_LONGEST_OFFER = 240
_LONGEST_CELL = 80
_WORD = re.compile(r"[^\W_]+")
_AROUND = "nav, footer, dialog, [role=dialog], [role=alertdialog], [role=navigation], script, style"


@cache
def can_read_articles() -> bool:
    """Whether the extra `articles` is installed."""
    return find_spec("trafilatura") is not None


def is_stub(item: Item) -> bool:
    """Whether what a list says of an entry is less than its text: nothing, its headline once more,
    less than STUB_WIDTH beside that, or the beginning of something longer."""
    said = _without_headline(item.title, item.text)
    width = _width(said, CUT_WIDTH)
    return width < STUB_WIDTH or (width < CUT_WIDTH and _CUT.search(said[-40:]) is not None)


def _without_headline(title: str, text: str) -> str:
    """The text without the headline that it may begin with."""
    first, _break, rest = text.partition("\n")
    if headline_key(first) == headline_key(title):
        return rest.strip()
    return text.removeprefix(title).strip() if title else text.strip()


def _width(text: str, limit: int) -> int:
    start = text[:limit]
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in start)


def with_article(item: Item, page: str) -> Item | NotAFeed:
    """The entry with the text of its page; the entry as it is where that says no more than the list
    does (a short notice, a teaser). Never raises for the page.

    Words that only the list has stay before the text, since watches may wait for them.
    """
    text = text_of_page(item.title, page)
    if isinstance(text, NotAFeed):
        return text
    own, said = headline_key(_without_headline(item.title, item.text)), headline_key(text)
    beginning = own[: max(len(own) * 9 // 10, 20)]  # without the mark of its being cut
    if len(said) <= len(own):
        return item
    if own and beginning not in said:
        text = f"{item.text}\n{text}"
    return replace(item, text=text[:MAX_TEXT])


def text_of_page(title: str, page: str) -> str | NotAFeed:
    """The text of an HTML page that is about `title`, without menus, notices and offers."""
    if not is_html(page[:MAX_TEXT]):
        return NotAFeed(detail=f"{describe(page)}, where the page of an article should be")
    if len(page) > MAX_PAGE:
        return NotAFeed(detail=f"a page of more than {MAX_PAGE:,} characters")
    from trafilatura import extract

    tree = LexborHTMLParser(page)
    titles = _titles(tree)
    try:
        for node in tree.css(_AROUND):  # of a short article the whole page would be taken
            node.decompose()
        found = extract(tree.html or "", fast=True, include_comments=False) or ""
    except Exception as error:  # noqa: BLE001
        # The guard of docs/architecture.md: a third party's parser before a stranger's bytes.
        return NotAFeed(detail=f"a page that cannot be taken apart ({type(error).__name__})")
    text = _article_lines(title, clean(found))
    if not text:
        return NotAFeed(detail=f"{describe(page)}, without the text of an article")
    about = _features(title)
    said = _share(about, text)
    enough = NAMED_WIDE if max(title, default="") >= "\u3000" else NAMED
    is_named = _share(about, titles) >= enough and (said >= SAID or len(about) < FEW_WORDS)
    if about and said < enough and not is_named:
        return NotAFeed(detail=f"{describe(page)}, which is not about “{title[:80]}”")
    return text


def _article_lines(title: str, text: str) -> str:
    name = headline_key(title)
    lines = (line.strip() for row in text.split("\n") for line in _cells(row))
    kept = [line for line in lines if line and headline_key(line) != name and not _is_notice(line)]
    return "\n".join(kept)


def _cells(line: str) -> list[str]:
    """A line of text, or what a row of a table says: where it only lays out the page, cell by
    cell."""
    if not line.startswith("|"):
        return [line]
    cells = [cell.strip() for cell in line.split("|") if cell.strip(" -:")]
    return cells if any(len(cell) > _LONGEST_CELL for cell in cells) else [" · ".join(cells)]


def _is_notice(line: str) -> bool:
    """Whether a line asks for consent or sells something, rather than tell of anything."""
    if len(line) <= _LONGEST_TERMS and _PRIVACY.search(line):
        return True
    if len(line) <= _LONGEST_NOTICE and _COOKIE.search(line) and _CONSENT.search(line):
        return True
    return len(line) <= _LONGEST_OFFER and _OFFER.search(line) is not None


def _titles(tree: LexborHTMLParser) -> str:
    """What a page calls itself: its title, its social title, its main headings."""
    found = [node.text() for node in tree.css("title, h1")[:5]]
    found += [
        node.attributes.get("content") or ""
        for node in tree.css('meta[property="og:title"], meta[name="twitter:title"]')[:4]
    ]
    return one_line(html_to_text(" ".join(found)))


def _features(text: str) -> frozenset[str]:
    """The beginnings of words of four letters and more (so that endings do not matter), figures,
    and pairs of characters where no blank parts words."""
    features: set[str] = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if ord(max(word)) >= 0x3000:
            features.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif len(word) >= 4 or word.isdecimal():
            features.add(word[:6])
    return frozenset(features)


def _share(features: frozenset[str], text: str) -> float:
    """The share of the features that a text holds."""
    return len(features & _features(text)) / len(features) if features else 0.0
