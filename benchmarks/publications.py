"""Two hundred invented publications, the same in every run: RSS, Atom and RDF in seven languages.

Their shape follows 48 real feeds: 70 KB and 30 entries on average, teasers beside whole articles,
markup in CDATA or escaped, and one feed in 25 (Atom with XHTML inside) that wants a lenient parser.

    publication(7, FIRST)   what it said first
    publication(7, SECOND)  a day later: NEWS new entries on top, as many of the oldest gone
    publication(7, 5, 8)    four days after that, in a feed of 8 entries
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape

from benchmarks.words import Language, language

ENTRIES = 30
"""Entries on a page."""

NEWS = 3
"""New entries of the second edition."""

FIRST, SECOND = 0, 1

WATCHES = ("rare earths", "Nexperia", "export licence")
"""What the desk watches; the noise around holds none of these words."""

_LANGUAGES = ("en", "en", "en", "en", "de", "fr", "nl", "es", "zh", "ja")
_TOPICS = {
    "en": ("shipments of rare earths to Europe", "the chip maker Nexperia", "an export licence"),
    "de": ("Lieferungen seltener Erden", "der Chiphersteller Nexperia", "eine Ausfuhrgenehmigung"),
    "fr": ("le marché des terres rares", "le fabricant Nexperia", "une licence d'exportation"),
    "nl": ("de aanvoer van zeldzame aardmetalen", "chipmaker Nexperia", "een exportvergunning"),
    "es": ("el mercado de tierras raras", "el fabricante Nexperia", "una licencia de exportación"),
    "zh": ("稀土出口", "安世半导体", "出口许可证"),
    "ja": ("レアアース供給", "ネクスペリア", "輸出許可証"),
}
_TOPICAL = 6
"""One entry in so many is on a watched topic."""

_START = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `topic` is the watch that it answers, or None."""

    number: int
    title: str
    link: str
    markup: str
    published: datetime
    topic: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One edition of one feed, ready to be served."""

    code: str
    body: bytes
    content_type: str
    etag: str
    last_modified: str
    entries: tuple[Entry, ...]

    @property
    def news(self) -> tuple[Entry, ...]:
        """What an edition after the first has that those before had not."""
        return self.entries[:NEWS]


@cache
def _language(code: str) -> Language:
    return language(code)


def language_of(number: int) -> str:
    """The language of a feed, by its number."""
    return _LANGUAGES[number % len(_LANGUAGES)]


def publication(number: int, edition: int, length: int = ENTRIES) -> Publication:
    """An edition of a feed, of so many entries; those of all editions with one number are equal."""
    code = language_of(number)
    shift = NEWS * edition
    entries = tuple(_entry(number, at, code) for at in range(length + shift - 1, shift - 1, -1))
    kind = ("rss", "rss", "atom", "rss", "rdf")[(number // len(_LANGUAGES)) % 5]
    write = {"rss": _rss, "atom": _atom, "rdf": _rdf}[kind]
    return Publication(
        code=code,
        body=write(number, code, entries).encode(),
        content_type={
            "rss": "application/rss+xml; charset=utf-8",
            "atom": "application/atom+xml; charset=utf-8",
            "rdf": "application/rdf+xml",
        }[kind],
        etag=f'"{number:x}-{edition}"',
        last_modified=format_datetime(_START + timedelta(days=edition), usegmt=True),
        entries=entries,
    )


def _entry(number: int, at: int, code: str) -> Entry:
    chance = random.Random(f"{number}:{at}")
    tongue = _language(code)
    topic = chance.randrange(len(WATCHES)) if (number + at) % _TOPICAL == 0 else None
    said = None if topic is None else _TOPICS[code][topic]
    title = _sentence(tongue, chance, chance.randint(6, 11), None).rstrip(".。")
    host = f"https://www.publisher-{number:03}.example"
    return Entry(
        number=at,
        title=title if said is None or at % 2 else f"{title}: {said}",
        link=f"{host}/{code}/{2026 - at % 2}/{number * 1000 + at}-{chance.randrange(10**6)}.html",
        markup=_markup(tongue, chance, said, host),
        published=_START + timedelta(minutes=41 * at + number),
        topic=None if topic is None else WATCHES[topic],
    )


def _sentence(tongue: Language, chance: random.Random, words: int, said: str | None) -> str:
    drawn = tongue.draw(chance, words)
    if said is not None:
        drawn.insert(words // 2, said)
    if not tongue.is_spaced:
        for at in range(9, len(drawn) - 2, 11):
            drawn[at] += "，" if tongue.code == "zh" else "、"
        return "".join(drawn) + "。"
    for at in range(8, len(drawn) - 2, 9):
        drawn[at] += ","
    if words > 12 and chance.random() < 0.3:
        drawn[2] = f"{chance.randint(2, 980)},{chance.randint(1, 9)}"
    text = " ".join(drawn)
    return text[0].upper() + text[1:] + "."


def _markup(tongue: Language, chance: random.Random, said: str | None, host: str) -> str:
    """HTML as publishers' systems write it: a teaser, an article, or something between."""
    # on average about 2 KB of markup an entry, half of the entries below 1 KB
    paragraphs = chance.choice((1, 1, 1, 2, 2, 3, 5, 7))
    length = 22 if tongue.is_spaced else 30
    parts: list[str] = []
    for at in range(paragraphs):
        sentences = [
            escape(
                _sentence(
                    tongue,
                    chance,
                    chance.randint(length - 10, length + 10),
                    said if at == paragraphs // 2 and place == 1 else None,
                ),
                quote=False,
            )
            for place in range(chance.randint(2, 4))
        ]
        sentences[0] = f"<strong>{sentences[0]}</strong>" if at == 0 else sentences[0]
        if chance.random() < 0.4:
            sentences[-1] = (
                f'<a href="{host}/dossier/{at}?utm_source=rss&amp;p={at}">{sentences[-1]}</a>'
            )
        parts.append(f'<p class="par par-{at}">{" ".join(sentences)}</p>\n')
    if paragraphs > 2:
        image = f"{host}/media/{chance.randrange(10**6)}.jpg"
        parts.insert(1, f'<figure><img src="{image}" width="640" height="360" alt="" /></figure>\n')
        points = "".join(
            f"<li>{escape(_sentence(tongue, chance, 8, None), quote=False)}</li>" for _ in range(4)
        )
        parts.insert(2, f"<ul>{points}</ul>\n")
    parts.append(f'<p style="font-size:11px"><em>&#169; 2026</em>&#160;<a href="{host}/">»</a></p>')
    return "".join(parts)


