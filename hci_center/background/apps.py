from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from hci_center.error_reports import start


class BackgroundConfig(AppConfig):
    name = "hci_center.background"
    label = "background"
    verbose_name = _("Background work")

    def ready(self) -> None:
        start()
