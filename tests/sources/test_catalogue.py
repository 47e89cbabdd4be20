"""The catalogue as data: what fits is read, what does not is named with its mend."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.source import ListShape, SourceKind, SourceStatus
from bot.errors import CatalogueError
from bot.sources.catalogue import BUILT_IN, load_catalogue, parse_catalogue

GOOD = 'id = "a"\nurl = "https://a.example/feed"\n'


def source(lines: str) -> str:
    return f"[[source]]\n{lines}\n"


# What a catalogue may say


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        ("official = false", 10),
        ("official = true", 5),
        (
            'official = true\nkind = "register"\n[source.shape]\nformat = "csv"\nkey = "a"\n'
            'name = "b"',
            60,
        ),
        ('official = true\nevery = "30m"', 30),
    ],
)
def test_without_an_interval_a_source_is_asked_as_often_as_its_class(
    lines: str, minutes: int
) -> None:
    (found,) = parse_catalogue(source(f"{GOOD}\n{lines}"), "my.toml")
    assert found.every == timedelta(minutes=minutes)


def test_a_source_needs_an_id_and_a_url_only() -> None:
    (found,) = parse_catalogue(source(GOOD), "my.toml")
    assert found.source_id == "a"
    assert found.name == "a"
    assert found.kind is SourceKind.FEED
    assert not found.is_official
    assert found.every == timedelta(minutes=10)
    assert found.zone == "UTC"
    assert found.evidence == "-"
    assert found.status is SourceStatus.READY


def test_everything_that_is_said_is_kept() -> None:
    text = source(
        'id = "cn-x"\nname = "商务部"\nurl = "http://intranet:8097/x?q=[1]"\npublisher = "P"\n'
        'kind = "html-list"\nofficial = true\njurisdiction = "CN"\nlanguages = ["zh", "en", "zh"]\n'
        'every = "90s"\nzone = "Asia/Shanghai"\nterms = "T"\nevidence = "V"\nstatus = "needs-key"\n'
        'note = "N"\nshape = { entry = "ul li", date = "span", json_path = "data.html" }'
    )
    (found,) = parse_catalogue(text, "my.toml")
    assert found.url == "http://intranet:8097/x?q=[1]"
    assert found.languages == ("zh", "en")
    assert found.every == timedelta(seconds=90)
    assert found.is_official
    assert found.status is SourceStatus.NEEDS_KEY
    assert found.shape == ListShape(entry="ul li", link="a", date="span", json_path="data.html")


@pytest.mark.parametrize(
    ("said", "every"),
    [
        ('"1s"', timedelta(seconds=1)),
        ('"10m"', timedelta(minutes=10)),
        ('" 2 h "', timedelta(hours=2)),
        ('"7d"', timedelta(days=7)),
        ("30", timedelta(seconds=30)),
    ],
)
def test_an_interval_is_a_number_with_its_unit_or_seconds(said: str, every: timedelta) -> None:
    (found,) = parse_catalogue(source(GOOD + f"every = {said}"), "my.toml")
    assert found.every == every


@pytest.mark.parametrize(
    ("lines", "key", "said"),
    [
        ('url = "https://a.example/"', "id", "missing"),
        ('id = "A B"\nurl = "https://a.example/"', "id", "lower-case"),
        ('id = "a--b"\nurl = "https://a.example/"', "id", "single hyphens"),
        ('id = 7\nurl = "https://a.example/"', "id", "a number"),
        (f'id = "{"a" * 61}"\nurl = "https://a.example/"', "id", "at most 60"),
        ('id = "a"', "url", "missing"),
        ('id = "a"\nurl = "feed.xml"', "url", "scheme"),
        ('id = "a"\nurl = "ftp://a.example/"', "url", "'ftp'"),
        ('id = "a"\nurl = "https://"', "url", "no host"),
        ('id = "a"\nurl = "https://ada:pw@a.example/"', "url", "password"),
        ('id = "a"\nurl = "https://[::1/"', "url", "cannot be read"),
        ('id = "a"\nurl = "https://a.example:99999/"', "url", "cannot be read"),
        ('id = "a"\nurl = "https://a.example/a b"', "url", "%20"),
        ('id = "a"\nurl = ["https://a.example/"]', "url", "a list"),
        (GOOD + 'feed = "x"', "feed", "unknown"),
        (GOOD + 'langauges = ["en"]', "langauges", "Did you mean languages?"),
        (GOOD + 'Every = "5m"', "Every", "Did you mean every?"),
        (GOOD + 'kind = "rss"', "kind", "none of feed, federal-register, "),
        (GOOD + 'kind = "fed"', "kind", "Did you mean feed"),
        (GOOD + 'status = "redy"', "status", "Did you mean ready"),
        (GOOD + 'official = "yes"', "official", "true or false, not text"),
        (GOOD + "official = 1", "official", "true or false, not a number"),
        (GOOD + 'languages = "en"', "languages", "a list, not text"),
        (GOOD + 'languages = ["English"]', "languages", "'English'"),
        (GOOD + "languages = [1]", "languages", "1 is no language code"),
        (GOOD + 'every = "often"', "every", "'often'"),
        (GOOD + 'every = "0s"', "every", "between 1s and 7d"),
        (GOOD + 'every = "8d"', "every", "between 1s and 7d"),
        (GOOD + "every = -1", "every", "between 1s and 7d"),
        (GOOD + "every = 1.5", "every", "no duration"),
        (GOOD + "every = true", "every", "no duration"),
        (GOOD + 'zone = "Brussels"', "zone", "'Brussels'"),
        (GOOD + 'zone = "../etc/passwd"', "zone", "no IANA time zone"),
        (GOOD + 'evidence = "X"', "evidence", "none of D, V, U, K, -"),
        (GOOD + "name = 5", "name", "a number"),
        (GOOD + "note = 2026-10-08", "note", "a table or a date"),
        (GOOD + 'kind = "html-list"', "shape", "needs one"),
        (GOOD + 'kind = "html-list"\nshape = "li"', "shape", "a table"),
        (GOOD + 'shape = { entry = "li" }', "shape", "only these kinds have one: html-list"),
        (GOOD + 'kind = "html-list"\nshape = { link = "a" }', "shape: entry", "missing"),
        (GOOD + 'kind = "html-list"\nshape = { entry = "li[" }', "shape: entry", "no CSS selector"),
        (GOOD + 'kind = "html-list"\nshape = { entry = "li", date = "!" }', "shape: date", "CSS"),
        (GOOD + 'kind = "html-list"\nshape = { entry = "li", dates = "b" }', "shape: dates",
         "Did you mean date?"),
    ],
)  # fmt: skip
def test_every_mistake_names_file_source_key_and_mend(lines: str, key: str, said: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(source(lines), "my.toml")
    text = str(caught.value)
    stated = tomllib.loads(lines).get("id")
    place = repr(stated) if isinstance(stated, str) else "number 1"
    assert text.startswith(f"my.toml: source {place}: {key}: ")
    assert said in text
    assert "Example: " in text or "Known keys: " in text


@pytest.mark.parametrize(
    "lines", ["evidence = 'K'", "shape = { entry = 'li' }\nkind = 'html-list'"]
)
def test_the_example_of_a_message_fits(lines: str) -> None:
    """What a message proposes is itself accepted."""
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(source(f"{lines}\nurl = 'https://a.example/'"), "my.toml")
    example_line = str(caught.value).partition("Example: ")[2]
    parse_catalogue(source(f"{lines}\nurl = 'https://a.example/'\n{example_line}"), "my.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no sources"),
        ("source = []", "no sources"),
        ("source = 5", "no sources"),
        ("source = [1]", "number 1 is no [[source]] table"),
        ('[[sources]]\nid = "a"', "Did you mean [[source]]?"),
        ('name = "x"', "'name' is unknown at the top"),
        ("[[source]]\nid = a", "not valid TOML"),
        ('[[source]]\nid = "a"\nid = "b"', "not valid TOML"),
        (f"source = {'[' * 5_000}{']' * 5_000}", "out of all bounds"),
        (f"source = {'1' * 5_000}", "out of all bounds"),
        ("extends = []", "extends is []"),
        (source(GOOD) + source(GOOD), "used twice"),
    ],
)
def test_a_file_of_another_form_is_told_what_a_catalogue_looks_like(text: str, said: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(text, "my.toml")
    assert str(caught.value).startswith("my.toml: ")
    assert said in str(caught.value)
    assert "[[source]]" in str(caught.value) or "id = " in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no such file") as caught:
        load_catalogue(tmp_path / "none.toml")
    assert BUILT_IN in str(caught.value)
    (tmp_path / "latin.toml").write_bytes(b'[[source]]\nname = "caf\xe9"')
    with pytest.raises(CatalogueError, match="not UTF-8 at byte 22"):
        load_catalogue(tmp_path / "latin.toml")
    with pytest.raises(CatalogueError, match="cannot be read"):
        load_catalogue(tmp_path)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("\ufeff" + source(GOOD), encoding="utf-8")
    assert [each.source_id for each in load_catalogue(path)] == ["a"]


VALUES = st.one_of(
    st.text(max_size=12).map(lambda text: f'"{text.encode("unicode_escape").decode()[:20]}"'),
    st.sampled_from(["1", "-1", "true", "1.5", "[]", '["en"]', "{}", "[1]", "2026-10-08", '""']),
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "url", "name", "kind", "official", "languages", "every", "zone", "evidence",
             "status", "shape", "note", "x"]
        ),
        VALUES,
        max_size=6,
    )
)  # fmt: skip
@example({"id": '"a"', "url": '"https://a.example/"', "zone": '"\\u0000"'})
def test_no_value_makes_it_raise_anything_else(table: dict[str, str]) -> None:
    text = source("\n".join(f"{key} = {value}" for key, value in table.items()))
    try:
        parse_catalogue(text, "my.toml")
    except CatalogueError as error:
        assert str(error).startswith("my.toml: ")
