"""An object for every part of an address, and all requests that can be made to the admin pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule

from tests.segments.lists import partner, segment, subscribed, subscriber
from tests.shops import ANNA, Shop, Staff, make_shop
from webshop_segments.access import COMMAND_LINE
from webshop_segments.administration import accounts
from webshop_segments.administration.models import Audit
from webshop_segments.administration.own import OwnAdministrators
from webshop_segments.segments import members
from webshop_segments.segments.models import Segment, SegmentMember

FIRST, LAST, COMPANY = "Quendoline", "Xaverbruck", "Zirkonwerk"
EMAIL, PHONE, STREET = "quendoline.x@mail.example", "+4915158749361", "Krummzirkelgasse 7"
ALONE, PHONE_ALONE = "Ottokarine", "+4915163298517"
EMAIL_ALONE = "ottokarine.w@mail.example"

IMPORTED = "email;first_name;last_name\nfridoline.i@mail.example;Fridoline;Importhaus\n"
MAIL_ACCOUNT = {
    "sender_name": "Test shop",
    "sender_address": "news@shop.example",
    "server": "mail.shop.example",
    "port": "587",
    "security": "starttls",
}

SECRETS = (FIRST, LAST, COMPANY, EMAIL, PHONE, PHONE[5:], STREET, ALONE, EMAIL_ALONE, PHONE_ALONE, PHONE_ALONE[5:],
           "Fridoline", "Importhaus", "fridoline.i")  # fmt: skip
"""No page may show these to whoever must not see names and addresses."""


class Panel(Staff, OwnAdministrators):
    """The plugin's own administrators, with flags that a test gives and takes."""


def make_panel(database_url: str, schema: str | None, *, csrf: bool) -> Shop:
    """A shop in which every admin page there is can be opened."""
    panel = Panel()
    made = make_shop(database_url, schema=schema, csrf=csrf, access=panel)
    made.staff = panel
    return made


@dataclass(frozen=True)
class Request:
    """One method of one route, with an address that exists."""

    method: str
    url: str
    flag: str
    endpoint: str


def examples(shop: Shop, client: FlaskClient | None = None) -> dict[str, Any]:
    """Furnish a shop with one of everything; the values of the addresses' parts by name.

    A route that needs another value gets it here: ``endpoint:name`` is for one route only, and so is ``endpoint?``,
    what its address goes on with.

    :param client: somebody logged in who may do everything, where not everybody may.
    """
    client = client or shop.app.test_client()
    shop.publish("email", "sms", "phone")
    company = shop.company(COMPANY, city=STREET)
    person = shop.agreed(EMAIL, "email", "sms", "phone", company=company, phone=PHONE, phone_verified=True,
                         first_name=FIRST, last_name=LAST)  # fmt: skip
    alone = subscriber(shop, EMAIL_ALONE, phone=PHONE_ALONE, first_name=ALONE, last_name="Wendelspiel")
    made = segment(shop, "Regulars", partner(person), subscribed(alone))
    members.add(shop.session, shop.plugin.shop, made, [partner(shop.customer("b@mail.example"))], ANNA)
    put_back = _removed(shop, made)
    newsletter = shop.newsletter()
    dispatch = shop.send(newsletter)
    shop.work()
    accounts.create_main(shop.session, "anna@shop.example", None, COMMAND_LINE)
    one = accounts.create(shop.session, "example@shop.example", COMMAND_LINE)
    shop.session.commit()
    _press(shop, client, "imports", file=(BytesIO(IMPORTED.encode()), "subscribers.csv"))
    _press(shop, client, "mail-account", **MAIL_ACCOUNT)
    return {
        "administrator_id": one.id,
        "channel": "email",
        "dispatch_id": dispatch.id,
        "event_id": put_back,
        "kind": "contact",
        "newsletter_id": newsletter.id,
        "number": 1,
        "ref": str(person.id),
        "segment_id": made.id,
        "wss_admin.add_found_members?": f"?q={COMPANY[:4]}",
        "wss_admin.delete_subscriber:kind": "subscriber",
        "wss_admin.delete_subscriber:ref": str(alone.id),
        "wss_admin.edit_subscriber:kind": "subscriber",
        "wss_admin.edit_subscriber:ref": str(alone.id),
    }


def requests(shop: Shop, values: dict[str, Any]) -> list[Request]:
    """Every method of every admin route that asks for a permission."""
    found = [request for rule in admin_rules(shop) for request in _of(shop, rule, values)]
    assert len(found) > 100
    return found


def admin_rules(shop: Shop) -> list[Rule]:
    """The admin routes, without the files."""
    rules = sorted(shop.app.url_map.iter_rules(), key=str)
    return [rule for rule in rules if rule.endpoint.startswith("wss_admin.") and not rule.endpoint.endswith(".static")]


def address(rule: Rule, values: dict[str, Any]) -> str:
    """A rule's address with an example in each of its parts."""
    parts = {name: _value(rule, name, values) for name in rule.arguments}
    built = rule.build(parts)
    assert built is not None, rule
    return built[1] + str(values.get(f"{rule.endpoint}?", ""))


def _of(shop: Shop, rule: Rule, values: dict[str, Any]) -> Iterator[Request]:
    flag = getattr(shop.app.view_functions[rule.endpoint], "permission", None)
    if flag is not None:
        for method in sorted(rule.methods or ()):
            yield Request(method, address(rule, values), flag, rule.endpoint)


def _value(rule: Rule, name: str, values: dict[str, Any]) -> Any:
    choice = sorted(getattr(rule._converters[name], "items", ()))
    given = values.get(f"{rule.endpoint}:{name}", choice[0] if choice else values.get(name))
    if given is None:
        pytest.fail(
            f"{rule.rule} needs an example for <{name}>: let examples() in tests/pages/examples.py make the object "
            f"and return its key as “{name}”."
        )
    return given


def _press(shop: Shop, client: FlaskClient, path: str, **data: Any) -> None:
    """Fill in a form of the panel, whose token nobody looks at for once."""
    kept = shop.app.config["WTF_CSRF_ENABLED"]
    shop.app.config["WTF_CSRF_ENABLED"] = False
    answer = client.post(f"/marketing/{path}", data=data)
    shop.app.config["WTF_CSRF_ENABLED"] = kept
    assert (answer.status_code, "login" in answer.location) == (303, False), f"{path} answered {answer.status}"


def _removed(shop: Shop, made: Segment) -> int:
    """The last member of a segment is taken out; the event to put it back by."""
    mine = select(func.max(SegmentMember.id)).where(SegmentMember.segment_id == made.id)
    members.remove(shop.session, made, [shop.session.scalars(mine).one()], ANNA)
    shop.session.flush()
    return shop.session.scalars(select(func.max(Audit.id))).one()
