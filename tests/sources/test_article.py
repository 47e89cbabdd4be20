"""The text of an article's page: what is a stub, what is the article, and what is a wall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fetch import Fetched, NotAFeed
from bot.domain.item import Item
from bot.sources.article import STUB_WIDTH, is_stub, text_of_page, with_article
from bot.sources.details import text_request, with_text
from tests.samples import item, source

TITLE = "Gallium licences from October"
SAID = (
    "The ministry said on Monday that exporters of gallium must apply for licences from October.",
    "Licences are granted within thirty days, the notice says, and cost nothing.",
)
MENU = "<nav><a href=/>Home</a> <a href=/news>News</a></nav>"
CONSENT = (
    "<div class=banner><p>We use cookies to improve our site. Accept all cookies?</p>"
    "<button>Accept all</button></div>"
)


def page(*lines: str, title: str = TITLE, heading: str = TITLE, more: str = "") -> str:
    said = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<!DOCTYPE html><html><head><title>{title} – The Gazette</title></head><body>{MENU}{more}"
        f"<main><article><h1>{heading}</h1>{said}</article></main>"
        "<footer>© The Gazette. All rights reserved.</footer></body></html>"
    )


def refused(found: str | Item | NotAFeed) -> str:
    assert isinstance(found, NotAFeed), found
    return found.detail


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("", True),
        (TITLE, True),
        (f"{TITLE}\n", True),
        ("A short teaser of one sentence.", True),
        ("Word " * 200, False),
        ("Word " * 200 + "…", True),
        ("Word " * 200 + "[...]", True),
        ("Word " * 200 + "Continue reading →", True),
        ("Word " * 200 + "Weiterlesen", True),
        ("Word " * 500 + "…", False),
        ("稀土出口管制公告" * 30, True),
        ("稀土出口管制公告" * 40, False),
        (f"{TITLE}\n{'Word ' * 119}", True),
    ],
)
def test_a_stub_is_nothing_the_headline_or_the_beginning_of_a_text(text: str, is_one: bool) -> None:
    assert is_stub(item(TITLE, text=text)) is is_one


@given(st.text(max_size=50), st.text(max_size=STUB_WIDTH // 2))
def test_what_is_short_is_always_a_stub(title: str, text: str) -> None:
    assert is_stub(item(title, text=text))


def test_the_text_is_without_headline_menu_and_footer() -> None:
    assert text_of_page(TITLE, page(*SAID)) == "\n".join(SAID)


def test_a_cookie_banner_never_becomes_the_article() -> None:
    assert text_of_page(TITLE, page(*SAID, more=CONSENT)) == "\n".join(SAID)
    within = page("We use cookies. Accept cookies to go on.", *SAID)
    assert text_of_page(TITLE, within) == "\n".join(SAID)


@pytest.mark.parametrize(
    "wall",
    [
        page("We use cookies and similar techniques. Do you accept cookies?"),
        page(
            "We and our 842 partners store and/or access information on a device.",
            "Accept all",
            heading="Before you continue",
        ),
        page("Wir verwenden Cookies. Bitte stimmen Sie der Verwendung von Cookies zu."),
        page("本网站使用cookie。请同意使用cookie。"),
        page("当サイトではクッキーを使用しています。使用に同意してください。"),
        page(
            "Please log in to go on. Members find the archive of ten years here, and more each day "
            "than anybody could read in one.",
            title="Members",
            heading="Members only",
        ),
        page(
            "Our members enjoy the archive of ten years, and all the charts that were ever drawn.",
            heading="Welcome",
        ),
        page("请登录后查看全文。", title=TITLE),
        page(
            "Wir und unsere Partner verarbeiten Daten, wie Ihre IP-Adresse, mithilfe von Cookies, "
            "um auf Informationen auf Ihrem Gerät zuzugreifen und um Werbung anzuzeigen. "
            + "Sie haben die Wahl, wer Ihre Daten zu welchen Zwecken verwendet. "
            * 8
        ),
        "<html><title>Just a moment...</title><body><p>Checking your browser.</body></html>",
        "<html><body></body></html>",
        "%PDF-1.7 …",
        "",
    ],
)
def test_a_wall_is_no_article(wall: str) -> None:
    refused(with_article(item(TITLE, text=""), wall))


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("关于对镓相关物项实施出口管制的公告", "根据出口管制法，决定对镓相关物项实施出口管制。"),
        ("ガリウムの輸出管理について", "経済産業省は、ガリウムの輸出管理を強化すると発表した。"),
        ("갈륨 수출 통제 강화 방안 발표", "산업부는 갈륨 수출 통제를 강화하는 방안을 발표했다."),
        (
            "Neue Ausfuhrgenehmigungen für Gallium",
            "Für die Ausfuhr von Gallium gelten neue Regeln.",
        ),
        ("Новые лицензии на экспорт галлия", "Министерство ввело лицензии для экспорта галлия."),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "native"])
def test_pages_of_all_languages_and_charsets_are_read(title: str, said: str, encoding: str) -> None:
    native = {"关": "gb18030", "ガ": "shift_jis", "갈": "euc-kr", "N": "latin-1", "Н": "koi8-r"}
    charset = native[title[0]] if encoding == "native" else "utf-8"
    lines = [said, said + " (2)"]
    body = page(*lines, title=title, heading=title).replace("–", "-").replace("©", "(c)")
    body = body.replace("<head>", f'<head><meta charset="{charset}">')
    found = with_text(
        source(has_full_text=True),
        item(title, text=""),
        Fetched(body=body.encode(charset), content_type="text/html"),
    )
    assert isinstance(found, Item), found
    assert found.text == "\n".join(lines)


def test_a_teaser_before_a_paywall_leaves_what_the_list_says() -> None:
    stub = item(TITLE, text=f"{SAID[0]} {SAID[1]}")
    teaser = page(SAID[0], "Subscribe to read the full article.", "Already a subscriber? Log in.")
    assert with_article(stub, teaser) == stub
    longer = with_article(item(TITLE, text=""), teaser)
    assert isinstance(longer, Item)
    assert longer.text == SAID[0], "the offer is not part of it"


@pytest.mark.parametrize(
    "line",
    [
        "We and our allies will not accept the export of gallium without licences, she said.",
        "Exporters of gallium must register to apply for licences, from October.",
        "Already a member of the union, the country issues gallium licences from October.",
    ],
)
def test_what_only_sounds_like_a_notice_stays(line: str) -> None:
    assert text_of_page(TITLE, page(line, *SAID)) == "\n".join([line, *SAID])


def test_a_headline_of_a_word_need_not_be_said_again() -> None:
    said = "The port will be closed on Monday and Tuesday for works."
    assert text_of_page("Notice", page(said, title="Notice", heading="Notice")) == said
    refused(text_of_page("Notice", page(said, title="Welcome", heading="Welcome")))


def test_a_page_that_is_laid_out_by_a_table_is_read_cell_by_cell() -> None:
    layout = (
        f"<html><title>{TITLE}</title><body><table><tr><td>1999</td><td><p>{SAID[0]}</p>"
        f"<p>{SAID[1]}</p></td></tr></table></body></html>"
    )
    text = text_of_page(TITLE, layout)
    assert isinstance(text, str)
    assert "|" not in text and SAID[0] in text


def test_words_that_only_the_list_has_stay() -> None:
    found = with_article(item(TITLE, text="Germanium is next."), page(*SAID))
    assert isinstance(found, Item)
    assert found.text == "Germanium is next.\n" + "\n".join(SAID)


def test_a_teaser_that_the_article_repeats_is_not_kept_twice() -> None:
    found = with_article(item(TITLE, text=f"{SAID[0][:60]}…"), page(*SAID))
    assert isinstance(found, Item)
    assert found.text == "\n".join(SAID)


@given(st.text(max_size=2_000), st.text(max_size=80))
def test_no_page_raises(body: str, title: str) -> None:
    with_article(item(title, text=""), f"<html><p>{body}</p>")


def test_only_stubs_of_sources_whose_terms_allow_it_are_asked_for() -> None:
    allowed, stub = source(has_full_text=True), item(TITLE, text="", url="https://g.example/1")
    asked = text_request(allowed, stub)
    assert asked is not None
    assert (asked.source.url, asked.is_article) == ("https://g.example/1", True)
    assert text_request(source(), stub) is None
    assert text_request(allowed, item(TITLE, text="Word " * 300)) is None
    assert text_request(allowed, item(TITLE, text="", url="")) is None
