"""The rules that follow from a channel's limits: what each counts, in which windows, and up to how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...limits import Limits

DAY = "day"
BATCH = "batch"
_OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """So many messages in a window.

    :param lasts: milliseconds from the window's first message; of a batch, whose pause this is, from its last.
    :param limit: of each window; of each domain's; of the first day's, the second's and so on.
    """

    name: str
    lasts: int
    limit: int | Mapping[str, int] | tuple[int, ...] | None

    def most(self, domain: str, age: int) -> int | None:
        """How many messages a window may count, None without limit.

        :param age: milliseconds from the beginning of the first window to that of this one.
        """
        if isinstance(self.limit, Mapping):
            return self.limit.get(domain, self.limit.get(_OTHERS))
        if isinstance(self.limit, tuple):
            day = age // self.lasts
            return self.limit[day] if day < len(self.limit) else None
        return self.limit

    def shares(self, counts: Mapping[str, int]) -> dict[str, int]:
        """What messages to several domains count in the rule's rows; an empty domain is the whole channel."""
        if isinstance(self.limit, Mapping):
            limited = [domain for domain in counts if domain in self.limit or _OTHERS in self.limit]
            return {domain: counts[domain] for domain in limited if counts[domain] > 0}
        total = sum(counts.values())
        return {"": total} if total > 0 else {}

    def cut(self, counts: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
        """What is left of the counts when the rule gives so much; the first domains are served first."""
        if isinstance(self.limit, Mapping):
            return {**counts, **given}
        rest = given.get("", 0)
        kept = {}
        for domain, count in counts.items():
            kept[domain] = min(count, rest)
            rest -= kept[domain]
        return kept


def in_force(limits: Limits) -> list[Rule]:
    """In the order in which they are asked: each domain's own, then the channel's, the shortest window first."""
    rules = [
        Rule("minute", 60_000, limits.per_domain),
        Rule("second", 1000, limits.per_second),
        Rule(BATCH, round(limits.pause_seconds * 1000), limits.batch),
        Rule("hour", 3_600_000, limits.per_hour),
        Rule(DAY, 86_400_000, limits.warm_up),
    ]
    return [rule for rule in rules if rule.limit]