def _rss(number: int, code: str, entries: tuple[Entry, ...]) -> str:
    is_escaped = number % 3 == 0
    items: list[str] = []
    for entry in entries:
        teaser = entry.markup.partition("\n")[0] if number % 4 == 1 else entry.markup
        body = escape(teaser, quote=False) if is_escaped else f"<![CDATA[{teaser}]]>"
        full = (
            ""
            if teaser is entry.markup
            else f"<content:encoded><![CDATA[{entry.markup}]]></content:encoded>"
        )
        items.append(
            f"    <item>\n      <title>{escape(entry.title, quote=False)}</title>\n"
            f"      <link>{entry.link}?utm_source=rss&amp;utm_medium=feed</link>\n"
            f'      <guid isPermaLink="false">{number}-{entry.number}</guid>\n'
            f"      <pubDate>{format_datetime(entry.published)}</pubDate>\n"
            f"      <dc:creator>Desk {entry.number % 7}</dc:creator>\n"
            f"      <category>Trade</category>\n      <category>Economy</category>\n"
            f"      <description>{body}</description>\n{full}    </item>\n"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">\n'
        f"  <channel>\n    <title>Publication {number}</title>\n"
        f"    <link>https://www.publisher-{number:03}.example/</link>\n"
        f"    <description>News of publication {number}</description>\n"
        f"    <language>{code}</language>\n"
        f"    <lastBuildDate>{format_datetime(entries[0].published)}</lastBuildDate>\n"
        f"{''.join(items)}  </channel>\n</rss>\n"
    )


def _atom(number: int, code: str, entries: tuple[Entry, ...]) -> str:
    is_xhtml = number % 5 == 0
    items: list[str] = []
    for entry in entries:
        if is_xhtml:
            content = (
                '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
                f"{entry.markup}</div></content>"
            )
        else:
            content = f'<content type="html">{escape(entry.markup, quote=False)}</content>'
        items.append(
            f"  <entry>\n    <title>{escape(entry.title, quote=False)}</title>\n"
            f'    <link rel="alternate" type="text/html" href="{entry.link}" />\n'
            f"    <id>tag:publisher-{number:03}.example,2026:{entry.number}</id>\n"
            f"    <published>{entry.published.isoformat()}</published>\n"
            f"    <updated>{entry.published.isoformat()}</updated>\n"
            f"    <author><name>Desk {entry.number % 7}</name></author>\n"
            f'    <category term="trade" />\n    {content}\n  </entry>\n'
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{code}">\n'
        f"  <title>Publication {number}</title>\n"
        f'  <link href="https://www.publisher-{number:03}.example/" />\n'
        f"  <id>tag:publisher-{number:03}.example,2026:feed</id>\n"
        f"  <updated>{entries[0].published.isoformat()}</updated>\n{''.join(items)}</feed>\n"
    )


def _rdf(number: int, code: str, entries: tuple[Entry, ...]) -> str:
    links = "".join(f'        <rdf:li rdf:resource="{entry.link}" />\n' for entry in entries)
    items = "".join(
        f'  <item rdf:about="{entry.link}">\n'
        f"    <title>{escape(entry.title, quote=False)}</title>\n    <link>{entry.link}</link>\n"
        f"    <description>{escape(entry.markup, quote=False)}</description>\n"
        f"    <dc:date>{entry.published.isoformat()}</dc:date>\n"
        f"    <dc:subject>Trade</dc:subject>\n  </item>\n"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'  <channel rdf:about="https://www.publisher-{number:03}.example/">\n'
        f"    <title>Publication {number}</title>\n"
        f"    <link>https://www.publisher-{number:03}.example/</link>\n"
        f"    <description>News of publication {number}</description>\n"
        f"    <dc:language>{code}</dc:language>\n"
        f"    <items>\n      <rdf:Seq>\n{links}      </rdf:Seq>\n    </items>\n  </channel>\n"
        f"{items}</rdf:RDF>\n"
    )
