"""What follows on a publication updates it; what tells of an earlier state changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import ItemId, SourceId
from bot.domain.item import Item, Precision
from bot.stories.identity import Fresh, Same, keys_of, recognise
from bot.stories.updates import announced, progress, succeeded
from tests.samples import NOW, item
from tests.stories.test_identity import known


def on_file(**changes: object) -> Item:
    made = item(
        "Wafers of Gallium",
        source_id=SourceId("inspection"),
        guid="fr:2026-19001",
        url="https://fr.example/public-inspection/2026-19001",
        canonical_url="https://fr.example/public-inspection/2026-19001",
        facts=(("status", "public inspection"),),
        published_at=NOW,
        precision=Precision.INSTANT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def issued(**changes: object) -> Item:
    made = on_file(
        title="Licence Requirements for Certain Gallium Wafers",
        text="The bureau requires a licence.",
        source_id=SourceId("documents"),
        url="https://fr.example/documents/2026/10/09/2026-19001",
        canonical_url="https://fr.example/documents/2026/10/09/2026-19001",
        facts=(("status", "published"),),
        published_at=NOW + timedelta(days=1),
        precision=Precision.DAY,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def page_of_site(updated: str, note: str = "", noted: str = "", **changes: object) -> Item:
    facts = (("updated", updated), ("change-note", note), ("noted", noted))
    made = item(
        "Open general export licence",
        guid="govuk:/guidance/licence",
        facts=tuple((name, value) for name, value in facts if value),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def verdict(new: Item, *archived: Item) -> Fresh | Same:
    (found,) = recognise([new], known(*archived))
    return found


# One number, one publication


def test_a_document_that_is_published_is_the_one_that_was_on_file() -> None:
    """Another source, another title, another link: the number says it."""
    found = verdict(issued(), on_file())
    assert isinstance(found, Same)
    assert found.item_id == ItemId(1)
    assert found.is_edited


def test_a_list_that_still_has_it_on_file_takes_nothing_back() -> None:
    found = verdict(on_file(), issued())
    assert isinstance(found, Same) and not found.is_edited
    same_source = verdict(on_file(), issued(source_id=SourceId("inspection")))
    assert isinstance(same_source, Same) and not same_source.is_edited


def test_the_same_state_from_another_source_is_a_copy() -> None:
    found = verdict(issued(source_id=SourceId("presidential"), title="Other words"), issued())
    assert isinstance(found, Same) and not found.is_edited


def test_an_act_is_one_in_all_feeds_of_a_language_and_another_in_the_next() -> None:
    act = item("CELEX:32026L1472: Directive", guid="celex:32026L1472", language="en")
    elsewhere = replace(act, source_id=SourceId("acts"), url="https://b.example/", title="L 1472")
    assert isinstance(verdict(elsewhere, act), Same)
    german = replace(
        act, source_id=SourceId("acts-de"), language="de", title="Richtlinie 1472 (EU)"
    )
    assert isinstance(verdict(german, act), Fresh)


def test_other_numbers_tell_two_apart_whatever_else_agrees() -> None:
    """Notices of one day may have one name, and one page for all of them."""
    other = issued(guid="fr:2026-19002")
    assert isinstance(verdict(other, issued()), Fresh)
    assert isinstance(verdict(replace(other, source_id=SourceId("x")), issued()), Fresh)


def test_what_the_press_writes_about_a_number_hides_no_document() -> None:
    article = issued(source_id=SourceId("paper"), is_official=False, title="What the rule means")
    assert isinstance(verdict(issued(), article), Fresh)


def test_a_number_twice_on_a_page_is_one_entry() -> None:
    twice = [issued(), issued(title="The same in other words")]
    assert len(recognise(twice, known())) == 1
    assert len(recognise(twice, known(on_file()))) == 1


def test_a_number_that_already_names_two_items_is_still_known() -> None:
    found = verdict(issued(), on_file(), issued(source_id=SourceId("x")))
    assert isinstance(found, Same)


# What is announced


def test_a_new_status_is_announced() -> None:
    news = announced(on_file(), issued())
    assert news is not None
    assert news.said == "now published"
    assert announced(issued(), on_file()) is None
    assert announced(issued(), issued(text="Corrected.")) is None


OLD, LATER = "2026-10-01T08:00:00Z", "2026-10-08T08:00:00Z"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (page_of_site(OLD), page_of_site(LATER, "Added two countries.", LATER), "Added two"),
        (
            page_of_site(OLD, "Updated.", OLD),
            page_of_site(LATER, "Updated.", LATER),
            "Updated.",
        ),
        (page_of_site(OLD), page_of_site(LATER), None),
        (page_of_site(LATER), page_of_site(LATER, "What we had.", OLD), None),
        (page_of_site(OLD, "Added.", OLD), page_of_site(OLD, "Added.", OLD, text="A typo."), None),
        (item("Before its kind was known"), page_of_site(LATER, "Added.", LATER), None),
    ],
)
def test_a_note_is_announced_where_it_is_newer_than_what_we_had(
    old: Item, new: Item, said: str | None
) -> None:
    news = announced(old, new)
    assert (news is None) is (said is None)
    if news is not None and said is not None:
        assert news.said.startswith(said)


def test_two_announcements_of_one_page_have_keys_of_their_own() -> None:
    first = announced(page_of_site(OLD), page_of_site(LATER, "Updated.", LATER))
    day_after = "2026-10-09T08:00:00Z"
    second = announced(
        page_of_site(LATER, "Updated.", LATER), page_of_site(day_after, "Updated.", day_after)
    )
    assert first is not None and second is not None
    assert first.key != second.key


def test_a_new_status_brings_its_date_and_an_edit_keeps_the_old_one() -> None:
    published = succeeded(on_file(first_seen_at=NOW - timedelta(days=3)), issued())
    assert published.published_at == issued().published_at
    assert published.first_seen_at == NOW - timedelta(days=3)
    old = page_of_site(OLD, published_at=NOW - timedelta(days=7), precision=Precision.INSTANT)
    edited = succeeded(old, page_of_site(LATER, published_at=NOW, precision=Precision.INSTANT))
    assert edited.published_at == NOW - timedelta(days=7)


STATES = st.tuples(
    st.sampled_from(["", "public inspection", "published", "a word of their own"]),
    st.sampled_from(["", OLD, LATER]),
)


def in_state(status: str, updated: str) -> Item:
    facts = (("status", status), ("updated", updated))
    return item(facts=tuple((name, value) for name, value in facts if value))


@given(STATES, STATES)
def test_progress_is_an_order_and_only_progress_announces(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    a, b = in_state(*one), in_state(*other)
    assert progress(a, b) == -progress(b, a)
    assert progress(a, a) == 0
    if announced(a, b) is not None:
        assert progress(a, b) > 0


def test_keys_of_numbers_leave_out_the_source() -> None:
    mine, theirs = keys_of(issued()), keys_of(issued(source_id=SourceId("other")))
    assert mine[0] == theirs[0]
