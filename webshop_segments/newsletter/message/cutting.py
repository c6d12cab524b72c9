"""Templates cut at their top-level nodes: what everybody gets, and the holes in which people differ."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any, AnyStr

from liquid import BoundTemplate
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError, OutputStreamLimitError
from liquid.stringify import to_liquid_string

from . import template

_READING_TAGS = {"if", "unless", "case", "for", "break", "continue", "tablerow", "cycle", "ifchanged", "echo"}
_READING_TAGS |= {"liquid", "comment", "#"}
"""Tags that give no name a value of the template's own."""

_LIQUIDS_ROOTS = {"now", "today", "partial"}
_LIQUIDS_NAMES = {"size", "first", "last"}

_LINE_END = re.compile(r"\r\n?")


class CutTemplate:
    """A parsed template. ``constants`` are its texts before, between and after the holes.

    A hole is the path of names to a person's value, or a node that only Liquid can render. All nodes of a person
    are rendered in order and in one context, so what one assigns or counts is there for the next.

    :raises Refused: naming the line a syntax error is in.
    """

    def __init__(self, source: str, *, escape: bool, field: str = "body") -> None:
        self._whole, self._escape, self._field = template.parse(source, escape=escape, field=field), escape, field
        self.constants = [""]
        self.holes: list[tuple[str, ...] | BoundTemplate] = []
        self._room = self._whole.env.output_stream_limit or sys.maxsize
        only_reads = self._whole.analyze().tags.keys() <= _READING_TAGS
        for node in self._whole.nodes:
            if isinstance(node, ContentNode):
                self.constants[-1] += _with_line_ends(node.text)
                self._room -= len(node.text.encode())
            else:
                path = _path(node) if only_reads else None
                self.holes.append(path or self._whole.env.template_class(self._whole.env, [node]))
                self.constants.append("")

    def fill(self, values: Mapping[str, Any]) -> list[str]:
        """What stands in the holes for one person; lines end in ``\\n``, as in all that Liquid renders.

        :raises Refused: as :func:`template.render` does.
        """
        try:
            texts = self._texts(values)
            if sum([len(text.encode()) for text in texts]) > self._room:
                raise OutputStreamLimitError("output stream limit reached", token=None)
        except LiquidError:
            # Rendered as a whole, it is refused with a sentence that names the line.
            template.render(self._whole, values, self._field)
            raise
        return texts

    def render(self, values: Mapping[str, Any]) -> str:
        """The whole text for one person.

        :raises Refused: as :func:`template.render` does.
        """
        return "".join(woven(self.constants, self.fill(values)))

    def _texts(self, values: Mapping[str, Any]) -> list[str]:
        texts: list[str] = []
        read: dict[tuple[str, ...], str] = {}
        context = buffer = None
        for hole in self.holes:
            if isinstance(hole, tuple):
                if hole not in read:
                    read[hole] = _with_line_ends(to_liquid_string(_value(values, hole), self._escape))
                texts.append(read[hole])
                continue
            if context is None or buffer is None:
                context = self._whole.context_class(self._whole, globals=self._whole.make_globals(values))
                buffer = context.get_buffer()
            hole.render_with_context(context, buffer)
            texts.append(buffer.getvalue())
            buffer.seek(0)
            buffer.truncate()
        return texts


def woven(constants: list[AnyStr], holes: list[AnyStr]) -> list[AnyStr]:
    """Both in turn, beginning and ending with a constant."""
    pieces = constants + holes
    pieces[::2], pieces[1::2] = constants, holes
    return pieces


def _path(node: Node) -> tuple[str, ...] | None:
    """The names in ``{{ name.name }}``; None where more is needed than to look them up."""
    expression = node.expression if isinstance(node, OutputNode) else None
    if not isinstance(expression, FilteredExpression) or expression.filters or not isinstance(expression.left, Path):
        return None
    names = [name for name in expression.left.path if isinstance(name, str)]
    if len(names) < len(expression.left.path) or names[0] in _LIQUIDS_ROOTS or not _LIQUIDS_NAMES.isdisjoint(names[1:]):
        return None
    return tuple(names)


def _value(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = values
    try:
        for name in path:
            value = value[name]
    except (KeyError, TypeError):
        return ""
    return value


def _with_line_ends(text: str) -> str:
    return _LINE_END.sub("\n", text) if "\r" in text else text
