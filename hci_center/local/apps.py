from django.apps import AppConfig


class LocalConfig(AppConfig):
    name = "hci_center.local"
    label = "local"
