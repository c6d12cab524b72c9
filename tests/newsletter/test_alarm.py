"""When a sending halts, the shop gets a mail that says which one and why (W51)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.shops import ANNA, Shop
from webshop_segments import ChannelError
from webshop_segments.newsletter import dispatches
from webshop_segments.notices.models import Notice

REFUSED = ChannelError("The mail server refuses the login.", permanent=True)


@pytest.mark.rule("W51")
def test_the_shop_gets_one_mail_each_time_a_sending_halts(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.trouble = REFUSED
    for times in (1, 2):
        shop.work()
        shop.work()
        alarms = shop.session.scalars(select(Notice).where(Notice.kind == "alarm")).all()
        assert [(mail.address, mail.subject) for mail in alarms] == [
            ("shop@shop.example", "Sending halted: Spring")
        ] * times
        assert "The mail server refuses the login." in (alarms[-1].text or "")
        assert dispatch.status == "halted"
        dispatches.resume(shop.session, dispatch, ANNA)
        shop.session.commit()


@pytest.mark.rule("W51")
def test_a_shop_without_an_address_sees_it_on_the_page_all_the_same(shop: Shop) -> None:
    object.__setattr__(shop.plugin.settings, "shop_email", None)
    shop.email.sender = ("Test shop", "news@shop.example")  # type: ignore[attr-defined]
    shop.publish()
    shop.agreed("ada@example.com")
    dispatch = shop.send(shop.newsletter(), control_copy=False)
    shop.email.trouble = REFUSED
    shop.work()
    assert shop.session.scalars(select(Notice).where(Notice.kind == "alarm")).all() == []
    shown = shop.app.test_client().get(f"/marketing/dispatches/{dispatch.id}").text
    assert "The mail server refuses the login." in shown
