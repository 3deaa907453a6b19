"""Django settings, read from environment variables only (docs/configuration.md)."""

from __future__ import annotations

import hmac
import os
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from hci_center import redis_servers
from hci_center.api.schema.settings import SPECTACULAR_SETTINGS  # noqa: F401
from hci_center.backoffice import UNFOLD  # noqa: F401 - the admin theme's settings
from hci_center.database.connections import NETWORK
from hci_center.environment import Environment
from hci_center.hosts import in_address
from hci_center.local import generated_secrets, paths
from hci_center.local.generated_secrets import generated_secret, stored_secret
from hci_center.logs.configuration import logging_settings
from hci_center.webserver.content_policy import STRICT

# Only the pinned `tzdata`: a machine's own files could change the hours of a centre.
zoneinfo.reset_tzpath(to=())

env = Environment()

BASE_DIR = paths.BASE_DIR
DATA_DIR = paths.data_dir()

DEBUG = env.flag("HCI_DEBUG", default=False)
DEMO = env.flag("HCI_DEMO", default=True)

HOST: str = env.host("HCI_HOST", default="127.0.0.1")
PORT: int = env.port("HCI_PORT", default=8000)
FEED_PORT: int = env.port("HCI_FEED_PORT", default=PORT + 1)
# Django threads per web process; each has a database connection.
WEB_THREADS: int = env.number("HCI_WEB_THREADS", default=4, least=1, most=256)
# For absolute links and the feed's address behind a proxy; "" uses the request's host.
PUBLIC_URL: str = env.site("HCI_PUBLIC_URL", default="")

# Metrics of every process, in Prometheus's format; off without a key.
METRICS_KEY: str = env.secret("HCI_METRICS_KEY")
if METRICS_KEY and len(METRICS_KEY) < 16:
    raise ImproperlyConfigured("HCI_METRICS_KEY needs 16 characters or more.")
# Web and feed show theirs on their own ports, relay and worker on these.
METRICS_HOST: str = env.host("HCI_METRICS_HOST", default="127.0.0.1")
RELAY_METRICS_PORT: int = env.port("HCI_RELAY_METRICS_PORT", default=PORT + 3)
WORKER_METRICS_PORT: int = env.port("HCI_WORKER_METRICS_PORT", default=PORT + 4)

# Secrets -------------------------------------------------------------------

# Secrets that are not set are generated once and stored beside the embedded database.
# For another database, and for an existing cluster, `local.secret_check` decides: two
# machines, or two starts, must not differ.
DATABASE_URL: str = env.secret("DATABASE_URL") or paths.database_url()
_EMBEDDED = paths.database_url() == DATABASE_URL
_IS_NEW = _EMBEDDED and not os.path.lexists(DATA_DIR / "postgres")
_of_rows = generated_secret if _IS_NEW else stored_secret
_of_machine = generated_secret if _EMBEDDED else stored_secret

SECRET_KEY = env.secret("HCI_SECRET_KEY") or _of_rows(generated_secrets.SECRET_KEY)
# Earlier keys, newest first: what was signed with them stays valid.
SECRET_KEY_FALLBACKS: list[str] = env.secrets("HCI_SECRET_KEY_FALLBACKS")
for _name, _keys in (
    ("HCI_SECRET_KEY", [SECRET_KEY] if SECRET_KEY else []),
    ("each of HCI_SECRET_KEY_FALLBACKS", SECRET_KEY_FALLBACKS),
):
    if any(len(_key) < 32 for _key in _keys):
        raise ImproperlyConfigured(f"{_name} needs 32 characters or more.")

# Keys of the encrypted columns, newest first: the first encrypts, all decrypt.
TOKEN_KEYS: list[str] = env.secrets("HCI_TOKEN_KEYS") or [
    _key for _key in [_of_rows(generated_secrets.TOKEN_KEY)] if _key
]
try:
    for _key in TOKEN_KEYS:
        Fernet(_key)
except ValueError:
    raise ImproperlyConfigured(
        "HCI_TOKEN_KEYS holds what is no Fernet key (32 bytes in URL-safe base64)."
    ) from None

# Hosts ---------------------------------------------------------------------

ALLOWED_HOSTS: list[str] = env.hosts("HCI_ALLOWED_HOSTS") or sorted(
    {"localhost", "127.0.0.1", "[::1]", in_address(HOST)}
    | ({in_address(urlsplit(PUBLIC_URL).hostname or "")} if PUBLIC_URL else set())
)
CORS_ALLOWED_ORIGINS: list[str] = env.sites("HCI_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "x-api-key",
    "x-csrftoken",
)
CSRF_TRUSTED_ORIGINS = CORS_ALLOWED_ORIGINS + ([PUBLIC_URL] if PUBLIC_URL else [])

SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
X_FRAME_OPTIONS = "DENY"
# How long browsers remember to call this host by https only.
HSTS_SECONDS: int = env.number(
    "HCI_HSTS_SECONDS", default=30 * 24 * 60 * 60, most=2 * 366 * 24 * 60 * 60
)
SECURE_HSTS_SECONDS = HSTS_SECONDS if SECURE else 0
SILENCED_SYSTEM_CHECKS = [
    # The proxy in front has the TLS and redirects to it; this process is called by it.
    "security.W008",
    # Whether other hosts of the company's domain have TLS is not for one of them to say.
    "security.W005",
    "security.W021",
]
CONTENT_SECURITY_POLICY = {"DIRECTIVES": STRICT}

# Applications and middleware -----------------------------------------------

INSTALLED_APPS = [
    # Not the default configuration: that would replace our admin site.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "hci_center.backoffice_site.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "hci_center.api",
    "hci_center.audit",
    "hci_center.background",
    "hci_center.local",
    "hci_center.demo",
    "managers",
    "areas",
    "contacts",
    "chats",
    "hci_center.feed",
    "hci_center.reports",
    "hci_center.privacy",
    "hci_center.legacy",
    "hci_center.doctor",
    "hci_center.backups",
]

# ApiMiddleware answers everything under /api/; what follows it is for pages.
MIDDLEWARE = [
    "hci_center.compression.CompressionMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "hci_center.audit.middleware.AuditMiddleware",
    "hci_center.api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hci_center.webserver.content_policy.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "areas.sign_in.devices.DeviceMiddleware",
    "areas.sign_in.enrollment.EnrollmentMiddleware",
]

ROOT_URLCONF = "hci_center.urls"
WSGI_APPLICATION = "hci_center.wsgi.application"
# A redirected POST loses its body; ApiMiddleware accepts paths with and without a
# slash.
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The first source that recognises the request identifies the caller.
CALLER_SOURCES = [
    "managers.authentication.caller_from_key",
    "areas.sign_in.session_auth.caller_from_session",
    "managers.by_address.caller_from_address",
]

# Large bodies are read only if one of these recognises the sender.
KNOWN_SENDERS = [
    "managers.authentication.has_valid_key",
    "managers.webhook_secrets.is_to_valid_address",
    "areas.sign_in.session_auth.caller_from_session",
    "managers.by_address.is_bound_address",
]

# Database ------------------------------------------------------------------

REDIS_URL: str = env.secret("REDIS_URL") or paths.redis_url()

DATABASE = env.database("DATABASE_URL", default=paths.database_url())
DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "hci_center.database",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **DATABASE.get("OPTIONS", {}),
            # The fifth run of a statement on a connection prepares it, so frequent
            # queries are parsed and planned once.
            "server_side_binding": True,
            "prepare_threshold": 5,
        },
    }
}
# A pooler in transaction mode, for the web process alone (database.pooler); what keeps
# a session (LISTEN, locks, timeouts) stays with DATABASE_URL.
WEB_DATABASE_URL: str = env.secret("HCI_WEB_DATABASE_URL")
WEB_DATABASE = env.database("HCI_WEB_DATABASE_URL", default=DATABASE_URL)

WEB_STATEMENT_SECONDS: float = env.seconds("HCI_WEB_STATEMENT_SECONDS", default=5.0)
# A standby of it, from which the figures of reports are read (reports.replica).
REPORTS_DATABASE_URL: str = env.secret("HCI_REPORTS_DATABASE_URL")
if REPORTS_DATABASE_URL:
    _STANDBY = env.database("HCI_REPORTS_DATABASE_URL", default="")
    DATABASES["reports"] = {
        **_STANDBY,
        # The project's own refuses all connections while one server does not answer.
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **NETWORK,
            **_STANDBY.get("OPTIONS", {}),
            "target_session_attrs": "prefer-standby",
            "server_side_binding": True,
            "options": "-c default_transaction_read_only=on -c jit=off -c statement_timeout="
            f"{round(WEB_STATEMENT_SECONDS * 1000)}ms",
        },
    }

