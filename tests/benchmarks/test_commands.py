"""The measurements run, at a scale at which their numbers mean nothing, and end with their result."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.source import PROJECT

RESULTS = {
    "send": {
        *("loop_per_s", "limit_per_s", "postgresql_per_s", "sqlite_per_s", "x_loop", "of_limit", "sqlite_x_loop"),
        *("pipelined_of_theory", "chunking_x_plain", "peak_mb_idle", "peak_mb_small", "peak_mb_large"),
    },
    "audience": {"rows_per_s", "count_ms", "growth"},
    "pages": {"trivial", "segment list", "segment", "segment, far", "partner search", "confirmation"},
}


@pytest.mark.once
@pytest.mark.parametrize("name", RESULTS)
def test_a_measurement_ends_with_its_result_as_one_line(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    run = subprocess.run(command, cwd=PROJECT, env=os.environ | {"SCALE": "0.001"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result.keys() == RESULTS[name]
    assert all(value > 0 for value in result.values()), result
