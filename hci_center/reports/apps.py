from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "hci_center.reports"
    label = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from chats.worker.registered_jobs import register
        from hci_center.reports.wall import tiles

        tiles.register("checks", "hci_center.reports.wall.checks_tile.checks_tile")
        register("reports", "hci_center.reports.kept.rebuilding.take_dirty", 5.0)
        register(
            "reports of open chats",
            "hci_center.reports.kept.rebuilding.keep_open",
            30.0,
        )
        register(
            "report hours", "hci_center.reports.kept.volume_hours.settle_hours", 60.0
        )
        keep = "hci_center.reports.kept.delivery_days.keep_deliveries"
        register("report deliveries", keep, 60.0)
        register(
            "report summaries", "hci_center.reports.kept.summaries.keep_summaries", 60.0
        )
        register("report checks", "hci_center.reports.kept.nightly.check_if_due", 60.0)
