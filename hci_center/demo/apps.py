from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "hci_center.demo"
    label = "demo"
