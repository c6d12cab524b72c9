"""Every page there is, and a shop in which each has something to show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser import steps
from tests.browser.demo import Demo, Mail

CONFIRM = "Please confirm: newsletter of Freewheel"
INVITED = "marketing@example.com"
STOPPED = "amara@thames-cargo.example.com"

ADMINISTRATOR = """
segments                        /segments
segments-not-found              /segments?q=nothing
segment-add                     /segments/add
segment                         /segments/{segment}
segment-empty                   /segments/{empty}
segment-rename                  /segments/{segment}/rename
segment-delete                  /segments/{empty}/delete
segment-delete-not-empty        /segments/{segment}/delete
segment-search                  /segments/{segment}/search
segment-search-found            /segments/{segment}/search?q=cargo
segment-search-not-found        /segments/{segment}/search?q=xyzzy
segment-remove                  /segments/{segment}/members/remove?id={member}
segment-remove-nobody           /segments/{segment}/members/remove
segment-remove-all              /segments/{segment}/members/remove?all=1
segment-add-found               /segments/{segment}/members/found?q=bike
segment-sorted                  /segments/{segment}?sort=-name&kind=partner
segment-members-not-found       /segments/{segment}?q=xyzzy
newsletters                     /newsletters
newsletters-sms                 /newsletters?channel=sms
newsletters-not-found           /newsletters?q=xyzzy
newsletter-add                  /newsletters/add/email
newsletter-add-sms              /newsletters/add/sms
newsletter                      /newsletters/{newsletter}
newsletter-sms                  /newsletters/{sms}
newsletter-edit                 /newsletters/{newsletter}/edit
newsletter-edit-sms             /newsletters/{sms}/edit
newsletter-person               /newsletters/{newsletter}?q=thames
newsletter-delete               /newsletters/{newsletter}/delete
newsletter-send                 /newsletters/{newsletter}/send
newsletter-send-none-chosen     /newsletters/{newsletter}/send?none_chosen=1
newsletter-confirm              /newsletters/{newsletter}/confirm?audience=segments&segment={segment}
newsletter-confirm-all          /newsletters/{newsletter}/confirm?audience=all
newsletter-confirm-but-not      /newsletters/{newsletter}/confirm?audience=all&excluded={segment}
newsletter-confirm-nobody       /newsletters/{sms}/confirm?audience=all
sending                         /dispatches/{sending}
sending-sent                    /dispatches/{sending}?status=sent
sending-left-out                /dispatches/{sending}?status=skipped
sending-one-reason              /dispatches/{sending}?status=skipped&reason=duplicate
sending-follow                  /dispatches/{sending}/follow
people                          /subscribers
people-found                    /people?q=thames
people-not-found                /people?q=xyzzy
subscribers-narrowed            /subscribers?type=account&status=granted
subscribers-none                /subscribers?channel=whatsapp
imports                         /imports
person                          {person}
consents                        /consents
consent                         /consents/1
consent-publish                 /consents/publish
mail-account                    /mail-account
mail-account-remove             /mail-account/remove
call-lists                      /call-lists
call-list                       /call-lists/{segment}
administrators                  /administrators
administrators-not-found        /administrators?q=xyzzy
administrator-add               /administrators/add
administrator-main              /administrators/1
administrator                   /administrators/{administrator}
administrator-invite            /administrators/{administrator}/invite
administrator-block             /administrators/{administrator}/block
administrator-delete            /administrators/{administrator}/delete
history                         /history
history-narrowed                /history?what=administrator&from=2026-01-01
history-not-found               /history?who=xyzzy
not-there                       /segments/999999
"""

STRANGER = """
login                           /marketing/login
password-forgotten              /marketing/password/forgot
invitation                      {invitation}
preferences                     {preferences}
preferences-stopped             {stopped}?done=stop
preferences-trial               {trial}
preferences-unreadable          /marketing/u/cut
own-data                        {own_data}
own-data-too-late               /marketing/d/cut
signup                          /marketing/signup
signup-sent                     /marketing/signup/sent
confirm                         {confirm}
confirm-unreadable              /marketing/c/cut
shop-register                   /register
shop-login                      /login
shop-checkout-guest             /checkout
shop                            /
shop-product                    {product}
shop-cart                       /cart
shop-privacy                    /privacy
demo-guide                      /demo/
demo-mailbox                    /demo/mail
demo-mail                       {mail}
demo-phones                     /demo/phones
"""

CUSTOMER = """
shop-checkout                   /checkout
shop-profile                    /profile
shop-thanks                     /thanks
"""


@dataclass(frozen=True)
class Place:
    """A page by a name, who may see it, and its path with names from the world in braces."""

    name: str
    who: str
    path: str


def _places(who: str, listed: str, prefix: str = "") -> list[Place]:
    pairs = [line.split() for line in listed.strip().splitlines()]
    return [Place(name, who, path if path.startswith("{") else prefix + path) for name, path in pairs]


PLACES = [
    *_places("administrator", ADMINISTRATOR, "/marketing"),
    *_places("stranger", STRANGER),
    *_places("customer", CUSTOMER),
]


@dataclass(frozen=True)
class World:
    """What stands in the paths' braces, and the cookies of everybody."""

    values: dict[str, str]
    cookies: dict[str, Any]

    def path(self, place: Place) -> str:
        return place.path.format(**self.values)


