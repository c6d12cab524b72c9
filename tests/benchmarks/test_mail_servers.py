"""The mail servers that the measurements send to: they answer as real ones do, and from as far away as they say."""

from __future__ import annotations

import smtplib
import time

import pytest

from benchmarks import bare, channel, relay, sinks

LETTER = b"Subject: Spring\r\n\r\nLook.\r\n"

pytestmark = pytest.mark.once


def test_a_sink_offers_what_it_is_told_to_and_nothing_else() -> None:
    with sinks.offering(sinks.CHUNKING) as port, smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        assert (client.has_extn("chunking"), client.has_extn("pipelining")) == (True, False)


@pytest.mark.parametrize("extensions", [(), (sinks.PIPELINING,), (sinks.PIPELINING, sinks.CHUNKING)])
def test_a_sink_of_our_own_takes_every_message_of_the_channel(extensions: tuple[str, ...]) -> None:
    with sinks.offering(*extensions) as port:
        assert channel.per_second(port, LETTER, 0.1, connections=2) > 100


def test_the_bare_client_is_understood_by_a_sink_of_our_own() -> None:
    with sinks.offering(sinks.PIPELINING) as port:
        assert bare.per_second(port, LETTER, 0.1, processes=2, connections=2) > 100


def test_a_relay_holds_back_every_answer_for_a_round_trip() -> None:
    with sinks.offering() as port, relay.distant(port, 0.05) as far, smtplib.SMTP("127.0.0.1", far) as client:
        client.ehlo()
        begin = time.monotonic()
        for _ in range(3):
            client.noop()
        assert time.monotonic() - begin >= 3 * 0.1
