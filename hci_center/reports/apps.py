from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "hci_center.reports"
    label = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from chats.worker.registered_jobs import register
        from hci_center.reports import nightly, rebuilding

        register("reports", rebuilding.take_dirty, rebuilding.TAKEN_EVERY)
        register("report checks", nightly.check_if_due, nightly.ASKED_EVERY)
