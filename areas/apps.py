from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class AreasConfig(AppConfig):
    name = "areas"
    verbose_name = _("Team")

    def ready(self) -> None:
        from areas import checks  # noqa: F401 - registers itself
        from areas.presence import reset_presence
        from areas.sign_in.devices import remember_device
        from areas.sign_in.login_sessions import note_sign_in

        user_logged_in.connect(remember_device)
        user_logged_in.connect(note_sign_in)
        user_logged_in.connect(reset_presence)
