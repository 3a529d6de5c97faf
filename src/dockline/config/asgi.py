"""The web application, for any ASGI server."""

import os

from django.core.asgi import get_asgi_application

from dockline.interfaces.webhooks.bodies import bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
application = bounded(get_asgi_application())
