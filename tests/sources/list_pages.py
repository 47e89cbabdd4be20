"""List pages without a feed, as ministries make them; each with the entries that a reader sees."""

from __future__ import annotations

TITLES = [f"Ministry opens review {n} of export licences" for n in range(6)]
LINKS = [f"/n/{n}.html" for n in range(6)]
DAYS = [f"2026-10-0{n + 1}" for n in range(6)]

_MENU = "".join(f'<li><a href="/m{n}">Department no. {n} of the ministry</a>' for n in range(9))
_FRAME = (
    f'<html lang="en"><head><title>Notices</title></head><body><nav><ul>{_MENU}</ul></nav>'
    f"%s<footer><ul>{_MENU}</ul></footer></body></html>"
)


def framed(rows: str) -> str:
    """A page with menus around its list."""
    return _FRAME % rows


def _rows(form: str) -> str:
    return "".join(
        form.format(n=n, title=title, link=link, day=day, odd="odd" if n % 2 else "even")
        for n, (title, link, day) in enumerate(zip(TITLES, LINKS, DAYS, strict=True))
    )


PAGES: dict[str, str] = {
    "list": framed(
        f"<ul class='news'>{_rows('<li><a href={link}>{title}</a><span>{day}</span></li>')}</ul>"
    ),
    "date before the link, in plain text": framed(
        f"<div id='content'><ul>{_rows('<li>{day} - <a href={link}>{title}</a></li>')}</ul></div>"
    ),
    "table": framed(
        "<table class='t'><tr><th>Date</th><th>Title</th></tr>"
        + _rows(
            "<tr class={odd}><td>{day}</td><td><a href={link}>{title}</a></td>"
            "<td><a href=/de{link}>de</a></td></tr>"
        )
        + "</table>"
    ),
    "table whose links say Download": framed(
        "<table>"
        + _rows(
            "<tr><td>{n}</td><td>{day}</td><td>{title}</td><td><a href={link}>Download</a></td>"
        )
        + "</table>"
    ),
    "cards": framed(
        "<main><div class='grid'>"
        + _rows(
            "<a class='card card--{n}' href={link}><span class='card-date'>{day}</span>"
            "<h3>{title}</h3><p>Some words that say more.</p></a>"
        )
        + "</div></main>"
    ),
    "articles": framed(
        _rows(
            "<article class='post-{n}7 hentry'><a href={link}><img src=x></a><header>"
            "<a class='cat' href='/c/trade'>Trade policy and its news</a><h2><a href={link}>{title}"
            "</a></h2><time datetime={day}>lately</time></header><p>Teaser.</p>"
            "<a class='more' href={link}>Read more</a></article>"
        )
    ),
    "rows of a content system": framed(
        "<div class='view-content'>"
        + _rows(
            "<div class='views-row views-row-{n} {odd}'><div class='views-field-title'>"
            "<a href={link}>{title}</a></div><div class='views-field-created'>"
            "<span class='field-content'>{day}</span> - <a href='/topics'>Topics</a></div></div>"
        )
        + "</div>"
    ),
    "without any class": framed(
        "<div><div>"
        + _rows("<div><div>{day}</div><div><a href={link}>{title}</a></div></div>")
        + "</div></div>"
    ),
    "headings with a button": framed(
        "<div id='results'>"
        + _rows(
            "<div class='item'><h3>{title}</h3><p class='meta'>Posted on {day}</p><p>Teaser.</p>"
            "<a class='btn' href={link}>Read more</a></div>"
        )
        + "</div>"
    ),
}

NO_LISTS: dict[str, str] = {
    "an article": "<html><body><article><h1>One</h1>"
    + "<p>Words, <a href='/a'>a link to other words</a>, and 3 October 2026.</p>" * 3
    + "</article></body></html>",
    "menus alone": framed("<p>Welcome.</p>"),
    "short links": "<div>" + "".join(f"<p><a href=/{n}>Menu {n}</a></p>" for n in range(9)),
    "nothing": "",
    "plain words": "just words",
}
