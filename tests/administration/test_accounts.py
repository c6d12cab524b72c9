"""Adding, changing, blocking and deleting administrators (W10 to W13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.administration.conftest import log_in
from tests.shops import Shop
from webshop_segments.access import COMMAND_LINE, FLAGS
from webshop_segments.administration import accounts
from webshop_segments.administration.models import Administrator, Audit
from webshop_segments.administration.own import OwnAdministrators
from webshop_segments.blueprints.areas import areas
from webshop_segments.errors import Refused
from webshop_segments.notices.models import Notice

Visit = Callable[..., FlaskClient]
Account = Callable[..., Administrator]

LIST = "/marketing/administrators"


def names(shop: Shop) -> list[str]:
    return [one.email for one in accounts.everyone(shop.session)]


def actions(shop: Shop) -> list[str]:
    return list(shop.session.scalars(select(Audit.action).order_by(Audit.id)))


@pytest.mark.rule("W13")
def test_the_first_account_is_the_main_administrators_and_later_ones_are_not(shop: Shop) -> None:
    first = accounts.create_main(shop.session, "First@shop.example", "any password", COMMAND_LINE)
    second = accounts.create_main(shop.session, "second@shop.example", None, COMMAND_LINE)
    shop.session.commit()
    assert (first.is_main, second.is_main, second.password_hash, second.flags) == (True, False, None, [])
    assert log_in(shop.app.test_client(), "first@shop.example", "any password").status_code == 303


@pytest.mark.rule("W10")
def test_adding_goes_from_the_address_to_the_permissions(shop: Shop, main: Administrator, visit: Visit) -> None:
    client = visit(main)
    answer = client.post(f"{LIST}/add", data={"email": " New@shop.example"})
    page = client.get(answer.location).text
    assert 'value="New@shop.example"' in page
    assert "checked" not in page
    ticks = ["segments.view segments.manage", "newsletters.view"]
    client.post(answer.location, data={"name": "Nora New", "group_name": "Marketing", "ticks": ticks})
    new = accounts.by_email(shop.session, "new@shop.example")
    assert new is not None
    shop.session.refresh(new)
    assert (new.name, new.group_name) == ("Nora New", "Marketing")
    assert new.flags == ["segments.view", "segments.manage", "newsletters.view"]
    assert "Nora New" in client.get(LIST).text
    assert actions(shop)[-4:] == [
        "administrator.added",
        "administrator.invited",
        "administrator.changed",
        "administrator.permissions_changed",
    ]


@pytest.mark.rule("W10")
@pytest.mark.parametrize(
    ("email", "status", "sentence"),
    [
        ("MAIN@SHOP.example", 409, "already exists"),
        ("", 422, "is no e-mail address"),
        ("x@", 422, "is no e-mail address"),
        ("x" * 255, 422, "254"),
    ],
)
def test_an_address_that_cannot_be_added_is_refused(
    shop: Shop, main: Administrator, visit: Visit, email: str, status: int, sentence: str
) -> None:
    answer = visit(main).post(f"{LIST}/add", data={"email": email})
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert names(shop) == [main.email]
    assert shop.session.scalars(select(Notice)).all() == []


def test_a_form_posted_twice_adds_one(shop: Shop, main: Administrator, visit: Visit) -> None:
    client = visit(main)
    statuses = [client.post(f"{LIST}/add", data={"email": "new@shop.example"}).status_code for _ in range(2)]
    assert statuses == [303, 409]
    assert len(shop.session.scalars(select(Notice)).all()) == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("  ", "Enter a name first."), ("x" * 121, "120 is the most"), ("a\u202eb", "invisible control characters")],
)
def test_a_name_that_cannot_be_used_is_refused(
    shop: Shop, main: Administrator, visit: Visit, name: str, sentence: str
) -> None:
    answer = visit(main).post(f"{LIST}/{main.id}", data={"name": name})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    shop.session.refresh(main)
    assert main.name == "main@shop.example"


@pytest.mark.rule("W11")
def test_every_flag_has_its_tick(shop: Shop) -> None:
    assert sorted(flag for area in areas() for flag in area.flags) == sorted(FLAGS)
    (segments,) = [area for area in areas() if area.label == "Business Partners / Segments"]
    assert set(segments.flags) == {"segments.view", "segments.manage"}


@pytest.mark.rule("W11")
def test_the_ticks_show_what_is_held(shop: Shop, main: Administrator, account: Account, visit: Visit) -> None:
    one = account("one@shop.example", "segments.view", "segments.manage", "newsletters.view")
    page = visit(main).get(f"{LIST}/{one.id}").text
    ticked = [line.partition('value="')[2].partition('"')[0] for line in page.splitlines() if " checked" in line]
    assert ticked == ["segments.view segments.manage", "newsletters.view"]


@pytest.mark.rule("W12")
def test_nobody_gives_permissions_they_do_not_hold(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    one = account("one@shop.example", "administrators.manage", "segments.view")
    other = account("other@shop.example", "newsletters.send", "segments.view")
    client = visit(one)
    answer = client.post(f"{LIST}/{other.id}", data={"name": "Other", "ticks": ["segments.manage"]})
    assert (answer.status_code, "permissions that you hold yourself" in answer.text) == (403, True)
    assert client.post(f"{LIST}/{other.id}", data={"name": "Other", "ticks": ["audit.everything"]}).status_code == 403
    shop.session.refresh(other)
    assert (other.name, other.flags) == ("other@shop.example", ["segments.view", "newsletters.send"][::-1])


@pytest.mark.rule("W12")
def test_permissions_out_of_ones_reach_stay_as_they_are(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    one = account("one@shop.example", "administrators.manage", "segments.view", "segments.manage")
    other = account("other@shop.example", "newsletters.send", "segments.view")
    visit(one).post(f"{LIST}/{other.id}", data={"name": "Other", "ticks": ["segments.manage"]})
    shop.session.refresh(other)
    assert other.flags == ["segments.manage", "newsletters.send"]


@pytest.mark.rule("W12")
def test_nobody_changes_their_own_permissions(shop: Shop, main: Administrator, account: Account, visit: Visit) -> None:
    one = account("one@shop.example", "administrators.manage")
    client = visit(one)
    assert client.post(f"{LIST}/{one.id}", data={"name": "One", "ticks": ["audit.view"]}).status_code == 403
    assert client.post(f"{LIST}/{one.id}", data={"name": "One"}).status_code == 303
    for verb in ("block", "delete"):
        answer = client.post(f"{LIST}/{one.id}/{verb}")
        assert (answer.status_code, "your own account" in answer.text) == (403, True)
    shop.session.refresh(one)
    assert (one.name, one.flags, one.blocked_at) == ("One", ["administrators.manage"], None)


@pytest.mark.rule("W12")
def test_the_main_administrator_is_marked_and_untouchable(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    client = visit(account("one@shop.example", *FLAGS))
    assert "main administrator" in client.get(LIST).text
    for verb in ("block", "delete"):
        answer = client.post(f"{LIST}/{main.id}/{verb}")
        assert (answer.status_code, "neither blocked nor deleted" in answer.text) == (403, True)
    for data in ({"name": "Hacked"}, {"name": main.name, "ticks": ["audit.view"]}):
        assert client.post(f"{LIST}/{main.id}", data=data).status_code == 403
    with pytest.raises(Refused, match="has all permissions"):
        accounts.set_flags(shop.session, main, [], FLAGS, main.actor)
    shop.session.refresh(main)
    assert (main.name, main.blocked_at) == ("main@shop.example", None)


def test_a_confirmation_page_names_who_is_deleted(
    shop: Shop, main: Administrator, account: Account, visit: Visit
) -> None:
    one, client = account("one@shop.example"), visit(main)
    page = client.get(f"{LIST}/{one.id}/delete").text
    assert "Delete “one@shop.example”?" in page
    assert names(shop) == [main.email, one.email]
    answer = client.post(f"{LIST}/{one.id}/delete", follow_redirects=True)
    assert "“one@shop.example” was deleted." in answer.text
    assert names(shop) == [main.email]


@pytest.mark.parametrize("verb", ["", "/invite", "/block", "/unblock", "/delete"])
def test_one_deleted_in_another_tab_gets_a_sentence(shop: Shop, main: Administrator, visit: Visit, verb: str) -> None:
    answer = visit(main).post(f"{LIST}/99{verb}")
    assert (answer.status_code, "This administrator no longer exists." in answer.text) == (404, True)


def test_blocking_twice_does_no_harm(shop: Shop, main: Administrator, account: Account, visit: Visit) -> None:
    one, client = account("one@shop.example"), visit(main)
    for verb in ("block", "block", "unblock", "unblock"):
        assert client.post(f"{LIST}/{one.id}/{verb}").status_code == 303
    assert actions(shop)[-2:] == ["administrator.blocked", "administrator.unblocked"]


def test_a_host_with_its_own_administrators_has_no_use_for_ours(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    class HostAccess:
        can = staticmethod(lambda flag: True)
        actor = staticmethod(lambda: COMMAND_LINE)
        challenge = OwnAdministrators.challenge

    monkeypatch.setitem(shop.plugin.__dict__, "access", HostAccess())
    client = shop.app.test_client()
    for path in (LIST, f"{LIST}/add", "/marketing/login", "/marketing/password/forgot"):
        assert client.get(path).status_code == 404, path
