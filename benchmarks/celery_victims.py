"""What ``celery -A`` imports: the Celery app of the shop in :mod:`.victims`."""

from __future__ import annotations

from .victims import create_app

celery_app = create_app().extensions["celery"]
