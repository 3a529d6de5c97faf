"""The queue as a Django app, for its table and migrations."""

from django.apps import AppConfig


class QueueConfig(AppConfig):
    """Holds the wake-up table."""

    name = "dockline.kit.queue"
    label = "queue"
    default_auto_field = "django.db.models.BigAutoField"
