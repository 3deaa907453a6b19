from django.apps import AppConfig


class DoctorConfig(AppConfig):
    name = "hci_center.doctor"
    label = "doctor"
