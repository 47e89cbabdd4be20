"""The one table of commands, and how a command finds its function.

/help, Telegram's menu and docs/commands.md come from this table.
"""

from __future__ import annotations

import difflib
import logging

from bot.domain.chat import ChatKind, ChatState
from bot.domain.question import Topic
from bot.domain.richtext import code, rich, text
from bot.errors import QueryError, TidewaiterError
from handlers import (
    addsource,
    chats,
    concepts,
    digests,
    packs,
    search,
    sources,
    status,
    watch_text,
    watch_ways,
    watches,
    why,
)
from handlers.help import help_on
from handlers.model import Audience, Command, Context, Reply, Spec, refuse
from handlers.questions import Acts, Answers, answer_with

log = logging.getLogger(__name__)

_WATCH = {"save": watch_text.saved, "edit": watch_text.to_edit, "use": watch_text.used}
ACTS: Acts = {
    Topic.ADD_SOURCE: Answers(words={"add": addsource.added}, audience=Audience.OPERATORS),
    Topic.REMOVE_SOURCE: Answers(words={"remove": addsource.removed}, audience=Audience.OPERATORS),
    Topic.WATCH: Answers(words=_WATCH),
    Topic.EDIT_WATCH: Answers(words=_WATCH),
}
"""What follows from the answers to questions."""

