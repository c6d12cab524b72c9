"""The e-mail channel alone, window after window, without a database."""

from __future__ import annotations

from time import monotonic

from webshop_segments import EmailChannel
from webshop_segments.channel import Accepted, Message

_PATIENCE = 60.0


def per_second(port: int, content: bytes, seconds: float, connections: int) -> float:
    """Messages per second in full windows.

    :param content: of every message, as the channel takes it.
    """
    config = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "MAIL_DEFAULT_SENDER": "news@shop.example"}
    email = EmailChannel.from_config(config, connections=connections)
    window = [Message(number, f"ada{number}@customers.example", content) for number in range(email.window)]
    with email.open() as sender:
        # Once without counting: now the connections are there.
        list(sender.send(window, monotonic() + _PATIENCE))
        begin, sent = monotonic(), 0
        while (taken := monotonic() - begin) < seconds:
            outcomes = sender.send(window, monotonic() + _PATIENCE)
            sent += sum(isinstance(outcome, Accepted) for outcome in outcomes)
    return sent / taken
