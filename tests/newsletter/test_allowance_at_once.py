"""However many workers ask at once, together they get what the limit allows, and none waits for another in a ring."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable

from sqlalchemy.orm import Session

from tests.newsletter.asking import Asking
from tests.newsletter.asking_process import PER_HOUR, PER_SECOND
from tests.shops import Shop
from tests.support.together import together
from webshop_segments.db import worker_engine
from webshop_segments.limits import Limits

Work = Callable[[Asking], int]


def workers(shop: Shop, limits: Limits, *works: Work) -> list[int]:
    """What came of each, all at the same time and each on a connection of its own."""

    def worker(work: Work) -> Callable[[], int]:
        def run() -> int:
            engine = worker_engine(shop.plugin.engine)
            with Session(engine) as session:
                try:
                    return work(Asking(session, limits))
                finally:
                    session.close()
                    engine.dispose()

        return run

    return together(shop.app, *map(worker, works))


def test_workers_that_ask_at_once_together_get_exactly_the_limit(shop: Shop) -> None:
    def ask_for_three_hours(asking: Asking) -> int:
        taken = 0
        for _hour in range(3):
            while count := asking.count(7):
                taken += count
            asking.later(hours=1)
        return taken

    assert sum(workers(shop, Limits(per_hour=100), *[ask_for_three_hours] * 4)) == 300


def test_workers_with_the_same_domains_in_any_order_do_not_wait_in_a_ring(shop: Shop) -> None:
    limits = Limits(per_domain={"*": 40}, per_hour=10_000)

    def work(asking: Asking) -> int:
        taken = 0
        for turn in range(12):
            domains = [f"{turn}-{number}.example" for number in range(8)]
            random.shuffle(domains)
            granted = asking.grant(dict.fromkeys(domains, 15))
            asking.give_back(granted[domains[0]], granted, domain=domains[0])
            taken += sum(granted.values()) - granted[domains[0]]
        return taken

    taken = workers(shop, limits, *[work] * 4)

    assert 0 < sum(taken) <= 12 * 8 * 40


def test_processes_on_the_databases_clock_keep_both_limits_together(shop: Shop, database_url: str) -> None:
    command = [sys.executable, "-m", "tests.newsletter.asking_process", database_url]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _process in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = [json.loads(process.communicate(timeout=60)[0]) for process in processes]

    assert all(taken)
    assert sum(count for one in taken for _at, count in one) == PER_HOUR
    times = [at for one in taken for at, _count in one]
    assert max(times) - min(times) >= PER_HOUR // PER_SECOND
