from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "hci_center.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from django.contrib.auth.signals import (
            user_logged_in,
            user_logged_out,
            user_login_failed,
        )

        from hci_center.audit import signing_in

        user_logged_in.connect(signing_in.record_sign_in)
        user_logged_out.connect(signing_in.record_sign_out)
        user_login_failed.connect(signing_in.record_refusal)
