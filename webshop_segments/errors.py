"""What can go wrong, each as a sentence for the person who reads it."""

from __future__ import annotations


class SegmentsError(Exception):
    """The message is complete, translated where it is for a page, and says how to mend the fault."""


class ConfigurationError(SegmentsError):
    """The shop developer or operator has wired or configured something wrongly."""


class Refused(SegmentsError):
    """Input that cannot be taken; nothing was changed.

    :param field: name of the form field the sentence belongs to, if one.
    :param status: HTTP status an edge answers with (422 bad input, 409 somebody was faster, 404 gone).
    """

    def __init__(self, message: str, *, field: str | None = None, status: int = 422) -> None:
        super().__init__(message)
        self.field = field
        self.status = status


class ChannelError(SegmentsError):
    """A channel as a whole cannot send: server down, login refused, certificate wrong.

    :param permanent: waiting will not help; somebody has to change the configuration.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
