"""With whose data a newsletter is previewed and tried: a person's chosen by search, or made-up ones (W45)."""

from __future__ import annotations

from ..directory import partners, people
from ..directory.people import Person, PersonKey
from ..newsletter.message import variables
from ..plugin import plugin

MOST = 10
"""People a search shows."""


def example() -> Person:
    """A made-up person, who has a value for every variable."""
    facts = variables.examples(plugin().shop)
    return Person(
        PersonKey("example", ""), facts["email"], facts["phone"], facts["first_name"], facts["last_name"],
        None, True, True, True, facts["company"], facts,
    )  # fmt: skip


def chosen(written: str) -> Person:
    """The person written as "contact:17"; the made-up one for others, and for whoever may not see anybody's data."""
    kind, _separator, ref = written.partition(":")
    wired = plugin()
    may = ref and wired.access.can("personal_data.view")
    found = people.get(wired.session, wired.shop, PersonKey(kind, ref)) if may else None
    return found or example()


def found(words: str) -> list[Person]:
    """The first people found by name, address or company, those first who match themselves."""
    wired, words = plugin(), words.replace("\0", " ")
    if not words.strip() or not wired.access.can("personal_data.view"):
        return []
    members = partners.search(wired.session, wired.shop, words, limit=MOST)
    keys = list(dict.fromkeys(key for member in members for key in member.people))
    there = people.find(wired.session, wired.shop, keys)
    wanted = words.casefold().split()

    def is_other(person: Person) -> bool:
        own = f"{person.name} {person.email}".casefold()
        return not all(word in own for word in wanted)

    return sorted((there[key] for key in keys if key in there), key=is_other)[:MOST]
