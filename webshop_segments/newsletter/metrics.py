"""Figures for Prometheus, read from the database when they are asked for; they need the extra ``metrics``.

Cheap on big tables: a dispatch is counted as on its page (:mod:`.results`), one that is over again only after an hour,
and the consents, for which the whole table is read, only after five minutes.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..consent import state
from ..errors import ConfigurationError
from ..plugin import EXTENSION, Plugin
from . import results, status
from .models import Delivery, Dispatch
from .results import ARRIVED, Progress
from .transitions import DISPATCH, UNDER_WAY, UNFINISHED

OVER_AGAIN = 3600.0
CONSENTS_AGAIN = 300.0

_OUTCOMES = {"sent": ARRIVED} | {name: (name,) for name in ("bounced", "failed", "skipped", "cancelled")}


def exposition(plugin: Plugin) -> bytes:
    """All figures once, in Prometheus' text format; inside an app context.

    :raises ConfigurationError: when prometheus-client is not installed.
    """
    client, registry = _client(), _client().CollectorRegistry()
    registry.register(Collector(plugin))
    return bytes(client.generate_latest(registry))


def serve(app: Flask, host: str, port: int, stop: threading.Event) -> None:
    """Answer Prometheus at http://host:port/metrics until ``stop`` is set.

    :raises ConfigurationError: when prometheus-client is not installed.
    :raises OSError: when the port is taken.
    """
    client, registry = _client(), _client().CollectorRegistry()
    registry.register(_InContext(app))
    server, thread = client.start_http_server(port, host, registry)
    stop.wait()
    server.shutdown()
    server.server_close()
    thread.join()


class Collector:
    """Reads the figures; what takes long is kept between two readings."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._lock = threading.Lock()
        self._over: dict[int, tuple[float, Progress]] = {}
        self._seen: dict[tuple[int, str], int] = {}
        self._totals: Counter[tuple[str, str]] = Counter()
        self._consents: tuple[float, dict[tuple[str, str], int]] | None = None

    def collect(self) -> Sequence[Any]:
        """The metrics, in a session of the current app context."""
        with self._lock:
            return list(self._collect(self._plugin.session))

    def _collect(self, session: Session) -> Iterator[Any]:
        core = _client().core
        waiting = self._count(session)
        running = status.unfinished(session)
        mails, oldest = status.notices(session)

        def gauge(name: str, about: str, value: float) -> Any:
            return core.GaugeMetricFamily(name, about, value=value)

        yield _family(
            core.CounterMetricFamily("wss_deliveries", "Messages by what became of them.", labels=_BY_CHANNEL),
            self._totals,
        )
        yield _family(
            core.GaugeMetricFamily("wss_deliveries_waiting", "Messages not sent yet.", labels=["channel"]),
            {(channel,): count for channel, count in waiting.items()},
        )
        yield _family(core.GaugeMetricFamily("wss_dispatches", "Sendings.", labels=["status"]), _dispatches(session))
        silent = status.silence(session, self._plugin, running).total_seconds()
        yield gauge("wss_queue_oldest_seconds", "For how long due work has waited for a worker.", silent)
        yield gauge("wss_unknown", "Messages of which nobody knows whether they arrived.", _unknown(session))
        yield gauge("wss_notices_waiting", "System mails that are due.", mails)
        yield gauge("wss_notices_oldest_seconds", "For how long the oldest has been due.", oldest.total_seconds())
        yield _family(
            core.GaugeMetricFamily("wss_consents", "People by the state of their consent.", labels=_BY_CHANNEL),
            self._consent_totals(session),
        )

    def _count(self, session: Session) -> Counter[str]:
        """Add to the totals what has come since the last reading; returns what waits, by channel.

        A counter must not fall, and a message that was sent may bounce a day later: each dispatch adds only growth.
        """
        waiting = Counter(dict.fromkeys(self._plugin.channels, 0))
        for dispatch in session.scalars(select(Dispatch).options(*status.WITHOUT_CONTENT)).all():
            counts = self._progress(session, dispatch)
            for outcome, statuses in _OUTCOMES.items():
                count = counts.count(*statuses)
                self._totals[dispatch.channel, outcome] += max(0, count - self._seen.get((dispatch.id, outcome), 0))
                self._seen[dispatch.id, outcome] = count
            waiting[dispatch.channel] += counts.count(*UNDER_WAY)
        return waiting

    def _progress(self, session: Session, dispatch: Dispatch) -> Progress:
        if dispatch.status in UNFINISHED:
            self._over.pop(dispatch.id, None)
            return results.progress(session, dispatch)
        now = time.monotonic()
        at, kept = self._over.get(dispatch.id, (now, None))
        if kept is None or now - at > OVER_AGAIN:
            kept = results.progress(session, dispatch)
            self._over[dispatch.id] = (now, kept)
        return kept

    def _consent_totals(self, session: Session) -> dict[tuple[str, str], int]:
        now = time.monotonic()
        if self._consents is None or now - self._consents[0] > CONSENTS_AGAIN:
            self._consents = (now, state.totals(session))
        return self._consents[1]


_BY_CHANNEL = ["channel", "status"]


class _InContext:
    """Collects in an app context of its own, in whichever thread Prometheus is answered."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._collector = Collector(app.extensions[EXTENSION])

    def collect(self) -> Sequence[Any]:
        with self._app.app_context():
            return self._collector.collect()


def _family(family: Any, counts: Any) -> Any:
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    return family


def _dispatches(session: Session) -> dict[tuple[str], int]:
    found = {(name,): 0 for name in (*DISPATCH, "finished", "cancelled")}
    rows = session.execute(select(Dispatch.status, func.count()).group_by(Dispatch.status))
    return found | {(name,): count for name, count in rows}


def _unknown(session: Session) -> int:
    unknown = select(func.count()).join_from(Dispatch, Delivery, Delivery.dispatch_id == Dispatch.id)
    return session.scalar(unknown.where(Delivery.status == "unknown")) or 0


def _client() -> Any:
    try:
        import prometheus_client
        import prometheus_client.core
    except ImportError:
        raise ConfigurationError(
            "The metrics need prometheus-client. Install it with: pip install webshop_segments[metrics]"
        ) from None
    return prometheus_client
