"""What is written is stored tidily, or refused with a sentence at the field it belongs to (W41, W51)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from tests.shops import ANNA, Shop
from webshop_segments import Actor, Refused, clock
from webshop_segments.administration.models import Audit
from webshop_segments.newsletter import drafts, newsletters
from webshop_segments.newsletter.drafts import Draft
from webshop_segments.newsletter.models import Newsletter

BERT = Actor("administrator", "2", "Bert")


def change(shop: Shop, newsletter: Newsletter, edition: int, by: Actor = ANNA, **values: object) -> Newsletter:
    draft = Draft(**{"name": "Spring", "subject": "Hello", "body": "Look."} | values)  # type: ignore[arg-type]
    return newsletters.change(shop.session, shop.plugin.shop, newsletter, draft, edition, by)


@pytest.mark.rule("W41")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [("Freewheel", "Freewheel"), (" Bike 4U ", "Bike 4U"), ("+49 151 23456789", "+4915123456789"), ("", "")],
)
def test_an_sms_is_sent_by_a_name_or_a_number(shop: Shop, typed: str, stored: str) -> None:
    assert shop.newsletter("sms", subject="", sender=typed).sender == stored


@pytest.mark.rule("W41")
@pytest.mark.parametrize("sender", ["Zwölf Räder", "TwelveLetters", "12345678", "0151 23456789", "a\nb", "+49", "‮ab"])
def test_a_sender_no_phone_could_show_is_refused(shop: Shop, sender: str) -> None:
    with pytest.raises(Refused, match="is no sender") as refusal:
        shop.newsletter("sms", subject="", sender=sender)
    assert refusal.value.field == "sender"


@pytest.mark.parametrize("field", ["name", "subject", "preheader"])
@pytest.mark.parametrize("sign", ["\u202e", "\u2067", "\u200f", "\x00", "\n", "\u2028"])
def test_a_line_holds_no_invisible_character_that_breaks_or_turns_it(shop: Shop, field: str, sign: str) -> None:
    with pytest.raises(Refused) as refusal:
        shop.newsletter(**{field: f"Spring{sign}gnirpS"})
    assert refusal.value.field == field
    assert shop.session.scalar(select(func.count()).select_from(Newsletter)) == 0


def test_emoji_and_letters_of_every_script_are_welcome(shop: Shop) -> None:
    row = shop.newsletter(name="Frühling 🌷", subject="أهلا 👩‍🚀", preheader="春", body="שלום {{ first_name }} 🏴󠁧󠁢󠁥󠁮󠁧󠁿")
    shop.session.commit()
    shop.session.expire_all()
    assert (row.name, row.subject, row.preheader) == ("Frühling 🌷", "أهلا 👩‍🚀", "春")


def test_a_text_with_control_characters_or_too_long_for_a_text_message_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused, match="invisible control characters"):
        shop.newsletter(body="Hello\x00")
    with pytest.raises(Refused, match="The text has 1602 characters; 1600 is the most."):
        shop.newsletter("sms", subject="", body="x" * 1598 + "{{ first_name }}")


@pytest.mark.rule("W41")
@pytest.mark.parametrize("text", ["{{ partner.cty }}", "{{ partner['cty'] }}", "{% if partner.cty %}x{% endif %}"])
def test_a_variable_the_partner_does_not_have_is_refused_too(shop: Shop, text: str) -> None:
    shop.newsletter(subject="{{ partner.city }}", body="{% for word in partner.city %}{{ word.any }}{% endfor %}")
    for field in ("subject", "body"):
        with pytest.raises(Refused, match="“partner.cty” is no variable") as refusal:
            shop.newsletter(**{field: text})
        assert refusal.value.field == field


@pytest.mark.rule("W51")
def test_the_second_of_two_who_edit_the_same_overwrites_nothing(shop: Shop) -> None:
    row = shop.newsletter()
    change(shop, row, 1, BERT, body="Bert's text.")
    with pytest.raises(Refused, match="choose which one stays") as refusal:
        change(shop, row, 1, body="Anna's text.")
    assert refusal.value.status == 409
    assert (row.body, row.edition) == ("Bert's text.", 2)
    assert newsletters.last_writer(shop.session, row) == "Bert"


@pytest.mark.rule("W51")
def test_a_save_that_is_posted_twice_is_saved_once(shop: Shop) -> None:
    row = shop.newsletter()
    for _press in range(2):
        change(shop, row, 1, body="The same.")
    assert row.edition == 2
    assert newsletters.add(shop.session, shop.plugin.shop, "email", drafts.of(row), ANNA) is row
    changes = select(func.count()).where(Audit.action == "newsletter.changed")
    assert shop.session.scalar(changes) == 1

    shop.session.execute(update(Newsletter).values(modified_at=clock.now() - timedelta(minutes=2)))
    assert newsletters.add(shop.session, shop.plugin.shop, "email", drafts.of(row), ANNA) is not row


def test_saving_what_was_deleted_meanwhile_is_a_sentence(shop: Shop) -> None:
    row = shop.newsletter()
    shop.session.execute(delete(Newsletter).execution_options(synchronize_session=False))
    with pytest.raises(Refused, match="no longer exists") as refusal:
        change(shop, row, 1)
    assert refusal.value.status == 404


@pytest.mark.rule("W40")
def test_a_copy_has_everything_and_a_name_that_tells_it_apart(shop: Shop) -> None:
    row = shop.newsletter(
        name="S" * 120, reply_to="a@shop.example", preheader="Soon", with_note=False, language="de", body="{{ name }}"
    )
    twin = newsletters.copy(shop.session, row, BERT)
    assert twin.name == "S" * 113 + " (copy)"
    assert drafts.of(twin) == Draft(**{**drafts.asdict(drafts.of(row)), "name": twin.name})
    assert (twin.created_by, twin.edition) == ("Bert", 1)


@pytest.mark.rule("W40")
def test_a_new_newsletter_does_not_inherit_the_sendings_of_a_deleted_one(shop: Shop) -> None:
    shop.publish()
    shop.agreed("ada@example.com")
    row = shop.newsletter()
    dispatch = shop.send(row)
    with pytest.raises(Refused, match="is being sent"):
        newsletters.remove(shop.session, row, ANNA)
    shop.session.rollback()
    shop.work()
    newsletters.remove(shop.session, row, ANNA)
    assert newsletters.last_sent(shop.session, [shop.newsletter().id]) == {}
    assert (dispatch.name, dispatch.newsletter_id) == ("Spring", None)
