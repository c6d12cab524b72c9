"""A process that asks for four seconds what may leave: database address; prints when it got how much."""

from __future__ import annotations

import json
import sys
import time

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.newsletter.asking import BERLIN
from webshop_segments import MemoryChannel
from webshop_segments.db import SCHEMA_TOKEN, worker_engine
from webshop_segments.limits import Limits
from webshop_segments.newsletter.limits import allowance

PER_SECOND, PER_HOUR = 20, 50


def main() -> None:
    hosts = create_engine(sys.argv[1], execution_options={"schema_translate_map": {SCHEMA_TOKEN: None}})
    engine = worker_engine(hosts)
    channel = MemoryChannel(limits=Limits(per_second=PER_SECOND, per_hour=PER_HOUR))
    print("ready", flush=True)
    sys.stdin.readline()
    taken: list[tuple[float, int]] = []
    until = time.monotonic() + 4
    with Session(engine) as session:
        while time.monotonic() < until:
            granted = allowance.grant(session, channel, BERLIN, {"a.example": 3})
            session.commit()
            if granted.at and granted["a.example"]:
                taken.append((granted.at.timestamp(), granted["a.example"]))
            time.sleep(0.005)
    engine.dispose()
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
