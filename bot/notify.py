"""Tells systemd how we are: sd_notify(3), one datagram to the socket that it named."""

from __future__ import annotations

import socket


def notify(address: str | None, state: str) -> bool:
    """Send `READY=1`, `WATCHDOG=1` or `STOPPING=1`; False where nobody listens."""
    if not address or address[0] not in "/@":
        return False
    # an abstract socket is written with an @ for its leading zero
    name = "\0" + address[1:] if address[0] == "@" else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(state.encode(), name)
    except OSError:
        return False  # it is a courtesy: the watchdog notices for itself where it is missing
    return True
