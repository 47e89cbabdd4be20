"""/help, from the table of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.richtext import Line, bold, code, rich, text
from handlers.model import Command, Context, Reply, Run, Spec, refuse


def help_on(table: Callable[[], Sequence[Spec]]) -> Run:
    """The command that explains a table, itself included: so the table is asked for when run."""

    async def help_(_context: Context, command: Command) -> Reply:
        """All commands, or one of them."""
        wanted = command.args.removeprefix("/").casefold()
        if not wanted:
            return _overview(table())
        for spec in table():
            if spec.name == wanted:
                return _detail(spec)
        return refuse(f"There is no command “{wanted[:32]}”. /help lists them all.", "/help watch")

    return help_


def _overview(table: Sequence[Spec]) -> Reply:
    lines: list[Line] = [
        text(bold("Tidewaiter"), " tells this chat of moves in trade policy."),
        (),
    ]
    lines += [text(f"{spec.usage}", " — ", spec.summary) for spec in table if spec.is_listed]
    lines += [(), text("More on one of them: ", code("/help watch"))]
    return Reply(body=rich(*lines))


def _detail(spec: Spec) -> Reply:
    lines: list[Line] = [text(bold(spec.usage)), text(f"{spec.summary}.")]
    lines += [text(spec.details)] if spec.details else []
    lines += [(), *(text(code(example)) for example in spec.examples)]
    return Reply(body=rich(*lines))