COMMANDS: tuple[Spec, ...] = (
    Spec(
        name="start",
        usage="/start",
        summary="Subscribe this chat",
        details="Makes this chat active: it is told at once of whatever answers its watches, and "
        "gets a digest each day. An operator must send it, or must have added the bot here.",
        examples=("/start",),
        audience=Audience.ANYONE,
        run=chats.start,
    ),
    Spec(
        name="stop",
        usage="/stop",
        summary="Pause this chat; the watches are kept",
        details="No more alerts and digests until /start. What is published meanwhile can be "
        "found with /search.",
        examples=("/stop",),
        audience=Audience.SUBSCRIBED,
        run=chats.stop,
    ),
    Spec(
        name="watch",
        usage="/watch TEXT",
        summary="Be told of whatever answers TEXT",
        details="The answer shows how it is understood, how often it would have told in the last "
        "30 and 90 days, and the latest three; a button saves it. "
        'All words must occur, in any form (licence finds licences). "…" is a phrase, OR '
        "means either, a minus leaves out, brackets group, semicond* is a beginning. "
        "Concepts (rare earths, export licence, tariffs, gallium … /concepts lists them) are found "
        "in ten languages (English, German, Dutch, French, Spanish, Italian, Japanese, Korean, "
        "simplified and traditional Chinese), alone or beside other words, whether you type them "
        "in one of these or as #rare-earths; in quotation marks a word is only itself. NEAR/5 "
        "asks for words within five words "
        'of each other, ~"…" for words in any order within six. Fields narrow: title:word, '
        "lang:zh, official:yes, source:mofcom, country:CN, kind:rule, agency:bis, hs:8505, "
        "eccn:3B001, cas:7440-55-3; min:5 asks for a score from 1 to 10 (a word in the title "
        "is 5, each place in the text 1, up to 5); in a search also since:30d and "
        "before:2026-10-01.",
        examples=("/watch rare earths", '/watch "dual use" (china OR beijing) -opinion'),
        audience=Audience.SUBSCRIBED,
        run=watch_text.watch,
    ),
    Spec(
        name="try",
        usage="/try TEXT",
        summary="What a watch of TEXT would have told",
        details="The same answer as that of /watch, and nothing is asked or saved.",
        examples=("/try rare earths", "/try title:gallium official:yes"),
        audience=Audience.SUBSCRIBED,
        run=watch_text.try_,
    ),
    Spec(
        name="why",
        usage="/why [N]",
        summary="Why an alert came",
        details="In reply to an alert: the parts of each watch that it answered, which of them "
        "were found, as which words and where. Without a reply the last alert; with N the N-th "
        "last.",
        examples=("/why", "/why 2"),
        audience=Audience.SUBSCRIBED,
        run=why.why,
    ),
    Spec(
        name="concepts",
        usage="/concepts [NAME]",
        summary="What may be asked for by one name in ten languages",
        details="Without a name: all concepts, group by group. With one, in any language: what it "
        "means, its terms in each language, and what it is not.",
        examples=("/concepts", "/concepts rare-earths", "/concepts 关税"),
        audience=Audience.SUBSCRIBED,
        run=concepts.concepts,
    ),
    Spec(
        name="watches",
        usage="/watches [N]",
        summary="List this chat's watches",
        details="Each with its number, how it is understood, and how often it matched in the last "
        "seven days; also how many publications a minus of it shut out. With N: one in detail, "
        "with who made and who changed it.",
        examples=("/watches", "/watches 2"),
        audience=Audience.SUBSCRIBED,
        run=watches.watches,
    ),
    Spec(
        name="edit",
        usage="/edit N TEXT",
        summary="Let watch number N ask something else",
        details="The answer shows what it would have told, and a button saves it. The watch keeps "
        "its number and its counts. Without TEXT: its present text, to be changed.",
        examples=("/edit 2", "/edit 2 gallium -opinion"),
        audience=Audience.SUBSCRIBED,
        run=watch_text.edit,
    ),
    Spec(
        name="mute",
        usage="/mute N HOW-LONG",
        summary="Let watch number N be silent for a while",
        details="30m, 8h, 3d, 2w; 18:00, tomorrow 9:00, monday, 2026-12-01. What answers it "
        "meanwhile is kept: it comes in one message at the end, unless the digest told it before.",
        examples=("/mute 2 8h", "/mute 2 until 18:00", "/mute 2 monday"),
        audience=Audience.SUBSCRIBED,
        run=watch_ways.mute,
    ),
    Spec(
        name="unmute",
        usage="/unmute N",
        summary="Let watch number N tell again",
        details="What it held back follows in one message.",
        examples=("/unmute 2",),
        audience=Audience.SUBSCRIBED,
        run=watch_ways.unmute,
    ),
    Spec(
        name="priority",
        usage="/priority N urgent|normal|digest",
        summary="How loudly watch number N tells",
        details="urgent: its alerts go before all others. normal: at once. digest: in the daily "
        "digest alone.",
        examples=("/priority 2 urgent", "/priority 2 normal"),
        audience=Audience.SUBSCRIBED,
        run=watch_ways.priority,
    ),
    Spec(
        name="rename",
        usage="/rename N [NAME]",
        summary="Give watch number N a name",
        details="Alerts, digests and /watches call it so; without NAME it goes by its text again.",
        examples=("/rename 2 Magnets",),
        audience=Audience.SUBSCRIBED,
        run=watch_ways.rename,
    ),
    Spec(
        name="unwatch",
        usage="/unwatch N [N …]",
        summary="End watch number N",
        details="The numbers are in /watches; they are never used again. Several end at once: "
        "2 5, or 4-9 from one to another.",
        examples=("/unwatch 2", "/unwatch 1-3"),
        audience=Audience.SUBSCRIBED,
        run=watches.unwatch,
    ),
    Spec(
        name="pack",
        usage="/pack [NAME]",
        summary="Watches on one matter, set in one go",
        details="Without a name: the packs and what they are about. With one, its watches are set "
        "in this chat; those that it has already are left as they are, and the answer says how to "
        "undo it.",
        examples=("/pack", "/pack eu-china", "/pack trade-remedies"),
        audience=Audience.SUBSCRIBED,
        run=packs.pack,
    ),
    Spec(
        name="latest",
        usage="/latest [N]",
        summary="The newest N publications, matched or not",
        details="N is 1 to 20; without it, 5.",
        examples=("/latest", "/latest 10"),
        audience=Audience.SUBSCRIBED,
        run=search.latest,
    ),
    Spec(
        name="search",
        usage="/search TEXT",
        summary="Search everything that was read, newest first",
        details="The same language as /watch, so that a search shows what a watch would have "
        "found; also since:30d and before:2026-10-01. Ten are shown, and how many there are; a "
        "button shows the next ten.",
        examples=("/search nexperia", "/search 稀土", '/search "export licence" -software'),
        audience=Audience.SUBSCRIBED,
        run=search.search,
    ),
    Spec(
        name="more",
        usage="/more CODE N ITEM",
        summary="The next page of a search, as its button does",
        details="The local chat shows the command beside the button. It works for seven days, and "
        "as often as it is sent.",
        examples=("/more k7m2xqp 11 500",),
        audience=Audience.SUBSCRIBED,
        run=search.more,
        is_listed=False,
    ),
    Spec(
        name="digest",
        usage="/digest [now | HH:MM [Zone] | off]",
        summary="The daily digest: when it comes, or now",
        details="Without a word: when the next one comes. The zone (an IANA name such as "
        "Europe/Brussels or Asia/Tokyo) holds for all times in this chat.",
        examples=("/digest now", "/digest 08:00", "/digest 17:30 America/New_York", "/digest off"),
        audience=Audience.SUBSCRIBED,
        run=digests.digest,
    ),
    Spec(
        name="sources",
        usage="/sources [WHOSE]",
        summary="What is read, and how it answers",
        details="Without a word: how many sources of each jurisdiction answer. With one (US, EU, "
        "China …): each of its sources, why it does not answer where it does not, and what is read "
        "in place of those that cannot be.",
        examples=("/sources", "/sources CN"),
        audience=Audience.SUBSCRIBED,
        run=sources.sources,
    ),
    Spec(
        name="source",
        usage="/source NAME",
        summary="One source in detail",
        details="Its address, how and how often it is read, its terms and the credit that they ask "
        "for, its last answer, its newest item and its failures. NAME is its id, or a part of its "
        "name.",
        examples=("/source wto-news",),
        audience=Audience.SUBSCRIBED,
        run=sources.source,
    ),
    Spec(
        name="addsource",
        usage="/addsource ADDRESS [NAME]",
        summary="Read one more source, for all chats",
        details="ADDRESS is that of a feed (RSS, Atom, JSON Feed), a sitemap, or a page: its feed "
        "is found, or the list that is on it. The answer shows what would be read, and asks before "
        "anything is added. NAME is what it is called here. With the name of a source that was "
        "switched off, it is read again.",
        examples=(
            "/addsource https://www.wto.org/english/news_e/news_e.htm",
            "/addsource ministry.example/notices Notices of the ministry",
            "/addsource global-times",
        ),
        audience=Audience.OPERATORS,
        run=addsource.addsource,
        is_slow=True,
    ),
    Spec(
        name="removesource",
        usage="/removesource NAME",
        summary="Read a source no more, in no chat",
        details="What was added with /addsource is removed; a source of the catalogue is switched "
        "off, and comes back with /addsource NAME. The answer asks first. What it published stays "
        "in the archive.",
        examples=("/removesource global-times",),
        audience=Audience.OPERATORS,
        run=addsource.removesource,
    ),
    Spec(
        name="answer",
        usage="/answer [CODE] WORD",
        summary="Answer a question, as its buttons do",
        details="The local chat shows the command beside each button. A question is answered once, "
        "in the chat in which it was asked; without CODE, it is the last one that you were asked.",
        examples=("/answer k7m2xqp save", "/answer cancel"),
        audience=Audience.SUBSCRIBED,
        run=answer_with(ACTS),
        is_listed=False,
    ),
    Spec(
        name="status",
        usage="/status",
        summary="Sources, archive and outbox at a glance",
        details="Which sources answer and which do not and why, when something was last read, what "
        "waits to be sent.",
        examples=("/status",),
        audience=Audience.SUBSCRIBED,
        run=status.status,
    ),
    Spec(
        name="help",
        usage="/help [command]",
        summary="All commands, or one of them",
        details="",
        examples=("/help", "/help watch"),
        audience=Audience.ANYONE,
        run=help_on(lambda: COMMANDS),
    ),
)

