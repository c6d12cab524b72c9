"""What a shop developer calls from the shop's own pages and views; docs/shop-developers.md shows each in use."""

from .fields import consent_fields
from .form import ConsentField, ConsentFields
from .recording import Guest, Outcome, circumstances, forget, give_sample, record
from .signup import newsletter_signup, profile_page

__all__ = [
    "ConsentField",
    "ConsentFields",
    "Guest",
    "Outcome",
    "circumstances",
    "consent_fields",
    "forget",
    "give_sample",
    "newsletter_signup",
    "profile_page",
    "record",
]
