from django.apps import AppConfig


class LocalConfig(AppConfig):
    name = "hci_center.local"
    label = "local"

    def ready(self) -> None:
        from hci_center.local import checks  # noqa: F401 - registers them
