"""Freewheel, a small but complete shop with webshop_segments as its guest: `python -m webshop_segments.demo`."""
