"""Rich text as Telegram's HTML: the only tags are b, i, code and a, closed in each span.

Source: https://core.telegram.org/bots/api#html-style
"""

from __future__ import annotations

from html import escape

from bot.domain.richtext import RichText, Span
from bot.rendering.plain import printable


def to_telegram_html(body: RichText) -> str:
    """HTML that Telegram parses, whatever the texts hold."""
    return "\n".join("".join(map(_html, line)).rstrip() for line in body.lines)


def _html(span: Span) -> str:
    text = escape(printable(span.text), quote=False)
    if not text.strip():
        return text  # Telegram drops entities without a visible character
    if span.code:
        return f"<code>{text}</code>"  # code cannot hold other entities
    if span.italic:
        text = f"<i>{text}</i>"
    if span.bold:
        text = f"<b>{text}</b>"
    if span.url is not None and span.url.startswith(("http://", "https://")):
        text = f'<a href="{escape(printable(span.url))}">{text}</a>'
    return text
