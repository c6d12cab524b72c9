"""Whatever workers ask and return, whenever, and however the limits change: no window ever counts too many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.newsletter.asking import Asking
from tests.shops import Shop
from webshop_segments.limits import Limits
from webshop_segments.newsletter.limits.allowance import Granted
from webshop_segments.newsletter.limits.models import LimitWindow

DOMAINS = ("a.example", "b.example", "c.example")

few = st.integers(1, 12)
rules = (
    st.builds(lambda most: {"per_second": most}, few),
    st.builds(lambda most: {"per_hour": most}, few),
    st.builds(lambda most: {"per_domain": most}, st.dictionaries(st.sampled_from(["a.example", "*"]), few, min_size=1)),
    st.builds(lambda most: {"warm_up": tuple(most)}, st.lists(few, min_size=1, max_size=3)),
    st.builds(lambda most: {"batch": most, "pause_seconds": 5}, few),
)
one_or_two = st.lists(st.one_of(rules), min_size=1, max_size=2)
limits = one_or_two.map(lambda chosen: Limits(**{name: value for rule in chosen for name, value in rule.items()}))

asking = st.tuples(st.just("ask"), st.dictionaries(st.sampled_from(DOMAINS), st.integers(1, 9), min_size=1))
waiting = st.tuples(st.just("wait"), st.sampled_from([-2, 0.4, 0.999, 1, 4.999, 5, 59.5, 60, 3599, 3600, 86400]))
returning = st.tuples(st.just("return"), st.integers(0, 3), st.sampled_from(DOMAINS), st.sampled_from([0.5, 1, 1, 1]))
changing = st.tuples(st.just("change"), limits)
steps = st.lists(st.one_of(asking, asking, asking, waiting, waiting, returning, changing), min_size=10, max_size=40)


@dataclass
class Window:
    """What left from one moment to another."""

    begun: datetime
    ends: datetime
    messages: int = 0


class Book:
    """Counts the same in memory, each window by itself; an empty domain is the whole channel."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}
        self._first_asked: datetime | None = None

    def ask(self, limits: Limits, now: datetime) -> None:
        if limits.warm_up:
            self._first_asked = self._first_asked or now

    def count(self, limits: Limits, granted: Granted) -> dict[tuple[str, str], Window]:
        """Write down what was granted and complain when that is too much; returns the windows it counts in."""
        now = granted.at
        assert now is not None
        counted = {}
        for rule, domain, seconds in _rules(limits):
            count = granted.get(domain, 0) if domain else sum(granted.values())
            if count:
                window = self._windows.get((rule, domain))
                if window is None or window.ends <= now or not window.messages:
                    window = Window(now, now + timedelta(seconds=seconds))
                if rule == "batch":
                    window.ends = max(window.ends, now + timedelta(seconds=seconds))
                window.messages += count
                most = self._most(limits, rule, domain, window)
                assert most is None or window.messages <= most, (rule, domain)
                counted[rule, domain] = self._windows[rule, domain] = window
        return counted

    def _most(self, limits: Limits, rule: str, domain: str, window: Window) -> int | None:
        if domain:
            return limits.per_domain.get(domain, limits.per_domain.get("*"))
        if rule == "warm_up":
            assert self._first_asked
            day = (window.begun - self._first_asked) // timedelta(days=1)
            return limits.warm_up[day] if day < len(limits.warm_up) else None
        most: int | None = getattr(limits, rule)
        return most


def _rules(limits: Limits) -> Iterator[tuple[str, str, float]]:
    lasting = {"per_second": 1, "per_hour": 3600, "batch": limits.pause_seconds, "warm_up": 86400}
    yield from ((rule, "", seconds) for rule, seconds in lasting.items() if getattr(limits, rule))
    yield from (("per_domain", name, 60) for name in DOMAINS if {name, "*"} & limits.per_domain.keys())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=limits, steps=steps)
def test_no_window_ever_counts_more_than_its_limit(shop: Shop, first: Limits, steps: list[tuple[Any, ...]]) -> None:
    shop.session.execute(delete(LimitWindow))
    worker, book = Asking(shop.session, first), Book()
    sent: list[tuple[Limits, Granted, dict[tuple[str, str], Window]]] = []
    for what, *values in steps:
        if what == "wait":
            worker.later(seconds=values[0])
        elif what == "change":
            worker.configure(values[0])
        elif what == "ask":
            sent.append(_ask(worker, book, *values))
        elif sent:
            nth_last, domain, share = values
            under, granted, counted = sent[-1 - nth_last % len(sent)]
            unused = int(granted.get(domain, 0) * share)
            worker.give_back(unused, granted, domain, under)
            granted[domain] = granted.get(domain, 0) - unused
            for (_rule, of), window in counted.items():
                window.messages -= unused if of in ("", domain) else 0


def _ask(worker: Asking, book: Book, wanted: dict[str, int]) -> tuple[Limits, Granted, dict[tuple[str, str], Window]]:
    limits, before = worker.channel.limits, worker.held()
    book.ask(limits, worker.now)
    granted = worker.grant(wanted)
    assert all(0 <= granted[domain] <= wanted[domain] for domain in wanted)
    assert not any(granted[domain] for domain in wanted if before.everything or domain in before.domains)
    after = worker.held()
    assert after.everything or {domain for domain in wanted if granted[domain] < wanted[domain]} <= after.domains
    return limits, granted, book.count(limits, granted)
