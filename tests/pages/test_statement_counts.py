"""No page asks the database more often because there is more to show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from flask.testing import FlaskClient

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop, Statements, make_shop
from tests.subscribers.files import PROOF, proven, upload
from webshop_segments import storefront
from webshop_segments.access import COMMAND_LINE
from webshop_segments.administration import accounts
from webshop_segments.administration.own import OwnAdministrators
from webshop_segments.consent import versions
from webshop_segments.directory.partners import MemberKey
from webshop_segments.newsletter.models import Newsletter
from webshop_segments.segments import members
from webshop_segments.segments.models import Segment
from webshop_segments.subscribers.models import ImportRow

LISTS = """
/
/segments
/segments?counted=1
/segments?q=bikers
/segments?after=1
/segments/1
/segments/1?counted=1
/segments/1/reach
/segments/1?q=company
/segments/1?sort=name
/segments/1?kind=subscriber
/segments/1?after=1
/segments/1/search?q=example
/segments/1/members/remove?id=1&id=2
/segments/1/members/remove?all=1
/call-lists
/call-lists/1
/subscribers
/subscribers?q=example
/subscribers?type=contact
/subscribers?count=all
/people
/people/contact/1
/newsletters
/newsletters?q=spring
/newsletters?channel=sms
/newsletters/1
/newsletters/1/send
/newsletters/1/send?segment=1&segment=2
/newsletters/1/confirm?audience=all
/newsletters/1/confirm?audience=segments&segment=1&segment=2
/newsletters/1/confirm/reach?audience=all
/newsletters/1/confirm/reach?audience=segments&segment=1&segment=2
/newsletters/1/sendings
/newsletters/readers?person_q=example
/dispatches/1
/dispatches/1?status=sent
/dispatches/1?status=skipped
/dispatches/1/follow
/dispatches/1/follow/reach
/consents
/consents/1
/consents/publish
/imports
/imports/1
/administrators
/administrators/1
/history
/history?action=segment
/mail-account
"""
"""Every page that shows several of something, and its searches and filters."""

ONE_THING = """
add_administrator add_found_members add_newsletter add_segment block_administrator delete_administrator
delete_newsletter delete_segment delete_subscriber edit_newsletter edit_subscriber import_columns invite_administrator
preview_draft preview_newsletter remove_mail_account rename_segment unblock_administrator
accept_invitation forgot_password login reset_password static
"""
"""Pages about one thing, forms and questions: they show no rows."""

EMAIL, PASSWORD = "main@example.com", "correct horse battery"

PART = {"HX-Request": "true"}

_number = count(1)


@pytest.fixture
def shop(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    """A shop whose administrators are the plugin's own."""
    made = make_shop(database_url, schema=host_schema, access=OwnAdministrators())
    with made.app.app_context():
        accounts.create_main(made.session, EMAIL, PASSWORD, COMMAND_LINE)
        made.session.commit()
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


def grow(shop: Shop, by: int) -> None:
    """More of everything: people, companies, segments, newsletters, sendings, versions, imports, administrators."""
    for _turn in range(by):
        shop.publish("email", "sms", "phone", change=versions.MATERIAL)
        storefront.give_sample(1, ["email", "sms", "phone"])
        number = next(_number)
        person = shop.agreed(f"p{number}@example.com", "email", "sms", "phone", phone=f"+49151234568{number:02d}")
        shop.customer(f"never{number}@example.com", shop.company(f"Company {number}"))
        reader = subscriber(shop, f"reader{number}@example.com")
        keys = [partner(person), subscribed(reader)]
        members.add(shop.session, shop.plugin.shop, _first(shop), keys, ANNA)
        made = segment(shop, f"Bikers {number}", *keys)
        accounts.create(shop.session, f"admin{number}@example.com", ANNA)
        newsletter = shop.newsletter(name=f"Spring {number}")
        shop.newsletter("sms", name=f"Sale {number}")
        shop.send(newsletter, made.id)
        shop.send(shop.session.get(Newsletter, 1) or newsletter)
        upload(shop, PROOF + proven(f"mia{number}@example.com"), f"{number}.csv")
        line = {"verdict": "granted", "values": {"email": f"ida{number}@example.com"}}
        shop.session.add(ImportRow(import_id=1, line=100 + number, **line))
    shop.session.commit()
    shop.work()


def _first(shop: Shop) -> Segment:
    return shop.session.get(Segment, 1) or segment(shop, "Bikers", MemberKey("partner", str(shop.company().id)))


def statements(shop: Shop, client: FlaskClient, path: str) -> int:
    shop.session.rollback()
    with Statements(shop.plugin.engine) as asked:
        answer = client.get(f"/marketing{path}", headers=PART if path.endswith("/sendings") else {})
    assert answer.status_code == 200 or path == "/", f"{path}: {answer.status}"
    return len(asked.texts)


def test_no_page_asks_more_often_for_more_rows(shop: Shop, client: FlaskClient) -> None:
    client.post("/marketing/login", data={"email": EMAIL, "password": PASSWORD})
    shop.publish("email", "sms", "phone")
    shop.agreed("ada@example.com", "email", "sms", "phone", phone="+4915123456701")
    grow(shop, 2)
    few = {path: statements(shop, client, path) for path in LISTS.split()}
    grow(shop, 6)
    many = {path: statements(shop, client, path) for path in LISTS.split()}
    assert {path: (few[path], number) for path, number in many.items() if number > few[path]} == {}


@pytest.mark.once
def test_every_page_is_walked_or_known_to_show_one_thing(shop: Shop) -> None:
    adapter = shop.app.url_map.bind("shop.example")
    walked = {adapter.match(f"/marketing{path.partition('?')[0]}", method="GET")[0] for path in LISTS.split()}
    pages = {
        rule.endpoint
        for rule in shop.app.url_map.iter_rules()
        if rule.endpoint.startswith("wss_admin.") and "GET" in (rule.methods or ())
    }
    assert pages == walked | {f"wss_admin.{name}" for name in ONE_THING.split()}
