"""Everything the plugin stores about a person, handed out to her address and to nobody else (GDPR 15, 20)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import inspect, text

from tests.shops import ANNA
from tests.storefront.conftest import Front
from tests.storefront.test_one_click import one_click, token_of
from webshop_segments.directory.partners import MemberKey
from webshop_segments.segments import members, operations

pytestmark = [pytest.mark.rule("W52"), pytest.mark.rule("C46")]

PHONE = "+4915123456789"


def data_link(front: Front) -> str:
    """The path in the newest message about somebody's data."""
    return re.findall(r"https://shop\.example(/\S+/d/\S+)", "\n".join(n.text or "" for n in front.notices))[-1]


def ask(front: Front, customer: Any) -> None:
    answer = front.post(f"/marketing/u/{token_of(front, customer)}/data")
    assert answer.status_code == 303
    assert "sent a link to your data" in front.page(answer.headers["Location"]).words


def downloaded(front: Front, customer: Any) -> dict[str, Any]:
    ask(front, customer)
    answer = front.post(data_link(front))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = json.loads(answer.data)
    return found


@pytest.fixture
def ada(front: Front) -> Any:
    """Somebody of whom every table has something, beside somebody else."""
    shop = front.shop
    ada = shop.customer("ada@example.com", phone=PHONE, email_verified=False)
    front.submit("registration", ada, consent_email="1", consent_sms="1")
    front.post(front.confirmation_link(), environ_base={"REMOTE_ADDR": "203.0.113.9"})
    bob = shop.agreed("bob@example.com")
    segment = operations.add(shop.session, "Regulars", ANNA)
    members.add(shop.session, shop.plugin.shop, segment, [MemberKey("partner", str(ada.company_id))], ANNA)
    members.add(shop.session, shop.plugin.shop, segment, [MemberKey("partner", str(bob.company_id))], ANNA)
    shop.send(shop.newsletter(), control_copy=False)
    shop.work()
    one_click(front, token_of(front, ada))
    return ada


def test_the_file_holds_consents_with_their_texts_and_proofs_messages_and_segments(front: Front, ada: Any) -> None:
    data = downloaded(front, ada)

    assert data["person"]["email"] == "ada@example.com"
    events = [(event["channel"], event["event"], event["source"]) for event in data["consent_history"]]
    assert events == [
        ("email", "requested", "registration"),
        ("sms", "requested", "registration"),
        ("email", "confirmed", "confirmation"),
        ("email", "withdrawn", "one_click"),
    ]
    confirmed = data["consent_history"][2]
    assert confirmed["evidence"]["ip"] == "203.0.113.9"
    assert "commercial information" in confirmed["text"]["statement"]
    assert confirmed["controller"] == "Test shop"
    assert [(message["newsletter"], message["status"]) for message in data["messages"]] == [("Spring", "sent")]
    assert [membership["segment"] for membership in data["segments"]] == ["Regulars"]
    assert [blocked["reason"] for blocked in data["blocked_addresses"]] == ["withdrawn"]
    assert {notice["kind"] for notice in data["system_messages"]} == {"confirmation", "own_data"}
    assert {state["channel"]: state["status"] for state in data["consents_now"]} == {
        "email": "withdrawn",
        "sms": "pending",
    }


def test_nothing_about_her_is_missing_and_nothing_of_others_is_in_it(front: Front, ada: Any) -> None:
    found = json.dumps(downloaded(front, ada))
    keys = [front.shop.plugin.keys.address_key("email", "ada@example.com")]
    keys += [front.shop.plugin.keys.address_key(channel, PHONE) for channel in ("sms", "whatsapp")]
    hers = re.compile("|".join(map(re.escape, ["ada@example.com", PHONE, *keys])))

    # The host's own tables are the host's to hand out.
    tables = [name for name in inspect(front.shop.plugin.engine).get_table_names() if name.startswith("wss_")]
    holding = set()
    for table in tables:
        for row in front.shop.session.execute(text(f"SELECT * FROM {table}")).mappings():
            if hers.search(str(dict(row))):
                holding.add(table)
                mark = row.get("digest") or row.get("message_id") or row.get("address_key") or row.get("record_id")
                assert str(mark) in found, f"a row of {table} is missing"
    assert holding == {
        "wss_consent_evidence",
        "wss_consent_state",
        "wss_delivery",
        "wss_notice",
        "wss_suppression",
    }
    assert "bob@example.com" not in found


