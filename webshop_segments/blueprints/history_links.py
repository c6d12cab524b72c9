"""Where the objects of the history are to be found, as long as they exist and the reader may see them (W14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from sqlalchemy.orm import QueryableAttribute

from ..administration import history
from ..administration.models import Administrator, Audit
from ..administration.own import OwnAdministrators
from ..consent.models import ConsentVersion
from ..directory import people
from ..directory.people import PersonKey
from ..newsletter.models import Dispatch, Newsletter
from ..plugin import plugin
from ..segments.models import Segment


@dataclass(frozen=True, slots=True)
class _Place:
    """A kind of objects: their key, and the view that shows one."""

    key: QueryableAttribute[Any]
    endpoint: str
    argument: str
    named: bool = False
    """Known by the event's name instead of its ref: a version by its number."""


_PLACES = {
    "administrator": _Place(Administrator.id, "wss_admin.administrator", "administrator_id"),
    "consent_version": _Place(ConsentVersion.number, "wss_admin.consent_version", "number", named=True),
    "dispatch": _Place(Dispatch.id, "wss_admin.dispatch", "dispatch_id"),
    "newsletter": _Place(Newsletter.id, "wss_admin.newsletter", "newsletter_id"),
    "segment": _Place(Segment.id, "wss_admin.segment", "segment_id"),
}


def links(events: Iterable[Audit]) -> dict[int, str]:
    """An address for each event whose object can be looked at, by the event's id; one statement for each kind."""
    by_kind: dict[str, list[Audit]] = {}
    for event in events:
        by_kind.setdefault(event.object_kind, []).append(event)
    found: dict[int, str] = {}
    for kind, some in by_kind.items():
        if kind == "person":
            found |= _people(some)
        elif kind in _PLACES:
            found |= _objects(_PLACES[kind], some)
    return found


def _objects(place: _Place, events: list[Audit]) -> dict[int, str]:
    if not _open(place.endpoint):
        return {}
    refs = {event.id: event.object_name if place.named else event.object_ref for event in events}
    there = history.still_there(plugin().session, place.key, set(refs.values()))
    found: dict[int, str] = {}
    for event_id, ref in refs.items():
        if ref in there:
            argument: dict[str, Any] = {place.argument: int(ref)}
            found[event_id] = url_for(place.endpoint, **argument)
    return found


def _people(events: list[Audit]) -> dict[int, str]:
    if not _open("wss_admin.person"):
        return {}
    wired = plugin()
    keys = {event.id: PersonKey(*event.object_ref.partition(":")[::2]) for event in events}
    there = people.find(wired.session, wired.shop, set(keys.values()))
    return {
        event_id: url_for("wss_admin.person", kind=key.kind, ref=key.ref)
        for event_id, key in keys.items()
        if key in there
    }


def _open(endpoint: str) -> bool:
    """Whether the reader may open a view; where the host's own staff log in, there are no accounts of ours to show."""
    access = plugin().access
    if endpoint == "wss_admin.administrator" and not isinstance(access, OwnAdministrators):
        return False
    return access.can(str(getattr(current_app.view_functions[endpoint], "permission", "")))