_BY_NAME = {spec.name: spec for spec in COMMANDS}


async def dispatch(context: Context, command: Command) -> Reply:
    """Run a command; every refusal and fault becomes a Reply."""
    spec = _BY_NAME.get(command.name)
    if spec is None:
        return _unknown(command)
    if spec.audience is not Audience.ANYONE and command.chat.state not in {
        ChatState.ACTIVE,
        ChatState.PAUSED,
    }:
        return chats.not_subscribed(context, command)
    if spec.audience is Audience.OPERATORS and not context.may_administer(command):
        return chats.not_operator(command)
    try:
        return await spec.run(context, command)
    except QueryError as error:
        example = f"/{spec.name} {error.example}" if error.example else spec.examples[0]
        return refuse(str(error), example)
    except TidewaiterError as error:
        return Reply(body=rich(f"⚠️ {error}"), is_error=True)
    except Exception:  # the handlers' error door: the chat must not stay without an answer
        log.exception("/%s in chat %s met a fault", command.name, command.chat.chat_id)
        return Reply(
            body=rich(
                f"⚠️ /{command.name} met a fault of ours; it is in the log. Nothing was changed. "
                "Please try again, and tell the operator if it stays."
            ),
            is_error=True,
        )


def is_slow(name: str) -> bool:
    """Whether the command asks publishers, so that others must not wait for it."""
    spec = _BY_NAME.get(name)
    return spec is not None and spec.is_slow


def _unknown(command: Command) -> Reply:
    close = difflib.get_close_matches(command.name, _BY_NAME, n=1, cutoff=0.6)
    shown = command.name if len(command.name) <= 32 else command.name[:31] + "…"
    if close:
        example = _BY_NAME[close[0]].examples[-1]
        return refuse(f"There is no command /{shown}. Did you mean /{close[0]}?", example)
    return refuse(f"There is no command /{shown}. /help lists them all.", "/help")


def no_command(chat_kind: ChatKind) -> Reply | None:
    """The answer to plain words: a hint in a private chat, silence in company."""
    if chat_kind not in {ChatKind.PRIVATE, ChatKind.LOCAL}:
        return None
    return Reply(
        body=rich(
            text(
                "Commands begin with a slash: ",
                code("/watch rare earths"),
                ", ",
                code("/search nexperia"),
                ". /help lists them all.",
            )
        ),
        is_error=True,
    )
