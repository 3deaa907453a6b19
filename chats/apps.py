from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

A_DAY = 86_400.0


class ChatsConfig(AppConfig):
    name = "chats"
    verbose_name = _("Customer service")

    def ready(self) -> None:
        from chats.worker.registered_jobs import register

        # What is below the worker cannot register itself.
        register("planned rules", "areas.rules.planned_policies.begin_planned", 5.0)
        register(
            "audit partitions", "hci_center.audit.recording.make_partitions", A_DAY
        )
