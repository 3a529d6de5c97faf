"""The web application, for any ASGI server."""

import os
import warnings
from typing import TYPE_CHECKING

from django.core.asgi import get_asgi_application

from dockline.kit import database

if TYPE_CHECKING:
    from dockline.interfaces.webhooks.door import Application


def _build() -> "Application":
    pages = get_asgi_application()
    # Read only now: it needs Django to be set up.
    from dockline.interfaces.webhooks.door import with_webhooks

    return with_webhooks(pages)


# Static files are read in pieces by a thread, which is all right; Django warns of each.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
database.end_long_waits()
application = _build()
