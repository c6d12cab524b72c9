"""The admin pages of segments, members, consents and people, as an administrator's browser asks for them."""
