"""Newsletter bodies: Liquid, the shop world's own template language, without a way to the machine behind it.

Liquid reads values by name only, never attributes of objects, and every limit here ends a runaway template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.filter import liquid_filter

from ...errors import Refused
from ...i18n import _

LONGEST_NUMBER = 10**15


class _Limited(Environment):
    loop_iteration_limit = 5_000
    output_stream_limit = 500_000
    local_namespace_limit = 100_000
    context_depth_limit = 20


@liquid_filter
def _times(left: Any, right: Any) -> Any:
    """Liquid's ``times``, for numbers a newsletter can mean: Python's integers would grow without end."""
    try:
        factors = [float(left), float(right)]
    except (TypeError, ValueError):
        return 0
    product = factors[0] * factors[1]
    if abs(product) > LONGEST_NUMBER:
        raise ResourceLimitError("number too large", token=None)
    return int(product) if product.is_integer() else product


@cache
def _environment(escape: bool) -> Environment:
    environment = _Limited(autoescape=escape)
    environment.add_filter("times", _times)
    for tag in ("include", "render"):
        environment.tags.pop(tag, None)
    return environment


def parse(source: str, *, escape: bool, field: str = "body") -> BoundTemplate:
    """:raises Refused: naming the line a syntax error is in."""
    try:
        return _environment(escape).from_string(source)
    except LiquidError as error:
        raise _refusal(error, field) from None


def render(template: BoundTemplate, variables: Mapping[str, Any], field: str = "body") -> str:
    """:raises Refused: when a limit is reached, for example in an endless loop."""
    try:
        return template.render(variables)
    except LiquidError as error:
        raise _refusal(error, field) from None


def check(source: str, known: Mapping[str, Any], *, field: str = "body") -> None:
    """Refuse what could not be sent: syntax errors, unknown variables, endless loops.

    :param known: example values of every variable on offer.
    :raises Refused: with a sentence that says where and what.
    """
    template = parse(source, escape=True, field=field)
    unknown = sorted(name for name in template.global_variables() if name not in known)
    if unknown:
        raise Refused(
            _("“%(name)s” is no variable. The variables on offer are listed beside the text.", name=unknown[0]),
            field=field,
        )
    render(template, known, field)


def literally(text: str) -> str:
    """A text from outside as part of a template in which it means nothing but itself."""
    return re.sub(r"[{}]", lambda brace: '{{ "' + brace.group() + '" }}', text)


_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def hide_tags(source: str) -> tuple[str, dict[str, str]]:
    """Replace each tag by a word no HTML tool touches, which would turn ``>`` in a condition into ``&gt;``."""
    hidden: dict[str, str] = {}

    def hide(match: re.Match[str]) -> str:
        name = f"wssliquid{len(hidden):04d}x"
        hidden[name] = match.group()
        return name

    return _TAG.sub(hide, source), hidden


def show_tags(text: str, hidden: Mapping[str, str]) -> str:
    """Put the tags back."""
    return re.sub(r"wssliquid\d{4,}x", lambda match: hidden.get(match.group(), match.group()), text)


def _refusal(error: LiquidError, field: str) -> Refused:
    if isinstance(error, ResourceLimitError):
        return Refused(
            _("The text repeats something without end, or becomes far too long. Look at its loops."), field=field
        )
    line = error.token.source.count("\n", 0, error.token.start_index) + 1 if error.token else 1
    return Refused(
        _("Line %(line)s cannot be read: %(fault)s.", line=line, fault=str(error).splitlines()[0].rstrip(".")),
        field=field,
    )
