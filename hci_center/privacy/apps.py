from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "hci_center.privacy"
    label = "privacy"
    verbose_name = _("Personal data")

    def ready(self) -> None:
        from chats.worker.registered_jobs import register
        from hci_center.privacy import dossier, retention, running

        register("erasures", running.erase_waiting, running.ASKED_EVERY)
        register("dossiers", dossier.make_waiting, running.ASKED_EVERY)
        register("old dossiers", dossier.forget_old, 3600.0)
        register("retention", retention.run_if_due, retention.ASKED_EVERY)
