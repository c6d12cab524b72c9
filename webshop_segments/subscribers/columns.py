"""What the columns of a file hold, told by their headings in English or German."""

from __future__ import annotations

import re
from collections.abc import Sequence

FIELDS = (
    "email",
    "first_name",
    "last_name",
    "name",
    "phone",
    "language",
    "channels",
    "version",
    "time",
    "source",
)
"""``name`` is first and last name in one cell; ``version``, ``time`` and ``source`` are the proof (C27)."""

_HEADINGS = {
    "email": "email mail emailaddress mailaddress emailadresse mailadresse eaddress",
    "first_name": "firstname givenname forename vorname rufname",
    "last_name": "lastname surname familyname nachname familienname zuname",
    "name": "name fullname contactname vollständigername kontaktname",
    "phone": "phone phonenumber telephone mobile mobilephone mobilenumber cellphone cell "
    "telefon telefonnummer mobil mobilnummer mobiltelefon handy handynummer",
    "language": "language lang locale sprache",
    "channels": "channel channels kanal kanäle",
    "version": "version textversion consentversion versionofthetext consenttext "
    "textfassung fassung einwilligungsversion versiondestextes einwilligungstext",
    "time": "time date datetime timestamp consenttime consentdate consentedat consentedon agreedat agreedon "
    "optindate optintime zeit zeitpunkt datum einwilligungsdatum einwilligungvom einwilligungam "
    "zugestimmtam eingewilligtam anmeldedatum optindatum",
    "source": "source consentsource origin quelle herkunft einwilligungsquelle",
}
_FIELD_OF = {heading: field for field, headings in _HEADINGS.items() for heading in headings.split()}


def field_of(heading: str) -> str:
    """The field a heading names, empty for none."""
    return _FIELD_OF.get(re.sub(r"[\W_]", "", heading.casefold()), "")


def recognised(header: Sequence[str]) -> list[str]:
    """Per column its field, empty where unknown."""
    return [field_of(heading) for heading in header]


def clear(fields: Sequence[str]) -> bool:
    """Whether the columns can be taken as they are: one e-mail column, and no field twice."""
    known = [field for field in fields if field]
    return "email" in known and len(known) == len(set(known))
