"""All tables of the plugin, for whoever needs the whole metadata."""

from __future__ import annotations

from .administration.models import Administrator, Audit, ViewChoice
from .consent.models import (
    ConsentEvidence,
    ConsentRecord,
    ConsentState,
    ConsentSubject,
    ConsentText,
    ConsentVersion,
    Suppression,
)
from .directory.models import Subscriber
from .newsletter.account.models import MailAccount
from .newsletter.limits.models import LimitWindow
from .newsletter.models import Delivery, Dispatch, DispatchExclusion, DispatchSegment, Newsletter
from .newsletter.replies.event_models import ProviderEvent
from .notices.models import Notice
from .segments.models import Segment, SegmentMember
from .stamp import Stamp
from .subscribers.models import Import, ImportRow

__all__ = [
    "Administrator",
    "Audit",
    "ConsentEvidence",
    "ConsentRecord",
    "ConsentState",
    "ConsentSubject",
    "ConsentText",
    "ConsentVersion",
    "Delivery",
    "Dispatch",
    "DispatchExclusion",
    "DispatchSegment",
    "Import",
    "ImportRow",
    "LimitWindow",
    "MailAccount",
    "Newsletter",
    "Notice",
    "ProviderEvent",
    "Segment",
    "SegmentMember",
    "Stamp",
    "Subscriber",
    "Suppression",
    "ViewChoice",
]
