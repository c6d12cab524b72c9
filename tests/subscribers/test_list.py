"""The list of everyone who agreed: newest choice first, filtered, page by page, one person in one place (W30)."""

from __future__ import annotations

import pytest

from tests.consent.deeds import Someone, someone
from tests.segments.lists import subscriber
from tests.shops import Shop, Statements
from webshop_segments.directory import people as directory
from webshop_segments.directory.addresses import address
from webshop_segments.directory.models import Subscriber
from webshop_segments.directory.people import SUBSCRIBER, PersonKey
from webshop_segments.segments import audience
from webshop_segments.segments.audience import Choice
from webshop_segments.subscribers import kinship, listing, search
from webshop_segments.subscribers.listing import Wanted

pytestmark = pytest.mark.rule("W30")


def guest(shop: Shop, email: str, kind: str = "guest_order", **values: str) -> Someone:
    """A person without account."""
    key = address(shop.plugin.keys, "email", email, "DE").key
    row = Subscriber(type=kind, email=email, email_key=key, **values)
    shop.session.add(row)
    shop.session.flush()
    return Someone(shop, PersonKey(SUBSCRIBER, str(row.id)), email)


def listed(shop: Shop, size: int = 50, **wanted: str) -> list[PersonKey]:
    """Everybody in the list, gathered page by page."""
    narrowed = Wanted.read(wanted)
    found = [key for some in listing.everyone(shop.session, narrowed, size) for key in some]
    assert listing.total(shop.session, narrowed) == len(found)
    return found


def searched(shop: Shop, typed: str, size: int = 50, **wanted: str) -> list[PersonKey]:
    return [
        key
        for some in search.everyone(shop.session, shop.plugin.shop, typed, Wanted.read(wanted), size)
        for key in some
    ]


