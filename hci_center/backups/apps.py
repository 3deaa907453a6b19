from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupsConfig(AppConfig):
    name = "hci_center.backups"
    label = "backups"
    verbose_name = _("Backups")

    def ready(self) -> None:
        from chats.worker.registered_jobs import register
        from hci_center.reports.wall import tiles

        # By their paths: the relay and the feed start without them.
        tiles.register("backup", "hci_center.backups.wall_tile.backup_tile")
        nightly = "hci_center.backups.nightly"
        register("backup", f"{nightly}.run_if_due", 60.0, f"{nightly}.stop")
