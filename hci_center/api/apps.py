from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "hci_center.api"
    label = "api"