# Timeouts in seconds of a statement, a lock wait and an idle transaction, by kind of
# process; 0 means none. `command` is every other command of manage.py.
WEB_LOCK_SECONDS: float = env.seconds("HCI_WEB_LOCK_SECONDS", default=2.0)
DATABASE_TIMEOUTS: dict[str, tuple[float, float, float]] = {
    "web": (WEB_STATEMENT_SECONDS, WEB_LOCK_SECONDS, 10.0),
    "feed": (5.0, 2.0, 10.0),
    "relay": (20.0, 2.0, 10.0),
    "worker": (10.0, 5.0, 30.0),
    # A migration that waits long for a lock blocks all queries behind it.
    "command": (3600.0, 5.0, 600.0),
}

# The live feed -------------------------------------------------------------

ASGI_APPLICATION = "hci_center.asgi.application"
# Two configurations of one Redis: subscribers wait without a timeout (redis-py would
# close an idle socket after 5 s), publishers must not wait for a frozen Redis.
_LAYER = "channels_redis.pubsub.RedisPubSubChannelLayer"
_SUBSCRIBER = redis_servers.layer_host("REDIS_URL", REDIS_URL, socket_timeout=None)
REDIS_PUBLISHER = redis_servers.layer_host(
    "REDIS_URL", REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
)
CHANNEL_LAYERS = {
    "default": {"BACKEND": _LAYER, "CONFIG": {"hosts": [_SUBSCRIBER]}},
    "publish": {"BACKEND": _LAYER, "CONFIG": {"hosts": [REDIS_PUBLISHER]}},
}
# Open sockets per person; API keys have no such limit.
FEED_SOCKETS_EACH: int = env.number(
    "HCI_FEED_SOCKETS_EACH", default=5, least=1, most=1000
)
# For trials: lets outgoing webhooks use http and addresses that are not public.
HOOKS_LOCAL: bool = env.flag("HCI_HOOKS_LOCAL", default=False)
# Checks of /readyz besides the servers, by name.
READY_CHECKS = {
    "feed": "hci_center.feed.readiness.check",
    "gateways": "chats.accounts.alerts.check",
    "background": "hci_center.background.faults.check",
    "rules": "chats.rules.backlog.check",
    "hooks": "hci_center.feed.hooks.alarms.check",
}

# People --------------------------------------------------------------------

# For new passwords, wherever one is set; those of before stay valid.
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
    # The user name with a character more, but not with a word more.
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"max_similarity": 0.9},
    },
]
# The staff who must use two-step sign-in; all others may.
REQUIRE_2FA: str = env.choice(
    "HCI_REQUIRE_2FA", default="off", among=("off", "administrators", "staff")
)
AUTHENTICATION_BACKENDS = [
    "areas.auth_backends.ThrottledBackend",
    "areas.signing_in.PacedBackend",
]
LOGIN_URL = "/admin/login/"
# The theme's form has no `next` field; Django's default URL does not exist here.
LOGIN_REDIRECT_URL = "/admin/"
# Proxies, by address or network, whose X-Forwarded-For is used when sign-in attempts
# are counted and security events are logged.
TRUSTED_PROXIES: list[str] = env.networks("HCI_TRUSTED_PROXIES")

# Where to report a vulnerability, as an address or a URL; "" for nowhere.
SECURITY_CONTACT: str = env.contact("HCI_SECURITY_CONTACT")

# How many years lines of the audit are kept; 0: nothing of it is deleted.
AUDIT_YEARS: int = env.number("HCI_AUDIT_YEARS", default=0, least=0, most=100)
if AUDIT_YEARS == 1:
    raise ImproperlyConfigured("HCI_AUDIT_YEARS is 2 or more, or 0 to keep everything.")

# Language and time ---------------------------------------------------------

LANGUAGE_CODE = "pt-br"
LANGUAGES = [("pt-br", _("Portuguese")), ("en", _("English"))]
# Chosen in the console or the back-office, for both; the console's script writes it too.
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SECURE
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["hci_center.formats"]
TIME_ZONE = "America/Sao_Paulo"
USE_TZ = True

