"""Each rule of the webshop has a test that bears its number."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import modules

pytestmark = pytest.mark.once

RULES = {*range(1, 9), *range(10, 15), *range(20, 29), 30, 31, *range(40, 54)}
"""W1 to W53; the numbers between stand for nothing."""


def test_no_rule_is_without_a_test() -> None:
    named = {
        argument.value
        for module in modules("tests")
        for call, name in module.calls()
        if name == "pytest.mark.rule"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }
    assert not [f"W{number}" for number in sorted(RULES) if f"W{number}" not in named]
