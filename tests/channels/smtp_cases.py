"""How mail servers misbehave, and what becomes of three messages then: plain, pipelined, and in chunks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.channels.smtp_script import DROP, STALL, Rule, on
from tests.channels.smtp_server import CHUNKING, PIPELINING

MODES: dict[str, tuple[str, ...]] = {"plain": (), "pipelining": (PIPELINING,), "chunking": (PIPELINING, CHUNKING)}

Rules = list[Callable[[], Rule]]


@dataclass(frozen=True)
class Case:
    """What is expected of one server in the three modes.

    :param patience: seconds the client waits for a reply.
    """

    rules: Rules
    plain: str
    pipelining: str
    chunking: str
    patience: float = 5

    def expected(self, mode: str) -> str:
        return str(getattr(self, mode))


def case(*rules: Callable[[], Rule], plain: str, pipelining: str = "", chunking: str = "", patience: float = 5) -> Case:
    """A mode that is not named comes out as the one before it."""
    return Case(list(rules), plain, pipelining or plain, chunking or pipelining or plain, patience)


SHORT = 0.4

ALL_WELL = "accepted accepted accepted"
GONE, NEVER, LATER, BLAMED, UNKNOWN = (
    f"accepted {fate} accepted" for fate in ("gone", "never", "later", "later!", "unknown")
)
FROM_TWO_ON = "accepted unknown unknown"
NOTHING_SURE = "unknown unknown unknown"

REFUSALS = {
    "one user unknown": case(on("RCPT", "550 5.1.1 no such user", to="two"), plain=GONE),
    "unknown to a relay": case(
        on("RCPT", "550 5.1.1 <two@example.org>: User unknown in relay recipient table", to="two"), plain=GONE
    ),
    "unknown in words": case(on("RCPT", "550 <two@example.org>: User unknown", to="two"), plain=GONE),
    "unknown after content": case(on("content", "550 5.1.1 unknown", to="two"), plain=GONE),
    "not ours to relay": case(on("RCPT", "554 5.7.1 Relay access denied", to="two"), plain=NEVER),
    "mailbox full": case(on("RCPT", "552 5.2.2 Mailbox full", to="two"), plain=GONE),
    "spam": case(on("content", "554 5.7.1 Spam message rejected", to="two"), plain=NEVER),
    "blocked in words": case(on("RCPT", "550 your host is on a blacklist", to="two"), plain=NEVER),
    "an address full of words": case(on("RCPT", "550 <spam.policy@two>: unknown", to="two"), plain=GONE),
    "a number that is no status": case(on("RCPT", "550 5.7.1.2 knows no two", to="two"), plain=GONE),
    "a bare no": case(on("RCPT", "550 no", to="two"), plain=GONE),
    "greylisted": case(on("RCPT", "451 4.7.1 come back later", to="two"), plain=BLAMED),
    "no room": case(on("RCPT", "452 4.3.1 no room", to="two"), plain=LATER),
    "no room after content": case(on("content", "452 4.3.1 no room", to="two"), plain=LATER),
    "sender refused": case(on("MAIL", "550 5.1.8 no such user", skip=1, times=1), plain=NEVER),
    "sender refused for now": case(on("MAIL", "452 4.3.1 no room", skip=1, times=1), plain=LATER),
    "login wanted": case(on("MAIL", "530 5.7.0 log in first"), plain="never never never"),
    "all refused": case(on("RCPT", "550 5.1.1 no such user"), plain="gone gone gone"),
    "DATA refused": case(on("DATA", "554 5.5.1 no", skip=1, times=1), plain=GONE, chunking=ALL_WELL),
    "DATA refused for now": case(on("DATA", "451 4.3.0 no", skip=1, times=1), plain=LATER, chunking=ALL_WELL),
}

INVITED_ALL_THE_SAME = [on("RCPT", "550 5.1.1 no", to="two"), on("DATA", "354 go on", to="two")]

QUIRKS = {
    "354 for nobody": case(*INVITED_ALL_THE_SAME, plain=GONE),
    "354 for nobody, then closed": case(
        *INVITED_ALL_THE_SAME, on("content", DROP, to="two"), plain=GONE, chunking="accepted gone unknown"
    ),
    "354 for nobody, then mute": case(
        *INVITED_ALL_THE_SAME,
        on("content", STALL, to="two"),
        plain=GONE,
        chunking=FROM_TWO_ON,
        patience=SHORT,
    ),
    "354 for a refused sender": case(
        on("MAIL", "550 5.1.8 no", skip=1, times=1),
        on("RCPT", "250 fine", to="two"),
        on("DATA", "354 go on", to="two"),
        plain=NEVER,
        pipelining=LATER,
        chunking=NOTHING_SURE,
    ),
    "RSET refused": case(
        on("RCPT", "550 5.1.1 no such user", to="two"), on("RSET", "500 what?"), plain=GONE, chunking=NOTHING_SURE
    ),
    "RSET without a reply": case(on("RSET", b""), plain=ALL_WELL, chunking="accepted accepted unknown", patience=SHORT),
    "RSET without a reply, one user unknown": case(
        on("RCPT", "550 5.1.1 no", to="two"),
        on("RSET", b""),
        plain=GONE,
        pipelining="accepted gone later",
        chunking=NOTHING_SURE,
        patience=SHORT,
    ),
    "refused and closed": case(
        on("RCPT", (b"550 5.1.1 no\r\n", DROP), to="two"), plain=GONE, chunking="accepted gone unknown"
    ),
}

CLOSING = {
    "421 between messages": case(on("MAIL", "421 4.3.2 closing", skip=1, times=1), plain=ALL_WELL),
    "421 at RSET": case(on("RSET", "421 4.3.2 closing", times=1), plain=ALL_WELL),
    "421 for one": case(on("RCPT", "421 4.3.2 busy", to="two"), plain=LATER),
    "421 at DATA": case(on("DATA", "421 4.3.2 busy", to="two"), plain=LATER, chunking=ALL_WELL),
    "421 after content": case(on("content", "421 4.3.2 busy", to="two"), plain=LATER),
    "421 for all": case(on("MAIL", "421 4.7.0 try again later"), plain="later! later! later!"),
    "421 at the door": case(
        on("MAIL", DROP), on("greeting", "421 4.3.2 full", skip=1), plain="later later later", chunking=NOTHING_SURE
    ),
    "421 unasked": case(on("after", "421 4.4.2 bye", to="one"), plain=ALL_WELL),
    "421 and talks on": case(on("MAIL", b"421 busy\r\n", skip=1, times=1), plain=ALL_WELL, chunking=FROM_TWO_ON),
    "421 for one and talks on": case(on("RCPT", b"421 busy\r\n", to="two"), plain=LATER),
    "closed after the first": case(on("after", DROP, to="one"), plain=ALL_WELL, chunking=FROM_TWO_ON),
}

REPLIES = {
    "all is well": case(plain=ALL_WELL),
    "several lines": case(on("content", "250-fine\r\n250-well\r\n250 2.0.0 Ok"), plain=ALL_WELL),
    "several lines in pieces": case(
        on("content", (b"250-fi", b"ne\r\n25", b"0 Ok\r", b"\n"), to="two"), plain=ALL_WELL
    ),
    "bare line ends": case(on("content", b"250-fine\n250 Ok\n"), plain=ALL_WELL),
    "a code only": case(on("MAIL", "250"), on("content", "250", to="two"), plain=ALL_WELL),
    "one reply too many": case(
        on("content", "250 ok\r\n250 more", times=1), plain=ALL_WELL, pipelining=LATER, chunking=ALL_WELL
    ),
    "one too many, late": case(
        on("content", (b"250 ok\r\n", b"250 more\r\n"), times=1), plain=LATER, chunking=ALL_WELL
    ),
    "one too many, and one refused": case(
        on("content", "250 ok\r\n250 more", times=1),
        on("RCPT", "550 5.1.1 no", to="two"),
        plain=GONE,
        chunking=NOTHING_SURE,
    ),
    "250 comes with 354": case(on("DATA", "354 go\r\n250 taken", skip=1, times=1), plain=LATER, chunking=ALL_WELL),
    "250 in place of 354": case(on("DATA", "250 go", skip=1, times=1), plain=LATER, chunking=ALL_WELL),
    "354 in place of 250": case(on("content", "354 go", to="two"), plain=UNKNOWN, chunking=NOTHING_SURE),
    "354 in place of 250 to RCPT": case(on("RCPT", "354 go", to="two"), plain=LATER, chunking=NOTHING_SURE),
    "no reply code": case(on("RCPT", "hello", to="two"), plain=LATER, chunking=FROM_TWO_ON),
    "no reply code after content": case(on("content", "hello", to="two"), plain=UNKNOWN, chunking=FROM_TWO_ON),
    "an empty line": case(on("RCPT", "", to="two"), plain=LATER, chunking=FROM_TWO_ON),
    "lines without end": case(on("content", b"250-more\r\n" * 999, to="two"), plain=UNKNOWN, chunking=FROM_TWO_ON),
    "a line without end": case(on("content", b"250 " + b"x" * 99999, to="two"), plain=UNKNOWN, chunking=FROM_TWO_ON),
    "an envelope without end": case(on("RCPT", b"x" * 99999, to="two"), plain=LATER, chunking=FROM_TWO_ON),
    "a reply that drips": case(
        on("content", tuple("250 slowly\r\n"[n : n + 1].encode() for n in range(12)), to="two"),
        plain=UNKNOWN,
        chunking=FROM_TWO_ON,
        patience=SHORT,
    ),
    "slow": case(on("content", (b"", b"250 Ok\r\n")), plain=ALL_WELL),
    "UTF-8": case(on("RCPT", "550 5.1.1 Empfänger unbekannt 🙈", to="two"), plain=GONE),
    "Latin-1": case(on("RCPT", "550 5.1.1 Empfänger".encode("latin-1") + b"\r\n", to="two"), plain=GONE),
    "Latin-1 after content": case(on("content", "250 geschluckt: schön\r\n".encode("latin-1")), plain=ALL_WELL),
    "control characters": case(on("RCPT", b"550 5.1.1 \x1b[31m\x00\x07\xe2\x80\xa8no\r\n", to="two"), plain=GONE),
    "a long reason": case(on("RCPT", "550 5.1.1 " + "no " * 999, to="two"), plain=GONE),
}

ONCE = {
    f"{fault.name} at {step}": case(on(step, fault, skip=1, times=1), plain=plain, chunking=chunking, patience=patience)
    for fault, patience in ((DROP, 5), (STALL, SHORT))
    for step, plain, chunking in (
        ("MAIL", ALL_WELL, FROM_TWO_ON),
        ("RCPT", LATER, FROM_TWO_ON),
        ("DATA", LATER, ALL_WELL),
        ("content", UNKNOWN, FROM_TWO_ON),
    )
}

FOR_GOOD = {
    f"{fault.name} at every {step}": case(on(step, fault), plain=plain, chunking=chunking, patience=patience)
    for fault, patience in ((DROP, 5), (STALL, SHORT))
    for step, plain, chunking in (
        ("MAIL", "later later later", NOTHING_SURE),
        ("RCPT", "later later later", NOTHING_SURE),
        ("DATA", "later later later", ALL_WELL),
        ("content", "unknown unknown later", NOTHING_SURE),
    )
} | {
    "gone after the first": case(
        on("MAIL", DROP, skip=1), on("greeting", DROP, skip=1), plain="accepted later later", chunking=FROM_TWO_ON
    ),
    "mute after the first": case(
        on("MAIL", DROP, skip=1),
        on("greeting", STALL, skip=1),
        plain="accepted later later",
        chunking=FROM_TWO_ON,
        patience=SHORT,
    ),
    "drops at RSET": case(
        on("RCPT", "550 5.1.1 no such user"), on("RSET", DROP), plain="gone gone gone", chunking="gone unknown unknown"
    ),
}

CASES = REFUSALS | QUIRKS | CLOSING | REPLIES | ONCE | FOR_GOOD
