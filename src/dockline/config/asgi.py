"""The web application, for any ASGI server."""

import os
import warnings

from django.core.asgi import get_asgi_application

from dockline.interfaces.webhooks.bodies import bounded

# Static files are read in pieces by a thread, which is all right; Django warns of each.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
application = bounded(get_asgi_application())
