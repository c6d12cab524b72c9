"""A cut template says what Liquid says of the whole one, and leaves to Liquid only what needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.newsletter.drafts import compiled, plain_text, plain_values, recipient
from tests.newsletter.templates_for_all import everybody, templates
from webshop_segments import Refused
from webshop_segments.newsletter.message.compiled import Recipient, variables
from webshop_segments.newsletter.message.cutting import CutTemplate

pytestmark = pytest.mark.once

PERSON = {"first_name": "Ada", "fact": "a & b", "partner": {"city": "Köln"}}


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=templates, to=everybody, escape=st.booleans())
def test_it_says_what_liquid_says(source: str, to: Recipient, escape: bool) -> None:
    given = plain_values(compiled(), to)
    values = variables.of_person(to.person, wss_unsubscribe_url=given["wss_unsubscribe_url"])
    cut = _outcome(lambda: CutTemplate(source, escape=escape).render(values))
    assert cut == _outcome(lambda: plain_text(source, given, escape=escape))


def _outcome(render: Callable[[], str]) -> str:
    try:
        return render()
    except Refused as refusal:
        return f"Refused: {refusal}"


def test_plain_variables_are_looked_up_without_liquid() -> None:
    source = "Dear {{ first_name }},\r\n{{ partner.city }} {%- # note -%} {{ missing }}{{ partner['city'] }}"
    cut = CutTemplate(source.replace("{%- # note -%}", ""), escape=True)
    assert cut.holes == [("first_name",), ("partner", "city"), ("missing",), ("partner", "city")]
    assert cut.constants == ["Dear ", ",\n", "  ", "", ""]
    assert cut.fill(PERSON) == ["Ada", "Köln", "", "Köln"]


@pytest.mark.parametrize(
    "hole",
    [
        "{{ first_name | upcase }}",
        "{{ partner.size }}",
        "{{ partner.first }}",
        "{{ partner.last }}",
        "{{ partner[fact] }}",
        "{{ now }}",
        "{{ 'word' }}",
        "{% if fact %}{{ fact }}{% endif %}",
        "{% for one in partner %}{{ one }}{% endfor %}",
    ],
)
def test_the_rest_is_left_to_liquid_and_only_the_rest(hole: str) -> None:
    cut = CutTemplate(f"Dear {{{{ first_name }}}}, {hole}\nBye", escape=False)
    assert cut.constants == ["Dear ", ", ", "\nBye"]
    assert [isinstance(each, tuple) for each in cut.holes] == [True, False]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ first_name }}{% assign first_name = 'Eve' %}{{ first_name }}", "AdaEve"),
        ("{% if fact %}{% capture fact %}x{% endcapture %}{% endif %}{{ fact }}", "x"),
        ("{{ count }}{% increment count %}{{ count }}{% increment count %}", "011"),
        ("{% liquid assign fact = 1 %}{{ fact }}", "1"),
        ("{% cycle 'a', 'b' %}{{ first_name }}{% cycle 'a', 'b' %}", "aAdab"),
        (
            "{% for i in (1..4) limit: 2 %}{{ i }}{% endfor %}{% for i in (1..4) offset: continue %}-{% endfor %}",
            "12--",
        ),
        ("{% ifchanged %}{{ fact }}{% endifchanged %}{% ifchanged %}{{ fact }}{% endifchanged %}", "a & b"),
    ],
)
def test_what_one_node_remembers_is_there_for_the_next(source: str, text: str) -> None:
    assert CutTemplate(source, escape=False).render(PERSON) == text == plain_text(source, PERSON)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{{ first_name }}" * 200, "becomes far too long"),
        ("{{ first_name }}" * 10 + "x" * 490_000, "becomes far too long"),
        ("{% for i in (1..5000) %}{{ first_name }}{% endfor %}", "becomes far too long"),
        ("{% for i in (1..4000) %}{{ fact }}{% endfor %}" * 40, "becomes far too long"),
        ("{% for i in (1..5001) %}{% endfor %}", "without end"),
        ("\n{{ fact | plus: 1 | date: 'x', 'y' }}", "Line 2 cannot be read"),
        ("{{ first_name }}\n\n{% break %}", "Line 3 cannot be read"),
    ],
)
def test_whatever_is_refused_whole_is_refused_in_pieces(source: str, sentence: str) -> None:
    values = PERSON | {"first_name": "Ada" * 1000}
    with pytest.raises(Refused, match=sentence):
        plain_text(source, values)
    with pytest.raises(Refused, match=sentence) as refused:
        CutTemplate(source, escape=False, field="subject").fill(values)
    assert refused.value.field == "subject"


class Watched(Mapping[str, Any]):
    """Facts that say which of them were looked at."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts, self.seen = facts, set[str]()

    def __getitem__(self, name: str) -> Any:
        self.seen.add(name)
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def test_only_what_a_template_uses_is_read() -> None:
    facts = Watched({"city": "Köln", "birthday": "1 May", "points": 7, "partner": {"name": "Bikes"}})
    to = recipient(facts=facts)
    body = "{{ city }} {% if points > 3 %}{{ first_name }}{% endif %}"
    assert b"K=C3=B6ln" in compiled(layout_text=body, layout_html=body).fill(to)
    assert facts.seen == {"city", "points"}
