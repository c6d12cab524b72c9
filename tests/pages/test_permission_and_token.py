"""No page without its permission, and no change without the form's own token: every route there is, every method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import Map, Rule

from tests.pages.examples import Request, address, examples, make_panel, requests
from tests.shops import Shop, Statements
from webshop_segments.access import FLAGS
from webshop_segments.blueprints import menu


@pytest.fixture
def guarded(database_url: str, host_schema: str | None) -> Iterator[Shop]:
    """A shop that protects its forms against forgery, so that no request of these tests changes anything."""
    made = make_panel(database_url, host_schema, csrf=True)
    made.app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    with made.app.app_context():
        yield made
        made.db.session.remove()
        made.plugin.engine.dispose()


def ask(shop: Shop, request: Request, **options: Any) -> tuple[int, list[str], str]:
    """The status, what was written, and the page."""
    with Statements(shop.plugin.engine) as statements:
        answer = shop.app.test_client().open(request.url, method=request.method, **options)
    shop.session.rollback()
    words = ("INSERT", "UPDATE", "DELETE")
    return (
        answer.status_code,
        [line for line in statements.texts if line.lstrip().upper().startswith(words)],
        answer.text,
    )


@pytest.mark.rule("W12")
def test_every_route_and_method_is_closed_without_its_flag_and_open_with_it(guarded: Shop) -> None:
    wrong = []
    for request in requests(guarded, examples(guarded)):
        guarded.staff.flags = set(FLAGS) - {request.flag}
        closed, written, _page = ask(guarded, request)
        guarded.staff.flags = set(FLAGS)
        opened, also_written, _page = ask(guarded, request)
        right = opened in (200, 302, 303) or (request.method == "POST" and refuses(opened))
        if closed != 403 or not right or written or also_written:
            wrong.append((request, closed, opened, written, also_written))
    assert not wrong, "\n".join(map(str, wrong))


def refuses(status: int) -> bool:
    """Whether what was posted was refused, and not who posted it."""
    return 400 <= status < 500 and status not in (401, 403, 404, 405)


@pytest.mark.rule("W12")
def test_a_flag_alone_opens_its_routes(guarded: Shop) -> None:
    wrong = []
    for request in requests(guarded, examples(guarded)):
        # Whoever must not see names and addresses cannot write them either.
        guarded.staff.flags = {request.flag, "personal_data.view"}
        status, _written, _page = ask(guarded, request)
        if status == 403 or status >= 500:
            wrong.append((request, status))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.rule("W12")
def test_a_stranger_is_asked_to_log_in_whatever_the_method(guarded: Shop) -> None:
    found = requests(guarded, examples(guarded))
    guarded.staff.stranger = True
    assert [request for request in found if ask(guarded, request)[0] != 401] == []


@pytest.mark.rule("W12")
def test_the_menu_hides_an_entry_whose_page_is_closed(guarded: Shop) -> None:
    with guarded.app.test_request_context():
        guarded.staff.flags = set(FLAGS)
        entries = menu.entries(guarded.staff)
        assert len(entries) > 5
        for entry in entries:
            guarded.staff.flags = set(FLAGS) - {guarded.app.view_functions[entry.endpoint].permission}  # type: ignore[attr-defined]
            assert entry not in menu.entries(guarded.staff), entry


def test_a_route_without_example_says_how_to_add_one() -> None:
    rule = next(Map([Rule("/new/<int:thing_id>", endpoint="wss_admin.new")]).iter_rules())
    with pytest.raises(pytest.fail.Exception, match=r"needs an example for <thing_id>.*tests/pages/examples\.py"):
        address(rule, {})


@pytest.mark.parametrize("by_the_host", [True, False])
def test_a_post_without_token_changes_nothing_and_says_what_to_do(guarded: Shop, by_the_host: bool) -> None:
    found = [request for request in requests(guarded, examples(guarded)) if request.method == "POST"]
    guarded.app.config["WTF_CSRF_CHECK_DEFAULT"] = by_the_host
    wrong = []
    for request in found:
        status, written, page = ask(guarded, request, data={"name": "Riders", "id": "1", "member": "x:1"})
        # Where nothing is refused, nothing was done: a preview, or a page that asks first, with a new token.
        if written or status in (401, 403, 404, 405) or status >= 500 or (refuses(status) and "again" not in page):
            wrong.append((request, status, written, page.partition("<main")[2][:600]))
    assert not wrong, "\n".join(map(str, wrong))
