from django.apps import AppConfig


class FeedConfig(AppConfig):
    name = "hci_center.feed"
    label = "feed"
