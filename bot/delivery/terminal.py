"""The door to the local chat: an outbox message is printed, and that is its delivery."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.chat import Door
from bot.domain.outbox import DeliveryOutcome, OutboxMessage, Sent, Unknown


class TerminalMessenger:
    """Prints with the function it is given, which must write the text and flush."""

    def __init__(self, show: Callable[[OutboxMessage], None]) -> None:
        self._show = show

    @property
    def door(self) -> Door:
        """The terminal."""
        return Door.TERMINAL

    async def send(self, message: OutboxMessage) -> DeliveryOutcome:
        """Print once. A closed standard output is an unclear answer: it may have been read."""
        try:
            self._show(message)
        except OSError as error:
            return Unknown(detail=f"standard output cannot be written ({error.strerror})")
        return Sent(remote_id=None)

    async def probe(self) -> bool:
        """A terminal is always there; a closed one shows at the next message."""
        return True