def test_everyone_who_ever_agreed_is_listed_whatever_became_of_it(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada, bo = someone(shop, "ada@example.com"), guest(shop, "bo@example.com")
    never, without = someone(shop, "never@example.com"), subscriber(shop, "none@example.com")
    ada.give()
    ada.withdraw()
    bo.request()

    assert listed(shop) == [bo.key, ada.key]
    assert listed(shop, sort="oldest") == [ada.key, bo.key]
    assert never.key not in listed(shop)
    assert PersonKey(SUBSCRIBER, str(without.id)) not in listed(shop)


def test_a_person_with_several_channels_is_listed_once_by_the_last_choice(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada, bo = someone(shop, "ada@example.com"), someone(shop, "bo@example.com")
    ada.give()
    bo.give()
    ada.give("sms")

    assert listed(shop) == [ada.key, bo.key]
    assert listed(shop, channel="email") == [bo.key, ada.key]
    assert listed(shop, channel="sms") == [ada.key]


def test_the_list_is_narrowed_by_channel_state_and_type(shop: Shop) -> None:
    shop.publish("email")
    ada, bo, cy = (
        someone(shop, "ada@example.com"),
        guest(shop, "bo@example.com"),
        guest(shop, "cy@example.com", "import"),
    )
    di = guest(shop, "di@example.com", "signup")
    for one in (ada, bo, cy):
        one.give()
    shop.publish("email", change="material")
    cy.withdraw()
    di.give()

    assert listed(shop, status="granted") == [di.key]
    assert listed(shop, status="needs_renewal") == [bo.key, ada.key]
    assert listed(shop, status="withdrawn") == [cy.key]
    assert [listed(shop, type=kind) for kind in listing.TYPES] == [[ada.key], [di.key], [bo.key], [cy.key]]
    assert listed(shop, type="guest_order", status="needs_renewal", channel="email") == [bo.key]
    assert listed(shop, type="pigeon", status="?", channel="\0") == listed(shop)


@pytest.mark.parametrize("sort", ["", "oldest"])
def test_pages_follow_each_other_without_gap_or_repetition(shop: Shop, sort: str) -> None:
    shop.publish("email", "sms")
    people = [someone(shop, f"p{number}@example.com") for number in range(7)]
    for one in people:
        one.give()
        one.give("sms")

    found = listed(shop, size=2, sort=sort)

    assert found == [one.key for one in (people if sort else reversed(people))]


def test_a_page_asks_for_the_same_few_rows_wherever_it_stands(shop: Shop) -> None:
    shop.publish()
    for number in range(30):
        someone(shop, f"p{number}@example.com").give()
    first = listing.page(shop.session, Wanted(), size=10)
    assert first.next is not None

    with Statements(shop.plugin.engine) as asked:
        second = listing.page(shop.session, Wanted(), first.next, size=10)

    assert len(asked.texts) == 1
    assert "record_id < " in asked.texts[0]
    assert not set(first.people) & set(second.people)
    assert listing.total(shop.session, Wanted(), most=20) == 21


def test_an_address_that_gets_an_account_is_one_person_and_gets_one_mail(shop: Shop) -> None:
    shop.publish()
    before = guest(shop, "ada@example.com", "signup")
    before.give()
    account = someone(shop, "Ada@Example.com")
    account.give()

    assert listed(shop) == [account.key]
    assert listed(shop, type="signup") == [before.key]
    kin = kinship.relatives(
        shop.session,
        shop.plugin,
        directory.find(shop.session, shop.plugin.shop, [account.key, before.key]).values(),
    )
    assert kin == {account.key: [before.key], before.key: [account.key]}
    counts = audience.counts(shop.session, shop.plugin.shop, Choice("email", everybody=True))
    assert counts == {None: 1, "duplicate": 1}


def test_an_account_that_never_agreed_is_still_known_to_be_the_same_person(shop: Shop) -> None:
    shop.publish()
    before = guest(shop, "ada@example.com")
    before.give()
    account = someone(shop, "ADA@example.com ")

    assert listed(shop) == [before.key]
    found = directory.find(shop.session, shop.plugin.shop, [before.key])
    assert kinship.relatives(shop.session, shop.plugin, found.values()) == {before.key: [account.key]}


def test_a_consent_that_only_the_row_without_account_holds_is_found_by_its_state(shop: Shop) -> None:
    shop.publish()
    before, account = guest(shop, "ada@example.com"), someone(shop, "ada@example.com")
    account.give()
    account.withdraw()
    before.give()

    assert listed(shop, status="granted") == [before.key]
    assert listed(shop, status="withdrawn") == [account.key]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("augusta", ["ada"]),
        ("king augusta", ["ada"]),
        ("bikes", ["ada"]),
        ("example.com", ["ada", "bo"]),
        ("0151 234567", ["ada"]),
        ("+49 151/234567-89", ["ada"]),
        ("1709", ["bo"]),
        ("%", []),
        ("nobody", []),
        ("Müll", ["bo"]),
        ("----", []),
    ],
)
def test_people_are_searched_by_name_address_phone_and_company(shop: Shop, typed: str, found: list[str]) -> None:
    shop.publish()
    company = shop.company("Bikes Ltd")
    ada = someone(shop, "ada@example.com", first_name="Augusta", last_name="King", company=company)
    bo = guest(shop, "bo@example.com", phone="0170 9876543", last_name="Müller")

    assert searched(shop, typed) == [{"ada": ada.key, "bo": bo.key}[name] for name in found]


def test_a_search_is_narrowed_too_and_goes_on_page_by_page(shop: Shop) -> None:
    shop.publish()
    accounts = [someone(shop, f"p{number}@example.com") for number in range(5)]
    guests = [guest(shop, f"g{number}@example.com") for number in range(4)]
    for one in (*accounts[:2], guests[0]):
        one.give()

    assert set(searched(shop, "example", size=2)) == {one.key for one in (*accounts, *guests)}
    assert len(searched(shop, "example", size=2)) == 9
    assert set(searched(shop, "example", status="granted")) == {accounts[0].key, accounts[1].key, guests[0].key}
    assert searched(shop, "example", type="guest_order", status="granted") == [guests[0].key]
    assert len(searched(shop, "example", type="account")) == 5


def test_an_exact_address_is_found_however_the_shop_writes_it(shop: Shop) -> None:
    shop.publish("email", "sms")
    ada = someone(shop, "Ada@Example.com")
    ada.give("sms")

    for typed in (" 0151 23456789", "+49 (0)151 23456789"):
        assert search.holders(shop.session, shop.plugin.keys, typed, "DE") == [ada.key]
    assert search.holders(shop.session, shop.plugin.keys, "ada", "DE") == []
