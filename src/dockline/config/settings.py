"""Django's settings, read from the environment once and checked at start."""

import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from dockline.config import connectors
from dockline.config.keys import find_key_ring

DATA_ROOT = Path(os.environ.get("DOCKLINE_DATA", ".data")).resolve()
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://dockline@/dockline?host=/nonexistent")
KEY_RING = find_key_ring(DATA_ROOT / "keys.json", DATABASE_URL)
CONNECTORS = connectors.INSTALLED

SECRET_KEY = KEY_RING.signing
DEBUG = False
ALLOWED_HOSTS = os.environ.get("DOCKLINE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
_BEHIND_TLS = os.environ.get("DOCKLINE_TLS", "") == "1"
# Where channels may speak to beside the addresses their connectors know. A server for people elsewhere trusts no
# address of its own machine unless told to.
_ADDRESSES = os.environ.get("DOCKLINE_ADDRESSES", "" if _BEHIND_TLS else "loopback")
ADDRESSES = [address.strip() for address in _ADDRESSES.split(",") if address.strip()]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "procrastinate.contrib.django",
    "dockline.kit.queue",
    *(
        f"dockline.domain.{name}"
        for name in (
            "accounts",
            "history",
            "issues",
            "guard",
            "tables",
            "warehouses",
            "products",
            "carriers",
            "customers",
            "channels",
            "mappings",
            "runs",
            "exchanges",
            "webhooks",
            "orders",
            "purchases",
            "shipments",
            "inventory",
            "sweeps",
        )
    ),
    "dockline.interfaces.jobs",
    "dockline.interfaces.web",
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "handlers"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "dockline.interfaces.web.policy.ContentPolicy",
    "dockline.interfaces.web.policy.ButtonsOnly",
    "dockline.interfaces.web.policy.ReadOnlyWithoutKeys",
    "dockline.interfaces.web.policy.PatientDeeds",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dockline.interfaces.web.sign_in.first.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "dockline.config.urls"
ASGI_APPLICATION = "dockline.config.asgi.application"
WEB_ROOT = Path(__file__).resolve().parent.parent / "interfaces" / "web"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB_ROOT],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dockline.interfaces.web.parts.context.shell",
            ],
            "builtins": ["dockline.interfaces.web.parts.tags"],
        },
    }
]


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    named = {"dbname", "user", "password", "host", "port"}
    options: dict[str, Any] = {key: value for key, value in parts.items() if key not in named}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }


DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_NAME = "__Host-session" if _BEHIND_TLS else "session"
SESSION_COOKIE_SECURE = _BEHIND_TLS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if _BEHIND_TLS else "csrf"
CSRF_COOKIE_SECURE = _BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if _BEHIND_TLS else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en"

STATIC_URL = "static/"
STATIC_ROOT = DATA_ROOT / "static"
STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "dockline.kit.log.LineWriter", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("DOCKLINE_LOG", "WARNING")},
}