# Files ---------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
# An S3 bucket for files; MEDIA_ROOT keeps them until a worker has uploaded them.
# Credentials are read as by every S3 client: AWS_ACCESS_KEY_ID and
# AWS_SECRET_ACCESS_KEY, a profile, or the machine's role.
S3_BUCKET: str = env.str("HCI_S3_BUCKET", default="")
S3_ENDPOINT: str = env.address("HCI_S3_ENDPOINT", default="")
S3_REGION: str = env.str("HCI_S3_REGION", default="")
S3_FOLDER: str = env.str("HCI_S3_FOLDER", default="").strip("/")
_FOLDER = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
_BUCKET: dict[str, Any] = {
    "BACKEND": "chats.files.spool.Spool",
    "OPTIONS": {
        "bucket_name": S3_BUCKET,
        "endpoint_url": S3_ENDPOINT or None,
        "region_name": S3_REGION or None,
        "location": S3_FOLDER,
    },
}
STORAGES = {
    "default": _BUCKET if S3_BUCKET else _FOLDER,
    # With .gz variants, which WhiteNoise sends to clients that accept gzip.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
if S3_BUCKET:
    READY_CHECKS["files"] = "chats.files.uploads.check"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Largest decoded file: a body of 40 MiB holds 30 MiB in Base64.
LARGEST_FILE: int = env.number(
    "HCI_LARGEST_FILE", default=25 * 2**20, least=1, most=30 * 2**20
)
# Each operation enforces its own limit; Django's would answer in HTML.
DATA_UPLOAD_MAX_MEMORY_SIZE = None

# Backups -------------------------------------------------------------------

# The time of day ("03:00") from which a worker makes one each night; None: none.
BACKUP_AT = env.time_of_day("HCI_BACKUP_AT")
# How many are kept.
BACKUP_KEEP: int = env.number("HCI_BACKUP_KEEP", default=14, least=1, most=10_000)
# A key of age ("AGE-SECRET-KEY-1…"): with it, backups are encrypted.
BACKUP_KEY: str = env.age_key("HCI_BACKUP_KEY")
# They go to this folder or, if it is named, to the bucket.
BACKUP_DIR = Path(env.str("HCI_BACKUP_DIR", default="") or DATA_DIR / "backups")
BACKUP_S3_BUCKET: str = env.str("HCI_BACKUP_S3_BUCKET", default="")
BACKUP_S3_ENDPOINT: str = env.address("HCI_BACKUP_S3_ENDPOINT", default="")
BACKUP_S3_REGION: str = env.str("HCI_BACKUP_S3_REGION", default="")
BACKUP_S3_FOLDER: str = env.str("HCI_BACKUP_S3_FOLDER", default="").strip("/")
# Whether files that are in HCI_S3_BUCKET are copied; else they are listed.
BACKUP_COPY_BUCKET: bool = env.flag("HCI_BACKUP_COPY_BUCKET", default=False)

# Gateways ------------------------------------------------------------------

GRAPH_URL: str = env.address("HCI_GRAPH_URL", default="https://graph.facebook.com")
WHATSAPP_CLOUD_URL: str = env.address("HCI_WHATSAPP_CLOUD_URL", default=GRAPH_URL)
CONTROLLER_URL: str = env.controller(
    "HCI_CONTROLLER_URL", default="http://127.0.0.1:{port}"
)
# The ports that a manager's controller may have; () allows all but those on which
# other services listen (`hci_center.api.parsers`).
CONTROLLER_PORTS: tuple[range, ...] = env.port_ranges("HCI_CONTROLLER_PORTS")
# Meta signs its webhooks with the app secret and verifies our endpoint with the verify
# token.
META_APP_SECRET: str = env.secret("HCI_META_APP_SECRET")
META_VERIFY_TOKEN: str = env.secret("HCI_META_VERIFY_TOKEN") or _of_machine(
    generated_secrets.META_VERIFY_TOKEN
)
# Port and signing secret of the fake gateways, used only by demo managers.
DEMO_GATEWAYS_PORT: int = env.port("HCI_DEMO_GATEWAYS_PORT", default=PORT + 2)
DEMO_APP_SECRET: str = _of_machine(generated_secrets.DEMO_APP_SECRET) or (
    hmac.digest(SECRET_KEY.encode(), b"demo-app-secret", "sha256").hex()
    if SECRET_KEY
    else ""
)

# Interfaces ----------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "hci_center.api.schema.operations.ContractSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}

# Lines for people, or an object of JSON a line and a line a request.
LOG_FORMAT: str = env.choice("HCI_LOG_FORMAT", default="text", among=("text", "json"))
LOGGING = logging_settings(LOG_FORMAT)
# Where errors are also reported, without data; "" for nowhere.
SENTRY_DSN: str = env.secret("HCI_SENTRY_DSN")
SENTRY_ENVIRONMENT: str = env.str("HCI_SENTRY_ENVIRONMENT", default="")