def test_a_subscribers_row_is_hers_too(front: Front) -> None:
    form = front.page("/marketing/signup").hidden
    front.post("/marketing/signup", form | {"email": "nora@example.com", "consent_email": "1"})
    front.post(front.confirmation_link())
    front.shop.send(front.shop.newsletter(), control_copy=False)
    front.shop.work()
    content = front.shop.email.sent[-1].content.decode()
    link = re.findall(r"https://shop\.example(/marketing/u/[\w-]+)", content)[0]

    assert front.post(f"{link}/data").status_code == 303
    data = json.loads(front.post(data_link(front)).data)

    assert [(row["type"], row["email"]) for row in data["subscriber"]] == [("signup", "nora@example.com")]
    assert data["messages"]


def test_whoever_got_the_mail_forwarded_learns_nothing_more(front: Front, ada: Any) -> None:
    page = front.page(f"/marketing/u/{token_of(front, ada)}")

    for secret in ("ada@example.com", PHONE, "203.0.113.9", "Young", "Regulars"):
        assert secret not in page.html
    ask(front, ada)
    assert [(notice.kind, notice.address) for notice in front.notices][-1] == ("own_data", "ada@example.com")
    assert front.open("GET", f"/marketing/d/{token_of(front, ada)}").status_code == 410


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_opens_the_link_gets_a_page_and_no_data(front: Front, ada: Any, method: str) -> None:
    ask(front, ada)

    answer = front.open(method, data_link(front))

    assert answer.status_code == 200
    assert "ada@example.com" not in answer.text


def test_the_link_to_the_data_ends_after_a_day(front: Front, ada: Any) -> None:
    ask(front, ada)
    link = data_link(front)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        assert front.open("GET", link).status_code == 410
        answer = front.post(link)

    assert answer.status_code == 410
    assert "have a new one sent" in answer.text


def test_the_link_to_the_data_ends_with_the_address(front: Front, ada: Any) -> None:
    ask(front, ada)
    ada.email = "new@example.com"
    front.shop.publish("email", "sms")
    front.submit("profile", ada, consent_email="1")

    assert front.post(data_link(front)).status_code == 410


@pytest.mark.rule("C12")
def test_nobody_is_flooded_with_links(front: Front, ada: Any) -> None:
    for _ in range(3):
        ask(front, ada)

    answer = front.post(f"/marketing/u/{token_of(front, ada)}/data")

    assert answer.status_code == 422
    assert "several times today" in answer.text
    assert [notice.kind for notice in front.notices].count("own_data") == 3


@pytest.mark.parametrize("token", ["x", "MQ", "%C3%A9", "A" * 500])
def test_a_forged_link_opens_nothing(front: Front, token: str) -> None:
    assert front.open("GET", f"/marketing/d/{token}").status_code == 410
    assert front.post(f"/marketing/d/{token}").status_code == 410
    assert front.post(f"/marketing/u/{token}/data").status_code == 404


def test_by_sms_the_link_goes_to_the_phone(front: Front) -> None:
    customer = front.shop.agreed("ada@example.com", "sms", phone=PHONE, locale="de")
    front.shop.send(front.shop.newsletter("sms"), control_copy=False)
    front.shop.work()
    link = re.findall(r"https://shop\.example(/marketing/u/\S+)", front.shop.sms.sent[-1].content.decode())[0]

    assert front.post(f"{link}/data").status_code == 303

    assert front.notices[-1].address == PHONE
    assert json.loads(front.post(data_link(front)).data)["person"]["key"] == str(customer.id)
