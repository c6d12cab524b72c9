"""What administrators and customers do in the browser, a step each."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

ADMINISTRATOR = ("admin@example.com", "demo-admin")
CUSTOMER = ("customer@example.com", "demo-customer")
SHOP = "office@freewheel.example.com"
TO_FINISH = 90_000
"""Milliseconds a sending may take."""


def title(page: Page, text: str) -> None:
    """Wait for the page with this title."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def number_in(page: Page) -> int:
    """The id in the page's address."""
    found = re.search(r"/(\d+)(\?|$)", page.url)
    assert found, page.url
    return int(found[1])


def log_in(page: Page) -> None:
    """The main administrator, to the list of segments."""
    page.goto("/marketing/login")
    page.get_by_label("E-mail address").fill(ADMINISTRATOR[0])
    page.get_by_label("Password").fill(ADMINISTRATOR[1])
    page.get_by_role("button", name="Log in").click()
    title(page, "Segments")


def add_segment(page: Page, name: str, *searches: str) -> int:
    """A segment with everybody these searches find; answers its id."""
    page.goto("/marketing/segments/add")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add segment").click()
    title(page, name)
    segment = number_in(page)
    for words in searches:
        page.goto(f"/marketing/segments/{segment}/search")
        page.get_by_label("Search customers").fill(words)
        page.get_by_role("button", name="Search").click()
        page.get_by_label("Tick all").check()
        page.get_by_role("button", name="Add the ticked").click()
        title(page, name)
    return segment


def write_newsletter(page: Page, channel: str, name: str, body: str) -> int:
    """A newsletter whose subject is its name; answers its id."""
    page.goto(f"/marketing/newsletters/add/{channel}")
    page.get_by_label("Name", exact=True).fill(name)
    if channel == "email":
        page.get_by_label("Subject", exact=True).fill(name)
    page.get_by_label("Text", exact=True).fill(body)
    page.get_by_role("button", name="Save newsletter").click()
    title(page, name)
    return number_in(page)


def send(page: Page, newsletter: int, segment: int | None = None) -> int:
    """Send it to a segment, or to everybody who agreed, and stay until it is finished; answers the sending's id."""
    choose(page, newsletter, segment)
    page.get_by_role("button", name=re.compile("^Send to")).click()
    finished(page)
    return number_in(page)


def choose(page: Page, newsletter: int, segment: int | None = None) -> None:
    """The page that asks whether to send."""
    page.goto(f"/marketing/newsletters/{newsletter}/send")
    if segment is None:
        page.get_by_label("Everybody who agreed").check()
    else:
        page.locator(f"input[name=segment][value='{segment}']").check()
    page.get_by_role("button", name="Continue").click()
    title(page, "Send “")


def progress(page: Page) -> Locator:
    return page.get_by_role("heading", name="Progress")


def finished(page: Page) -> None:
    """The results page says so without being loaded again."""
    title(page, "Sending of")
    expect(progress(page)).to_contain_text("finished", timeout=TO_FINISH)


def accounts(page: Page) -> tuple[dict[str, int], int]:
    """The table of who is reached and who is left out why, and the sum at its foot."""
    table = page.get_by_role("table", name=re.compile("^Chosen people"))
    rows = {
        row.get_by_role("rowheader").inner_text(): _count(row.get_by_role("cell").inner_text())
        for row in table.locator("tbody tr").all()
    }
    return rows, _count(table.locator("tfoot td").inner_text())


def enter_shop(page: Page, email: str = CUSTOMER[0]) -> None:
    """A customer of the sample shop."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(CUSTOMER[1])
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def register(page: Page, email: str, phone: str = "", ticks: tuple[str, ...] = ()) -> None:
    """A new customer, who ends on the profile."""
    page.goto("/register")
    page.get_by_label("First name").fill("Nora")
    page.get_by_label("Last name").fill("Neumann")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Mobile number").fill(phone)
    page.get_by_label("Password").fill("a long enough one")
    for label in ticks:
        expect(box(page, label)).not_to_be_checked()
        box(page, label).check()
    page.get_by_role("main").get_by_role("button", name="Register").click()
    title(page, "Your profile")


def fill_cart(page: Page) -> None:
    """Put the first product into it and go to the checkout."""
    page.goto("/")
    page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()
    page.get_by_role("button", name="Put in the cart").click()
    page.get_by_role("link", name="To the checkout").click()
    title(page, "Checkout")


def order(page: Page, email: str | None = None) -> None:
    """Fill in where the parcel goes, and order."""
    if email is not None:
        page.get_by_label("E-mail address").fill(email)
    for label, text in {"Name": "Greta Gast", "Street and number": "Weg 1", "Postal code": "89073"}.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("City").fill("Ulm")
    page.get_by_label("Country").fill("Germany")
    page.get_by_role("button", name=re.compile("^Order for")).click()
    title(page, "Thank you")


def boxes(page: Page) -> Locator:
    """The consent boxes in the shop's form."""
    return page.get_by_role("group", name="News and offers").get_by_role("checkbox")


def box(page: Page, label: str) -> Locator:
    return page.get_by_role("group", name="News and offers").get_by_label(label)


def save_profile(page: Page) -> None:
    page.get_by_role("main").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_be_visible()


def follow(page: Page, mail: str, link: str | re.Pattern[str]) -> Page:
    """Open a mail on the mailbox page and click a link in it; answers the tab that opens."""
    page.goto(mail)
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name=link).click()
    return opened.value


def until(page: Page, wanted: Locator) -> None:
    """Load the page again until it shows what the worker is about to bring."""
    for _ in range(200):
        if wanted.count():
            return
        page.wait_for_timeout(200)
        page.reload()
    raise AssertionError(f"{wanted} does not appear")


def _count(text: str) -> int:
    return int(text.replace(",", ""))
