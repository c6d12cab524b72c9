"""Measurements at full size, each run by ``make bench-…``; SCALE=0.1 makes a tenth of it."""
