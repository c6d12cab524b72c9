"""What the history is narrowed to, as typed into the address or a form: who, what, which object, from and to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property

from ..administration.history import Wanted
from ..errors import Refused
from ..i18n import _
from ..plugin import plugin
from .guard import masked
from .history import OPEN_NAMES, actions, doers, subjects

_YEARS = range(1970, 3000)


class HistoryFilter:
    """The filter's fields as typed, what is wrong with them, and what they mean.

    The first and the last day are days of the shop's time zone.
    """

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.values = {name: typed.get(name, "").strip() for name in ("who", "what", "object", "from", "to")}
        self.errors: dict[str, str] = {}

    @property
    def given(self) -> dict[str, str]:
        """The fields that narrow the list, as the parts of an address."""
        return {name: value for name, value in self.values.items() if value}

    @cached_property
    def wanted(self) -> Wanted | None:
        """None where a field cannot be understood; ``errors`` says which and why."""
        first, last = self._day("from"), self._day("to")
        what = self.values["what"]
        if what and what not in actions() and what not in subjects():
            self.errors["what"] = _("Nothing in the history is called “%(name)s”. Choose from the list.", name=what)
        if first and last and first > last:
            self.errors["to"] = _("The last day lies before the first.")
        if self.errors:
            return None
        who = self.values["who"]
        return Wanted(
            who=who,
            kinds=frozenset(kind for kind, word in doers().items() if who.casefold() in word.casefold()),
            action=what,
            name=self.values["object"],
            named=OPEN_NAMES if masked() else None,
            since=_midnight(first) if first else None,
            until=_midnight(last + timedelta(days=1)) if last else None,
        )

    def wanted_or_refused(self) -> Wanted:
        """:raises Refused: where a field cannot be understood."""
        if self.wanted is None:
            raise Refused(" ".join(self.errors.values()))
        return self.wanted

    def _day(self, name: str) -> date | None:
        typed = self.values[name]
        if not typed:
            return None
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            day = date.min
        if day.year not in _YEARS:
            self.errors[name] = _("“%(day)s” is no day we know. Write it like 2026-12-31.", day=typed)
            return None
        return day


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=plugin().settings.timezone)
