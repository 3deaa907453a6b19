from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupsConfig(AppConfig):
    name = "hci_center.backups"
    label = "backups"
    verbose_name = _("Backups")

    def ready(self) -> None:
        from hci_center.backups.wall_tile import backup_tile
        from hci_center.reports.wall import tiles

        tiles.register("backup", backup_tile)
