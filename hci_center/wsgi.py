"""The web process: Django as WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

application = get_wsgi_application()
