"""``flask segments check`` looks through the shop's data and tells what would go wrong later."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, union_all

from tests.shops import Shop
from webshop_segments import SQLAlchemyShop
from webshop_segments.directory import wiring


def sentences(shop: Shop, **answers: Any) -> list[str]:
    """What is told, serious things marked."""
    wired = shop.plugin.shop
    if answers:
        wired = SQLAlchemyShop(**({"contacts": wired.contacts(), "partners": wired.partners()} | answers))
    return [("! " if f.serious else "") + f.sentence for f in wiring.findings(shop.session, wired)]


@pytest.fixture
def filled(shop: Shop) -> Shop:
    shop.customer("ada@example.com", locale="de")
    shop.customer("ADA@example.com", locale="en_GB")
    shop.customer("nobody at all")
    shop.customer("   ")
    shop.customer(None)
    return shop


def test_a_right_wiring_tells_what_there_is(filled: Shop) -> None:
    assert sentences(filled) == [
        "5 contacts of 5 partners.",
        "E-mail: 2 contacts without, 1 addresses cannot be written to, 1 are shared.",
        "Languages: de, en_GB.",
        "Facts offered as variables: birthday.",
    ]


def test_an_empty_shop_is_right(shop: Shop) -> None:
    assert sentences(shop)[0] == "0 contacts of 0 partners."


def test_refs_that_occur_twice_are_serious(filled: Shop) -> None:
    twice = filled.plugin.shop.contacts().subquery()
    doubled = select(union_all(select(twice), select(twice)).subquery())
    told = sentences(filled, contacts=doubled)
    assert told[0] == "! contacts(): 5 values of (contact_ref, partner_ref) occur more than once."

    twice = filled.plugin.shop.partners().subquery()
    doubled = select(union_all(select(twice), select(twice)).subquery())
    assert sentences(filled, partners=doubled)[0] == "! partners(): 5 values of (partner_ref) occur more than once."


def test_contacts_without_or_with_an_unknown_partner_are_serious(filled: Shop) -> None:
    filled.session.add(filled.Customer(id=filled.key(), email="free@example.com"))
    filled.session.flush()
    assert "! contacts(): 1 rows have no partner_ref." in sentences(filled)

    bikes = filled.plugin.shop.partners().where(filled.Company.name.ilike("%ada%"))
    told = sentences(filled, partners=bikes)
    assert "! 3 contacts have a partner_ref that partners() does not know." in told


def test_a_shop_without_languages_is_told_so(filled: Shop) -> None:
    rows = filled.plugin.shop.contacts().subquery()
    plain = select(*(column for column in rows.c if column.name != "locale"))
    assert "contacts() has no locale: a newsletter's language leaves nobody out." in sentences(filled, contacts=plain)


def test_the_command_says_that_all_is_right(filled: Shop) -> None:
    filled.session.commit()
    result = filled.app.test_cli_runner().invoke(args=["segments", "check"])
    assert result.exit_code == 0
    assert result.output.endswith("The wiring is right.\n")
    assert "5 contacts of 5 partners." in result.output


def test_the_command_fails_where_something_is_serious(filled: Shop) -> None:
    filled.session.add(filled.Customer(id=filled.key(), email="free@example.com"))
    filled.session.commit()
    result = filled.app.test_cli_runner().invoke(args=["segments", "check"])
    assert result.exit_code == 1
    assert "1 rows have no partner_ref." in result.output
    assert "Error: The wiring needs mending." in result.output
