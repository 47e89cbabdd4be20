"""The documents are true: what they take from the product is current, what they name exists."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import VERSION
from bot.app import _KEEP_SENT
from bot.cli import _parser
from bot.delivery.policy import MAX_CRASH_REPEATS, MAX_REPEATS
from bot.doctor import _LOW_DISK
from bot.domain.source import SourceKind
from bot.registers.compare import SUSPICIOUS_SHARE
from bot.registers.tell import MAX_PROGRAMMES
from bot.settings import NAMES, Settings, load_settings
from bot.sources.cadence import BACK_OFF_LIMIT, RETRY_AFTER_LIMIT
from bot.sources.catalogue import _EXAMPLES, load_catalogue, parse_catalogue
from bot.sources.fetch import FetchLimits
from bot.sources.shapes import _EXAMPLES as _SHAPE_EXAMPLES
from bot.stories.identity import SYNDICATION_WINDOW
from bot.summaries.extract import MAX_CHARACTERS
from bot.upkeep.judge import HEARD_LIMIT
from bot.upkeep.nights import KEEP_AT_LEAST
from handlers.commands import COMMANDS
from handlers.telegram import _STRANGER_REPLIES as STRANGER_REPLIES
from storage.backup import _LEFT_FREE
from storage.room import BALLAST_BYTES
from tests.docs import ROOT, generated
from tests.test_architecture import DOORS, FLOORS, PURE
from tests.test_staying_up import GRACE

DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")})
PAGES = [*DOCUMENTS, *sorted(ROOT.glob("bot/**/*.md"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def current() -> dict[str, str]:
    return {name_of(path): text for path, text in generated().items()}


# What is generated


@pytest.mark.parametrize(
    "page", ["README.md", "docs/sources.md", "docs/commands.md", "docs/images/alerts.svg"]
)
def test_what_a_page_takes_from_the_product_is_current(page: str, current: dict[str, str]) -> None:
    assert set(current) == {
        "README.md",
        "docs/sources.md",
        "docs/commands.md",
        "docs/images/alerts.svg",
    }
    assert read(page) == current[page], "write it anew with `make docs`"


# Settings


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table that begins with this heading."""
    lines = iter(read(page).splitlines())
    for line in lines:
        if line.startswith(heading):
            break
    else:
        raise AssertionError(f"{page} has no table {heading}")
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


def example_settings() -> dict[str, str]:
    return dict(
        line.split("=", 1) for line in read(".env.example").splitlines() if re.match("[A-Z]", line)
    )


def test_the_page_of_settings_explains_each_of_them_and_no_other() -> None:
    explained = [row[0].strip("`") for row in rows("docs/settings.md", "| setting ")]
    assert sorted(explained) == sorted(NAMES)
    for row in rows("docs/settings.md", "| setting "):
        assert len(row) == 5
        assert all(row), f"{row[0]} lacks its meaning, form, default or example"


def test_the_example_file_holds_each_setting_and_no_other() -> None:
    assert sorted(example_settings()) == sorted(NAMES)


def test_each_setting_of_the_example_file_has_a_comment() -> None:
    heading, *blocks = read(".env.example").strip().split("\n\n")
    assert all(line.startswith("# ") for line in heading.splitlines())
    for block in blocks:
        *comments, setting = block.splitlines()
        assert setting.partition("=")[0] in NAMES, block
        assert comments, f"{setting} has no comment"
        assert all(line.startswith("# ") for line in comments), block


def test_the_defaults_of_the_page_are_those_of_the_example_file() -> None:
    for name, _meaning, _form, default, _example in rows("docs/settings.md", "| setting "):
        stated = default.strip("`")
        assert (stated if stated != "none" else "") == example_settings()[name.strip("`")]


def test_every_example_of_the_page_is_a_value_that_fits() -> None:
    examples = {
        name.strip("`"): example.strip("`")
        for name, _meaning, _form, _default, example in rows("docs/settings.md", "| setting ")
    }
    examples["TELEGRAM_BOT_TOKEN"] = examples["TELEGRAM_BOT_TOKEN"].replace("…", "x" * 30)
    load_settings(examples, env_file=Path("no-such-file"))


# Architecture


