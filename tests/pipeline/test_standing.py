"""Whatever is set, changed and ended: what stands is what the database holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import WatchId
from bot.domain.plan import ActiveWatch, WatchChanges
from bot.matching.index_words import IndexWords, index_words
from bot.pipeline.standing import Standing
from tests.samples import active, chat

WORDS = index_words("Gallium licences", "Steel quotas and rare earths: 稀土出口", "en")


def asking(standing: Standing, words: IndexWords = WORDS) -> list[int]:
    return [a.watch.watch_id for _query, watches in standing.candidates(words) for a in watches]


def test_only_what_may_hold_is_asked_in_order_of_making() -> None:
    texts = ["gallium", "tin", "#rare-earths", "official:yes", "steel NOT tariff"]
    standing = Standing(active(text, at) for at, text in enumerate(texts, 1))
    assert len(standing) == 5
    assert asking(standing) == [1, 3, 4, 5]


def test_a_text_that_many_watch_is_asked_once() -> None:
    standing = Standing([active("gallium", 3), active("gallium", 1, chat(200)), active("tin", 2)])
    ((_query, watches),) = standing.candidates(WORDS)
    assert [each.watch.watch_id for each in watches] == [1, 3]


def test_watches_that_cannot_be_read_are_named_until_they_are_ended() -> None:
    good, bad = active("gallium", 1), active('"rare', 2)
    standing = Standing([bad, good])
    assert list(standing.unreadable) == [bad]
    assert asking(standing) == [1]
    standing.update(WatchChanges(watches=[], gone=[WatchId(2)]))
    assert list(standing.unreadable) == []


def test_a_watch_with_a_new_text_no_longer_asks_for_the_old_one() -> None:
    standing = Standing([active("gallium")])
    standing.update(WatchChanges(watches=[active("tin")]))
    assert asking(standing) == []
    standing.update(WatchChanges(watches=[active("gallium")]))
    assert asking(standing) == [1]


_texts = st.sampled_from(["gallium", "steel", "稀土", "tin", '"rare', "official:yes", "quota*"])
_watches = st.builds(active, _texts, st.integers(1, 6))


@given(st.lists(_watches, max_size=6), st.lists(st.tuples(_watches, st.booleans()), max_size=12))
def test_what_was_kept_up_is_as_if_made_anew(
    first: list[ActiveWatch], then: list[tuple[ActiveWatch, bool]]
) -> None:
    standing = Standing(first)
    known = {each.watch.watch_id: each for each in first}
    for each, is_gone in then:
        number = each.watch.watch_id
        if is_gone:
            standing.update(WatchChanges(watches=[], gone=[number]))
            known.pop(number, None)
        else:
            standing.update(WatchChanges(watches=[each]))
            known[number] = each
    anew = Standing(known.values())
    assert len(standing) == len(anew)
    assert asking(standing) == asking(anew)
    assert set(standing.unreadable) == set(anew.unreadable)
