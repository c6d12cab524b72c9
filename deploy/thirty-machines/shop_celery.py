"""What ``celery --app shop_celery`` imports; it lies beside the shop."""

from shop import create_app

celery_app = create_app().extensions["celery"]
