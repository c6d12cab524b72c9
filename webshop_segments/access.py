"""Port 2: who may do what in the admin pages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from flask import current_app, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

FLAGS = (
    "partners.view",
    "segments.view",
    "segments.manage",
    "subscribers.view",
    "subscribers.manage",
    "newsletters.view",
    "newsletters.edit",
    "newsletters.send",
    "consents.view",
    "consents.publish",
    "administrators.manage",
    "settings.manage",
    "personal_data.view",
    "audit.view",
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something: an administrator, a customer, the command line, the worker."""

    kind: str
    ref: str
    name: str

    @property
    def label(self) -> str:
        return f"{self.kind}:{self.ref}"


COMMAND_LINE = Actor("cli", "cli", "Command line")
WORKER = Actor("worker", "worker", "Worker")


def customer(ref: str) -> Actor:
    """A customer acting for herself."""
    return Actor("customer", ref, "Customer")


def client_address() -> str | None:
    """The caller's IP address as the host (ProxyFix included) sees it; never a raw X-Forwarded-For (C24)."""
    return request.remote_addr if has_request_context() else None


class Access(Protocol):
    """Answers for the current request."""

    def can(self, flag: str) -> bool:
        """Whether the current administrator holds the flag; False for a stranger."""

    def actor(self) -> Actor | None:
        """The current administrator, None for a stranger."""

    def challenge(self) -> ResponseReturnValue:
        """What a stranger gets in place of an admin page: a login page, usually."""


class FlaskLoginAccess:
    """For hosts whose staff already log in through Flask-Login.

    :param flags_of: from the host's user to the flags held, empty for a customer.
    :param name_of: from the host's user to the name shown in histories.
    """

    def __init__(
        self,
        flags_of: Callable[[Any], Collection[str]],
        name_of: Callable[[Any], str] = str,
    ) -> None:
        self._flags_of = flags_of
        self._name_of = name_of

    def can(self, flag: str) -> bool:
        user = self._staff()
        return user is not None and flag in self._flags_of(user)

    def actor(self) -> Actor | None:
        user = self._staff()
        return None if user is None else Actor("staff", user.get_id(), self._name_of(user))

    def challenge(self) -> ResponseReturnValue:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined,no-any-return]

    def _staff(self) -> Any | None:
        if not current_user.is_authenticated or not self._flags_of(current_user):
            return None
        return current_user
