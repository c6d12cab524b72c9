"""Segments, their members, and who is reached through them."""
