from django.apps import AppConfig
from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class AreasConfig(AppConfig):
    name = "areas"
    verbose_name = _("Areas")

    def ready(self) -> None:
        from areas.signing_in import PacedLoginForm

        admin.site.login_form = PacedLoginForm
