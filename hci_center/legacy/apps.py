from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LegacyConfig(AppConfig):
    name = "hci_center.legacy"
    label = "legacy"
    verbose_name = _("Import of the earlier system")
