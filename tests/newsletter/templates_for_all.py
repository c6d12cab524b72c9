"""Strategies: Liquid templates that use whatever Liquid has, and people whose data is as bad as data gets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.newsletter.drafts import recipient

_LITERALS = [
    "Dear ",
    "\n.\n..\n",
    ".",
    "\r\n",
    " \n\t\r\n",
    "\n\n",
    "Grüße, Größe = 7 €\n",
    "🚲" * 30,
    "ä" * 40,
    "https://shop.example/?a=1&b=2",
    "x" * 300,
    "." * 160,
    "From here\n--=_webshop_segments\n-- \n",
    '<p class="a">&amp; <b>',
    "{ } %",
    " \x0b\x0c\x1c\x85\u2028\0",
]

_PATHS = [
    "first_name",
    "last_name",
    "name",
    "company",
    "email",
    "phone",
    "wss_unsubscribe_url",
    "fact",
    "other",
    "missing",
    "is_active",
    "partner",
    "partner.city",
    "partner.missing.deep",
    "partner.size",
    "partner.first",
    "fact.size",
    "fact.first",
    "fact.last",
    "fact[0]",
    'partner["city"]',
    "partner[key]",
    "[key]",
    "partial",
    "forloop.index",
    "mine",
    "count",
]

_FILTERS = ["upcase", "default: 'friend'", "append: '='", "escape", "size", "split: ' '", "first", "times: 2"]
_FILTERS += ["strip", "newline_to_br", "truncate: 5", "join: ', '", "reverse", "plus: 1", "url_encode", "map: 'a'"]

_TAGS = [
    "assign mine = fact",
    "assign first_name = 'Eve'",
    "assign partner = 'none'",
    "increment count",
    "decrement count",
    "increment fact",
    "cycle 'a', fact, 'c'",
    "cycle 'a', 'b'",
    "cycle first_name: 'a', 'b'",
    "echo fact | upcase",
    "echo first_name",
    "comment %}{{ fact }}{% endcomment",
    "raw %}{{ fact }}{% endraw",
    "# a note",
    "liquid assign mine = 7\n echo mine\n increment count",
    "doc %}nothing{% enddoc",
    "break",
    "continue",
]

_BLOCKS = [
    ("if fact", "endif"),
    ("if first_name == 'Ada' and partner.city", "endif"),
    ("unless other", "endunless"),
    ("case fact %}{% when 7 %}seven{% else", "endcase"),
    ("for one in partner", "endfor"),
    ("for one in fact", "endfor"),
    ("for one in (1..3)", "endfor"),
    ("for one in (1..4) limit: 2", "endfor"),
    ("for one in (1..4) offset: continue", "endfor"),
    ("tablerow one in (1..3) cols: 2", "endtablerow"),
    ("capture mine", "endcapture"),
    ("ifchanged", "endifchanged"),
]

_text = st.one_of(
    st.sampled_from(_LITERALS),
    st.text(alphabet="abcäß €.=\n\t<&'\"-_🚲", max_size=40),
)


@st.composite
def _outputs(draw: st.DrawFn) -> str:
    filters = draw(st.lists(st.sampled_from(_FILTERS), max_size=2)) if draw(st.booleans()) else []
    inside = " | ".join([draw(st.sampled_from(_PATHS)), *filters])
    return draw(st.sampled_from(["{{ %s }}", "{{%s}}", "{{- %s }}", "{{ %s -}}", "{{- %s -}}"])) % inside


@st.composite
def _tags(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["{%% %s %%}", "{%%- %s -%%}"])) % draw(st.sampled_from(_TAGS))


def _blocks(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def block(tags: tuple[str, str], texts: list[str], dash: str) -> str:
        opening, closing = tags
        return f"{{%{dash} {opening} {dash}%}}{''.join(texts)}{{%{dash} {closing} {dash}%}}"

    return st.builds(block, st.sampled_from(_BLOCKS), st.lists(inside, max_size=4), st.sampled_from(["", "-"]))


templates = st.lists(
    st.one_of(_text, _outputs(), st.recursive(st.one_of(_text, _outputs(), _tags()), _blocks, max_leaves=6)),
    min_size=1,
    max_size=9,
).map("".join)
"""Mostly valid; what cannot be parsed is for the test to leave aside."""

_names = st.one_of(
    st.sampled_from(
        [
            "",
            "Ada",
            "Jörg",
            'Ada "the Count" Byron',
            "O'Neill, Dr. (med.)",
            "back\\slash",
            "=?utf-8?q?=0ABcc:?=",
            "=\0?utf-8?b?eA==?=",
            "Eve\r\nBcc: all@example.com",
            "\u202eevil\u202c \u200fשלום",
            "🚲👩\u200d👩\u200d👧" * 9,
            "Länge" * 30,
            "Length" * 30,
            " many   words " * 12,
            ".dot. first.",
            "{{ 7 | times: 7 }}<b>&amp;",
            "a@b.example",
            "\x7f\x0b\x85\u2028",
            "nbsp\xa0ideographic\u3000",
        ]
    ),
    st.text(max_size=30),
)

_values: st.SearchStrategy[Any] = st.one_of(
    _names,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from([7, Decimal("19.90"), Decimal("1E+5"), date(2026, 2, 28), datetime(2026, 2, 28, tzinfo=UTC)]),
    st.sampled_from([["a", "b"], ("a",), {"a": 1}, b"raw", "first_name", "city"]),
)

_facts = st.fixed_dictionaries(
    {"partner": st.fixed_dictionaries({}, optional={"city": _values, "key": _values, "is_active": st.booleans()})},
    optional={"fact": _values, "other": _values, "key": _values, "is_active": st.booleans(), "count": _values},
)

everybody = st.builds(recipient, facts=_facts, first_name=_names, last_name=_names, company=_names)
"""Recipients, whose names and facts are whatever a shop's columns may hold."""
