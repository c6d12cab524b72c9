"""`python -m webshop_segments.demo`: the whole demo under one supervisor."""

import sys

from .supervisor import main

sys.exit(main(sys.argv[1:]))
