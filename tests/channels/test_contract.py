"""What every channel keeps, whatever is behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from time import monotonic

import pytest

from tests.channels.conftest import LATER, channel_to, word, words
from tests.channels.fake_twilio import ACCOUNT, TOKEN, FakeTwilio, created, error
from tests.channels.smtp_script import DROP, on
from tests.channels.smtp_server import ScriptedServer
from webshop_segments.channel import Accepted, Channel, Message, Outcome, Rejected, Unknown
from webshop_segments.errors import ChannelError
from webshop_segments.limits import Limits
from webshop_segments.newsletter.channels.email import EmailChannel
from webshop_segments.newsletter.channels.memory import MemoryChannel
from webshop_segments.newsletter.channels.twilio import TwilioChannel

pytestmark = pytest.mark.once

FATES = ("accepted", "gone", "never", "later", "unknown")


@dataclass
class Stage:
    """A channel, and what happens to an address there: its fate stands in it.

    :param reached: how many times a message to an address was taken over at the other end.
    """

    channel: Channel
    address: Callable[[str], str]
    reached: Callable[[str], int]
    shut: Channel


def email(servers: ExitStack) -> Stage:
    server = servers.enter_context(
        ScriptedServer(
            [
                on("RCPT", "550 5.1.1 nobody", to="gone")(),
                on("RCPT", "554 5.7.1 policy", to="never")(),
                on("RCPT", "451 4.3.0 busy", to="later")(),
                on("content", DROP, to="unknown")(),
            ]
        )
    )
    closed = servers.enter_context(ScriptedServer([on("greeting", DROP)()]))
    return Stage(
        channel=channel_to(server),
        address=lambda fate: f"{fate}@example.org",
        reached=lambda address: sum(received.recipient == address for received in server.received),
        shut=channel_to(closed),
    )


def twilio(servers: ExitStack) -> Stage:
    numbers = {fate: f"+49151000000{index}" for index, fate in enumerate(FATES)}
    answers = {
        numbers["gone"]: error(400, 21211),
        numbers["never"]: error(400, 21408),
        numbers["later"]: error(429, 20429),
        numbers["unknown"]: error(503),
    }
    client = FakeTwilio(lambda to: answers.get(to) or created(to))
    return Stage(
        channel=TwilioChannel(ACCOUNT, TOKEN, "+4915100000099", http_client=client),
        address=numbers.__getitem__,
        reached=lambda to: sum(data["To"] == to and to not in answers for _, _, data, _ in client.requests),
        shut=TwilioChannel(ACCOUNT, TOKEN, None, http_client=client),
    )


def memory(servers: ExitStack) -> Stage:
    def outcome(message: Message) -> Outcome:
        number = message.number
        fates: dict[str, Outcome] = {
            "gone": Rejected(number, "nobody", permanent=True),
            "never": Rejected(number, "policy", permanent=True, about_us=True),
            "later": Rejected(number, "busy", permanent=False),
            "unknown": Unknown(number),
        }
        return fates.get(message.address) or Accepted(number, f"id-{number}")

    channel = MemoryChannel(outcomes=outcome)
    return Stage(
        channel=channel,
        address=str,
        reached=lambda address: sum(message.address == address for message in channel.sent),
        shut=MemoryChannel(trouble=ChannelError("closed today")),
    )


@pytest.fixture(params=[email, twilio, memory], ids=lambda stage: stage.__name__)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with ExitStack() as servers:
        yield request.param(servers)


def messages(stage: Stage, *fates: str) -> list[Message]:
    return [Message(number, stage.address(fate), b"Hello") for number, fate in enumerate(fates, 40)]


def test_each_fate_has_its_outcome(stage: Stage) -> None:
    fates = [*FATES, "accepted", *reversed(FATES)]
    with stage.channel.open() as sender:
        outcomes = {outcome.number: word(outcome) for outcome in sender.send(messages(stage, *fates), LATER)}
    assert [outcomes[number] for number in range(40, 40 + len(fates))] == fates
    assert len(outcomes) == len(fates)


@pytest.mark.rule("E54")
def test_an_accepted_message_is_taken_over_once_and_a_refused_one_never(stage: Stage) -> None:
    with stage.channel.open() as sender:
        list(sender.send(messages(stage, *FATES), LATER))
    assert [stage.reached(stage.address(fate)) for fate in FATES[:4]] == [1, 0, 0, 0]


def test_a_sender_takes_window_after_window(stage: Stage) -> None:
    with stage.channel.open() as sender:
        assert words(sender.send(messages(stage, "accepted", "gone"), LATER)) == "accepted gone"
        assert words(sender.send([], LATER)) == ""
        assert words(sender.send(messages(stage, "unknown"), LATER)) == "unknown"
        assert words(sender.send(messages(stage, "accepted"), LATER)) == "accepted"


@pytest.mark.rule("E54")
def test_nothing_is_begun_when_the_time_is_over(stage: Stage) -> None:
    with stage.channel.open() as sender:
        assert words(sender.send(messages(stage, "accepted", "gone"), monotonic() - 1)) == "later later"
        assert stage.reached(stage.address("accepted")) == 0
        assert words(sender.send(messages(stage, "accepted"), monotonic() + 60)) == "accepted"


def test_a_window_that_was_broken_off_ends_at_once_and_the_next_one_is_sent(stage: Stage) -> None:
    with stage.channel.open() as sender:
        outcomes = iter(sender.send(messages(stage, "accepted", "accepted", "accepted"), LATER))
        first = word(next(outcomes))
        sender.abort()
        assert words([*outcomes]) == "later later"
        assert words(sender.send(messages(stage, "accepted"), LATER)) == first == "accepted"


def test_an_accepted_message_has_the_provider_s_id(stage: Stage) -> None:
    with stage.channel.open() as sender:
        [outcome] = sender.send(messages(stage, "accepted"), LATER)
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id
    assert len(outcome.provider_id) <= 80


def test_a_channel_that_cannot_send_at_all_says_so_in_a_sentence(stage: Stage) -> None:
    with pytest.raises(ChannelError, match=r"\w+ \w+"), stage.shut.open():
        pass


def test_the_window_is_what_leaves_in_about_a_second(stage: Stage) -> None:
    assert 1 <= stage.channel.window <= 100
    assert stage.channel.name in ("email", "sms")


def test_a_channel_has_no_limits_but_those_it_is_given(stage: Stage) -> None:
    assert replace(stage.channel.limits, per_second=None) == Limits()
    limits = Limits(per_hour=500, per_domain={"gmail.com": 10})
    assert MemoryChannel(limits=limits).limits == EmailChannel.from_config({}, limits=limits).limits == limits
    assert TwilioChannel(ACCOUNT, TOKEN, None, per_second=3, limits=limits).limits == replace(limits, per_second=3)


def test_a_channel_may_be_opened_again_and_by_several_at_once(stage: Stage) -> None:
    with stage.channel.open() as one, stage.channel.open() as other:
        assert words(one.send(messages(stage, "accepted"), LATER)) == "accepted"
        assert words(other.send(messages(stage, "accepted"), LATER)) == "accepted"
    with stage.channel.open() as again:
        assert words(again.send(messages(stage, "accepted"), LATER)) == "accepted"


def test_what_a_memory_channel_s_script_raises_comes_out_as_a_crash_would() -> None:
    def crash(message: Message) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), MemoryChannel(outcomes=crash).open() as sender:
        list(sender.send([Message(1, "one@example.org", b"")], LATER))


def test_an_email_channel_without_settings_is_this_machine_s_server() -> None:
    assert EmailChannel.from_config({}).window == 100
