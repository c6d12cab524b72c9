"""What a page offers: its links and its forms, as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Pairs = list[tuple[str, str]]


@dataclass
class HtmlForm:
    """A form with the values it came with; ``typed`` names the fields a text can be typed into."""

    action: str
    method: str
    id: str = ""
    values: Pairs = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    buttons: Pairs = field(default_factory=list)
    options: Pairs = field(default_factory=list)
    """All there is to choose from, in lists, radio buttons and boxes."""

    def filled(self, text: str) -> Pairs:
        """Its values with another text in every field that takes one."""
        return [(name, text if name in self.typed else value) for name, value in self.values]


class Page(HTMLParser):
    """A page read once."""

    def __init__(self, text: str, address: str = "") -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[HtmlForm] = []
        self._address = address
        self._form: HtmlForm | None = None
        self._select = ""
        self._textarea = ""
        self._text = ""
        self._option: str | None = None
        self.feed(text)
        self.close()

    def posts(self) -> list[HtmlForm]:
        return [form for form in self.forms if form.method == "post"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            action = given.get("action") or self._address
            self._form = HtmlForm(action, given.get("method", "get").lower(), given.get("id", ""))
            self.forms.append(self._form)
        else:
            self._field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._textarea:
            self._add(self._textarea, self._text.replace("\r\n", "\n").removeprefix("\n"))
            self._textarea = ""
        elif tag == "select":
            self._choose()
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._text += data

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        owner = self._owner(given)
        if owner is None or "disabled" in given:
            return
        if tag == "button":
            owner.buttons += [(name, given.get("value", ""))] if given.get("type") != "button" else []
        elif not name and tag != "option":
            return
        elif tag == "input" and kind in ("checkbox", "radio"):
            owner.options.append((name, given.get("value", "on")))
            if "checked" in given:
                self._add(name, given.get("value", "on"), owner)
        elif tag == "input" and kind not in ("file", "password"):
            self._add(name, given.get("value", ""), owner)
            if kind in ("text", "search", "email", "tel"):
                owner.typed.append(name)
        elif tag == "textarea":
            self._textarea, self._text = name, ""
            owner.typed.append(name)
        elif tag == "select":
            self._select, self._option = name, None
        elif tag == "option" and self._select:
            owner.options.append((self._select, given.get("value", "")))
            if self._option is None or "selected" in given:
                self._option = given.get("value", "")

    def _owner(self, given: dict[str, str]) -> HtmlForm | None:
        if "form" in given:
            return next((form for form in self.forms if form.id == given["form"]), None)
        return self._form

    def _add(self, name: str, value: str, owner: HtmlForm | None = None) -> None:
        form = owner or self._form
        if form is not None:
            form.values.append((name, value))

    def _choose(self) -> None:
        if self._select and self._option is not None:
            self._add(self._select, self._option)
