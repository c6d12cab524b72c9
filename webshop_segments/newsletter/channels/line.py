"""One connection of the pool: renewed where it is lost, with what may go again and what may not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from time import monotonic

from ...channel import Message, Outcome, Rejected
from ...errors import ChannelError
from .dialogue import Dialogue, InHand, Stage
from .loss import Loss
from .opening import MailServer
from .pipelining import dialogue_with
from .reasons import in_plain_words
from .share import BROKEN_OFF, Share
from .smtp import Breaker

_LOSSES_IN_A_ROW = 2

_QUIET_SECONDS = 1.0
"""After such a pause a connection is asked whether it still works, before a message is trusted to it."""


class Line:
    """A connection, made when it is needed."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self.breaker = Breaker()
        self._server = server
        self._sender = sender
        self._dialogue: Dialogue | None = None
        self._carried = 0
        self._heard = 0.0
        self._plainly = False
        self._losses = 0

    def start_over(self) -> None:
        """A new window: what happened in the last one does not count."""
        self.breaker.mend()
        self._losses = 0

    @property
    def has_given_up(self) -> bool:
        """Whether this window's sending is over for it."""
        return self._losses >= _LOSSES_IN_A_ROW

    def ready(self) -> Dialogue:
        """The conversation to hand the next message to.

        :raises ChannelError: when there is no connection to be had.
        """
        if self._dialogue and self._carried >= self._server.most_messages:
            self.leave()
        if self._dialogue and not self._still_there(self._dialogue):
            self.drop()
        if not self._dialogue:
            host = self._server.connect(self.breaker)
            self._dialogue = Dialogue(host, self._sender) if self._plainly else dialogue_with(host, self._sender)
            self._carried, self._heard = 0, monotonic()
        return self._dialogue

    def work(self, share: Share) -> Iterator[Outcome]:
        """Hand over what is waiting; two lost connections in a row end it."""
        while share.waiting and share.may_begin and not self.has_given_up:
            try:
                dialogue = self.ready()
            except ChannelError as error:
                self._losses += 1
                share.loss = Loss(in_plain_words(str(error)), about_us=error.permanent)
                continue
            try:
                for outcome in dialogue.carry(partial(self._take, share, dialogue), share.until):
                    self._losses = 0
                    yield outcome
                self._heard = monotonic()
            except OSError as error:
                self.drop()
                share.loss = loss = BROKEN_OFF if share.aborted else Loss.by(error)
                self._plainly = self._plainly or loss.out_of_step
                yield from self._after_loss(share, dialogue.in_hand, loss)
            except BaseException:
                self.drop()
                raise

    def leave(self) -> None:
        """Say goodbye."""
        if self._dialogue:
            with contextlib.suppress(OSError):
                self._dialogue.host.quit()
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        if self._dialogue:
            self._dialogue.host.close()
            self._dialogue = None

    def _still_there(self, dialogue: Dialogue) -> bool:
        if not dialogue.host.is_silent():
            return False
        if monotonic() - self._heard < _QUIET_SECONDS:
            return True
        try:
            return dialogue.host.rset()[0] == 250
        except OSError:
            return False

    def _take(self, share: Share, dialogue: Dialogue) -> Message | None:
        while self._carried < self._server.most_messages and (message := share.take()):
            sender = self._sender if message.sender is None else message.sender
            # RFC 6531: only a server that offers it can be told such an address.
            if (message.address.isascii() and sender.isascii()) or dialogue.host.has_extn("smtputf8"):
                self._carried += 1
                return message
            reason = "The mail server cannot write to this address (it offers no SMTPUTF8)."
            share.outcomes.append(Rejected(message.number, reason, permanent=True))
        return None

    def _after_loss(self, share: Share, items: Sequence[InHand], loss: Loss) -> Iterator[Outcome]:
        outcomes = [loss.outcome(item) for item in items]
        again = [item.message for item, outcome in zip(items, outcomes, strict=True) if outcome is None]
        self._losses = 1 if any(item.stage is Stage.ANSWERED for item in items) else self._losses + 1
        if again and self.has_given_up:
            # It may be this message that no connection survives.
            outcomes.append(loss.refusal(again.pop(0)))
        share.waiting.extendleft(reversed(again))
        yield from filter(None, outcomes)
