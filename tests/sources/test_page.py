"""What is told of a page beside its entries: bounds and losses are never silent."""

from __future__ import annotations

from bot.sources.page import MAX_ENTRIES, entry_cap_note, joined_notes, skipped_note


def test_notes_that_say_nothing_leave_no_trace() -> None:
    assert joined_notes() == ""
    assert joined_notes("", "") == ""
    assert joined_notes("", "a", "", "b") == "a; b"


def test_entries_beyond_the_bound_are_told() -> None:
    assert entry_cap_note(0) == ""
    assert entry_cap_note(MAX_ENTRIES) == ""
    assert entry_cap_note(MAX_ENTRIES + 1) == (
        "lists 5,001 entries, of which the first 5,000 were read"
    )


def test_entries_that_were_skipped_are_counted_in_good_english() -> None:
    assert skipped_note(0, "no title") == ""
    assert skipped_note(1, "no title") == "1 entry skipped (no title)"
    assert skipped_note(2, "no title") == "2 entries skipped (no title)"