def furnish(browser: Browser, demo: Demo, **context: Any) -> World:
    """Do everything once that leaves something to see."""
    opened = {who: browser.new_page(base_url=demo.url, **context) for who in ("administrator", "customer", "stranger")}
    values = _administrate(opened["administrator"], demo) | _shop(opened["stranger"], demo)
    steps.enter_shop(opened["customer"])
    steps.fill_cart(opened["customer"])
    steps.order(opened["customer"])
    steps.fill_cart(opened["customer"])
    steps.fill_cart(opened["stranger"])
    cookies = {who: page.context.storage_state() for who, page in opened.items()}
    for page in opened.values():
        page.context.close()
    return World(values, cookies)


def _administrate(page: Page, demo: Demo) -> dict[str, str]:
    steps.log_in(page)
    segment = steps.add_segment(page, "Regular customers", "Radwerk", "Thames Cargo", "Alpenrad", "Okafor")
    member = page.locator("input[name=id]").first.get_attribute("value")
    empty = steps.add_segment(page, "Friends of the house")
    newsletter = steps.write_newsletter(page, "email", "Spring in the workshop", LETTER)
    page.get_by_role("button", name="Send the trial").click()
    sms = steps.write_newsletter(page, "sms", "Open on Sunday", "Hello {{ first_name }}, we are open on Sunday.")
    sending = steps.send(page, newsletter, segment)
    page.goto("/marketing/people?q=owen")
    person = page.get_by_role("link", name="Owen Pritchard").get_attribute("href")
    page.goto("/marketing/administrators/add")
    page.get_by_label("E-mail address").fill(INVITED)
    page.get_by_role("button", name="Create account").click()
    steps.title(page, INVITED)
    mail = demo.arrived("Spring in the workshop", "owen@thames-cargo.example.com")
    return {
        "segment": str(segment),
        "member": str(member),
        "empty": str(empty),
        "newsletter": str(newsletter),
        "sms": str(sms),
        "sending": str(sending),
        "person": str(person),
        "administrator": str(steps.number_in(page)),
        "invitation": _link(_invitation(demo)),
        "preferences": _link(mail),
        "stopped": _link(demo.arrived("Spring in the workshop", STOPPED)),
        "trial": _link(demo.arrived("[Trial] Spring in the workshop")),
        "mail": mail.page,
    }


def _shop(page: Page, demo: Demo) -> dict[str, str]:
    steps.fill_cart(page)
    steps.box(page, "by e-mail").check()
    steps.order(page, "gina@example.com")
    page.goto(_link(demo.arrived("Spring in the workshop", STOPPED)))
    page.get_by_role("button", name="Stop: E-mail").click()
    steps.title(page, "Your news")
    page.goto(_link(demo.arrived("Spring in the workshop", "owen@thames-cargo.example.com")))
    page.get_by_role("button", name="Send me the link to my data").click()
    steps.title(page, "Your news")
    own_data = _link(demo.arrived("Your data at Freewheel", "owen@thames-cargo.example.com"))
    page.goto("/")
    product = page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.get_attribute("href")
    confirm = _link(demo.arrived(CONFIRM, "gina@example.com"))
    return {"product": str(product), "confirm": confirm, "own_data": own_data}


def _invitation(demo: Demo) -> Mail:
    return demo.arrived("Your account as an administrator of Freewheel", INVITED)


def _link(mail: Mail) -> str:
    """The path of the link a message of ours is about."""
    body = mail.message.get_body(("plain",))
    assert body is not None
    found = re.search(r"http://127\.0\.0\.1:\d+(/marketing/\S+)", body.get_content())
    assert found, body.get_content()
    return found[1]


LETTER = """<h1>Spring in the workshop</h1>
<p>Hello {{ first_name }},</p>
<p>the new spokes are in, and so are the brake pads you asked us for.
Come by, or have them sent to {{ company }}.</p>
<p>Until Saturday we true two wheels for the price of one.</p>"""
