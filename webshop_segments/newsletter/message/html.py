"""From what an administrator typed to safe HTML, and from HTML to the text part."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

from . import template

_TAGS = {"a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "hr", "i", "img", "li", "ol", "p", "s"}
_TAGS |= {"small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul", "div", "pre"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"align", "colspan", "rowspan", "valign", "width"},
    "th": {"align", "colspan", "rowspan", "valign", "width"},
    "table": {"align", "cellpadding", "cellspacing", "width"},
    "*": {"style", "class"},
}
_STYLES = {"color", "background-color", "text-align", "font-weight", "font-size", "font-style", "padding", "margin"}
_STYLES |= {"border", "border-radius", "width", "text-decoration", "display", "line-height"}
_BLOCK = re.compile(r"<(p|div|h[1-6]|ul|ol|table|blockquote|pre|hr)\b", re.IGNORECASE)


def from_typed(source: str) -> str:
    """Clean HTML; plain text becomes paragraphs. Liquid tags stay as they are."""
    hidden_source, hidden = template.hide_tags(source)
    if not _BLOCK.search(hidden_source):
        hidden_source = _paragraphs(hidden_source, hidden)
    clean = nh3.clean(
        hidden_source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        filter_style_properties=_STYLES,
        link_rel=None,
    )
    return template.show_tags(clean, hidden)


def _paragraphs(text: str, hidden: dict[str, str]) -> str:
    pieces = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        alone = hidden.get(block.strip(), "").startswith("{%")
        pieces.append(block if alone else "<p>" + block.strip().replace("\n", "<br>\n") + "</p>")
    return "\n".join(pieces)


def to_text(html: str) -> str:
    """The text part of HTML: paragraphs, bullets, links as "words (address)". Liquid tags stay as they are."""
    hidden_html, hidden = template.hide_tags(html)
    reader = _Reader()
    reader.feed(hidden_html)
    reader.close()
    return template.show_tags(reader.text(), hidden)


class _Reader(HTMLParser):
    """Collects text; ``_BREAKS`` says how many line ends an element stands between."""

    _BREAKS = {"p": 2, "h1": 2, "h2": 2, "h3": 2, "blockquote": 2, "ul": 2, "ol": 2, "table": 2, "div": 1, "tr": 1}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._link: str | None = None
        self._link_start = 0
        self._ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("style", "script", "head", "title"):
            self._ignored += 1
        elif tag == "br":
            self._pieces.append("\n")
        elif tag == "hr":
            self._pieces.append("\n\n---\n\n")
        elif tag == "li":
            self._pieces.append("\n- ")
        elif tag == "img":
            self._pieces.append(given.get("alt") or "")
        elif tag == "a":
            self._link, self._link_start = given.get("href"), len(self._pieces)
        self._pieces.append("\n" * self._BREAKS.get(tag, 0))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head", "title"):
            self._ignored = max(0, self._ignored - 1)
        if tag == "a" and self._link:
            words = "".join(self._pieces[self._link_start :]).strip()
            if self._link != words:
                self._pieces.append(f" ({self._link})")
            self._link = None
        if tag in ("td", "th"):
            self._pieces.append(" ")
        self._pieces.append("\n" * self._BREAKS.get(tag, 0))

    def handle_data(self, data: str) -> None:
        if not self._ignored:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        lines = [line.strip() for line in "".join(self._pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
