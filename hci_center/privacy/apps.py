from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "hci_center.privacy"
    label = "privacy"
    verbose_name = _("Personal data")

    def ready(self) -> None:
        from chats.worker.registered_jobs import register
        from hci_center.background import nightly_checks

        nightly_checks.register("R5", "hci_center.privacy.restoring.erased_but_present")
        register("erasures", "hci_center.privacy.running.erase_waiting", 5.0)
        register("dossiers", "hci_center.privacy.dossier.make_waiting", 5.0)
        register("old dossiers", "hci_center.privacy.dossier.forget_old", 3600.0)
        register("audit", "hci_center.privacy.audit_years.drop_over", 86_400.0)
        register("retention", "hci_center.privacy.retention.run_if_due", 600.0)
