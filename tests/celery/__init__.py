"""Celery's workers send, and nothing a broker does to its messages matters."""