def packages(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_floors_of_the_page_are_those_that_the_imports_are_checked_by() -> None:
    stated = {
        package: int(floor)
        for floor, cell in rows("docs/architecture.md", "| floor ")
        for package in packages(cell)
    }
    assert stated == FLOORS


def test_the_doors_of_the_page_are_those_that_the_imports_are_checked_by() -> None:
    stated = {
        thing.strip("`"): tuple(packages(cell))
        for thing, cell in rows("docs/architecture.md", "| outside thing ")
    }
    assert stated == DOORS


def test_the_page_names_every_pure_room_and_every_folder() -> None:
    page = read("docs/architecture.md")
    for room in PURE:
        assert f"`{room}`" in page
    for folder, _what in rows("docs/architecture.md", "| folder "):
        assert (ROOT / folder.strip("`")).is_dir(), folder
    described = {folder.strip("`") for folder, _what in rows("docs/architecture.md", "| folder ")}
    rooms = {name_of(path.parent) for path in ROOT.glob("bot/*/__init__.py")}
    assert rooms <= described


# Sources


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", read(page), re.DOTALL)


def test_the_example_catalogue_can_be_read_and_uses_every_key() -> None:
    shown = blocks("docs/sources.md", "toml")
    for block in shown:
        assert parse_catalogue(block, "an example")
    (example,) = (block for block in shown if "wto-news" in block)
    listed = parse_catalogue(example, "the example")
    assert [source.source_id for source in listed] == [
        "wto-news",
        "intranet-notices",
        "intranet-circulars",
    ]
    used = {key for block in shown for table in tomllib.loads(block)["source"] for key in table}
    assert used == set(_EXAMPLES)


def test_the_example_on_top_of_the_built_in_catalogue_does_what_the_page_says() -> None:
    (example,) = (block for block in blocks("docs/sources.md", "toml") if "extends" in block)
    before = {source.source_id: source for source in load_catalogue(None)}
    after = {source.source_id: source for source in parse_catalogue(example, "the example")}
    assert set(before) - set(after) == {"global-times"}
    assert set(after) - set(before) == {"harbour-wire"}
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert changed == {"eu-council-press"}


def test_the_page_of_sources_explains_every_key_of_the_catalogue() -> None:
    explained = {row[0].strip("`"): row[1] for row in rows("docs/sources.md", "| key ")}
    assert set(explained) == set(_EXAMPLES)
    shapes = {row[0].strip("`"): row[1] for row in rows("docs/sources.md", "| kind ")}
    assert set(shapes) == {kind.value for kind in SourceKind}
    for kind, keys in _SHAPE_EXAMPLES.items():
        assert all(f"`{key}`" in shapes[kind] for key in keys), kind


# The command line


def parsers() -> dict[str, argparse.ArgumentParser]:
    for action in _parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the command line has no commands")


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Every command line of ours that a page shows, with the page."""
    for page in DOCUMENTS:
        text = page.read_text("utf-8")
        inline = re.findall(r"`((?:\.venv/bin/)?tidewaiter [^`]+)`", text)
        fenced = [
            line.removeprefix("$ ")
            for block in re.findall(r"```(?:sh|text)\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
        ]
        for line in [*inline, *fenced]:
            words = shlex.split(re.sub(r"\$\([^)]*\)", "today", line), comments=True)
            if words and words[0].endswith("tidewaiter"):
                yield name_of(page), words[1:]


def test_every_command_line_in_the_documents_is_understood(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = list(command_lines())
    assert len(shown) > 10
    for page, words in shown:
        if len(words) == 1:
            assert words[0] in parsers(), f"{page}: tidewaiter {words[0]}"
            continue
        try:
            _parser().parse_args(words)
        except SystemExit:
            raise AssertionError(f"{page}: {words}: {capsys.readouterr().err}") from None


def test_the_readme_shows_every_command_with_all_its_options() -> None:
    lines = re.findall(r"^\| `tidewaiter (\w+)[^`]*` \| (.*) \|$", read("README.md"), re.M)
    shown = dict(lines)
    assert set(shown) == set(parsers())
    for name, parser in parsers().items():
        options = {
            option
            for action in parser._actions
            for option in action.option_strings
            if option.startswith("--") and option != "--help"
        }
        assert options == set(re.findall(r"`(--[a-z-]+)`", shown[name])), name


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.M))
    named: set[str] = set()
    for page in [*DOCUMENTS, ROOT / ".env.example", ROOT / ".ci/run"]:
        text = page.read_text("utf-8")
        named |= set(re.findall(r"`make ([a-z]+)`", text))
        named |= set(re.findall(r"^make ([a-z]+)", text, re.M))
    assert {"run", "test", "setup", "docs"} <= named <= targets


def test_every_target_is_phony_and_says_what_it_does() -> None:
    makefile = read("Makefile")
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split())
    assert phony == set(re.findall(r"^([a-z]+):.*?## ", makefile, re.M))


# Names and figures


def test_every_setting_that_a_page_names_exists() -> None:
    for page in DOCUMENTS:
        named = re.findall(r"\b(?:TIDEWAITER|TELEGRAM)_[A-Z_]+", page.read_text("utf-8"))
        assert set(named) <= set(NAMES), name_of(page)


def test_every_chat_command_that_a_page_names_exists() -> None:
    known = {spec.name for spec in COMMANDS} | {"newbot", "revoke"}  # these are BotFather's
    known |= {"healthz", "metrics"}  # pages of the health port
    for page in DOCUMENTS:
        named = set(re.findall(r"`/([a-z]+)(?=[ `@])", page.read_text("utf-8")))
        assert named <= known, name_of(page)


_LIMITS = FetchLimits()
_SETTINGS = Settings()
_IN_WORDS = {3.0: "three", 7: "seven"}
_FIGURES = [
    ("docs/sources.md", f"complete in {_LIMITS.total.total_seconds():g} seconds"),
    ("docs/sources.md", f"{_LIMITS.max_body_bytes // 10**6} MB, decoded"),
    (
        "docs/sources.md",
        f"a `register` in {_LIMITS.register_total.total_seconds() / 60:g} minutes and "
        f"{_LIMITS.max_register_bytes // 10**6} MB",
    ),
    ("docs/sources.md", f"lacks more than {SUSPICIOUS_SHARE:.0%}".replace("%", " %")),
    ("docs/sources.md", f"A change of more than {MAX_PROGRAMMES} programmes"),
    ("docs/sources.md", f"to one host, and {_LIMITS.overall} in all"),
    ("docs/telegram.md", f"deleted after {_KEEP_SENT.days} days"),
    ("docs/operations.md", f"deleted after {_KEEP_SENT.days} days"),
    ("docs/operations.md", f"a ballast of {BALLAST_BYTES >> 20} MiB"),
    ("docs/operations.md", f"about {2 * BALLAST_BYTES >> 20} MiB"),
    ("docs/operations.md", f"warns below {_LOW_DISK >> 20} MiB"),
    ("docs/operations.md", f"period of {_SETTINGS.ping_every.seconds // 60} minute "),
    ("docs/operations.md", f"a grace of {GRACE.seconds // 60} minutes"),
    ("docs/operations.md", f"told within {(_SETTINGS.ping_every + GRACE).seconds // 60} minutes"),
    ("docs/operations.md", f"more than {_SETTINGS.backup_keep.days} days are removed"),
    ("docs/operations.md", f"at {_SETTINGS.backup_hour:02}:00 UTC the service makes"),
    ("docs/operations.md", f"leaves {_LEFT_FREE >> 20} MiB of the disk free"),
    ("docs/operations.md", f"not answered for {_IN_WORDS[HEARD_LIMIT / 60]} minutes"),
    ("docs/operations.md", f"the newest {_IN_WORDS[KEEP_AT_LEAST]} stay"),
    ("docs/adr/0006-sentences.md", f"about {MAX_CHARACTERS} columns"),
    ("docs/adr/0007-identity.md", f"within {SYNDICATION_WINDOW.total_seconds() / 3600:g} hours"),
]


@pytest.mark.parametrize(("page", "figure"), _FIGURES)
def test_a_figure_in_a_page_is_that_of_the_code(page: str, figure: str) -> None:
    assert figure in read(page)


def test_bounds_that_pages_state_in_words_are_those_of_the_code() -> None:
    assert (_LIMITS.per_host, STRANGER_REPLIES, MAX_REPEATS, MAX_CRASH_REPEATS) == (2, 5, 2, 8)
    assert "two requests at a time" in read("docs/sources.md")
    assert "five answers an hour" in read("docs/telegram.md")
    assert "after two unclear repeats" in read("docs/adr/0008-delivery.md")
    assert "up to eight times" in read("docs/adr/0008-delivery.md")
    assert (timedelta(hours=1), timedelta(days=1)) == (BACK_OFF_LIMIT, RETRY_AFTER_LIMIT)
    assert "for each failure in a row, up to an hour" in read("docs/sources.md")
    assert "Retry-After is obeyed up to a day" in read("docs/sources.md")


# Links


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://", link):
            continue
        file, _, place = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{name_of(page)} links to {link}"
        if place:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.M)
            assert place in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        if page.suffix == ".md":
            for link in re.findall(r"\]\(([^)#\s:]+)[^)]*\)", page.read_text("utf-8")):
                waiting.append((page.parent / link).resolve())
    assert set(DOCUMENTS) <= reached


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The text of every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    found: dict[str, str] = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (data := path.read_bytes()):
            found[name] = data.decode("utf-8", "replace")
    assert len(found) > 100
    return found


def test_every_document_that_code_and_comments_name_exists(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        if not name.startswith("tests/data/"):
            for document in re.findall(r"\bdocs/[\w./-]+\.(?:md|svg)", text):
                assert (ROOT / document).is_file(), f"{name} names {document}"


def test_no_file_holds_a_path_of_a_machine_or_the_host_of_a_package_index(
    texts: dict[str, str],
) -> None:
    foreign = re.compile(
        r"(?<![\w.])/(?:work|root|tmp|Users|home/\w+)/"
        r"|\bpypi\.|pythonhosted\.|//[\w.:-]+/(?:\w+/)*simple/?(?=[\s\"'])"
        r"|--(?:extra-)?index-url[ =]\S|--find-links"
    )
    own = name_of(Path(__file__))
    for name, text in texts.items():
        found = None if name == own else foreign.search(text)
        assert found is None, f"{name} holds {found.group() if found else ''}"


# Versions


def test_the_version_is_the_same_everywhere_and_has_its_entry_in_the_changelog() -> None:
    version = PROJECT["version"]
    assert version == VERSION
    headings = re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.M)
    assert headings[0] == "Unreleased"
    assert version in headings
