"""Form fields for user names and passwords."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that also creates or changes the user that a person signs in as.

    A password is required for a new user; later an empty one keeps the old. The name of
    another user is rejected: no account is ever taken over.

    The password field is not named like the user's column, which Django would otherwise
    set to the plain text.
    """

    username = UsernameField(
        label=gettext_lazy("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
    new_password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=128,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.account()
        if "username" not in self.fields:
            return
        if user is None:
            self.fields["new_password"].required = True
        else:
            self.fields["username"].initial = user.username
            self.fields["new_password"].help_text = gettext_lazy(
                "Leave empty to keep it."
            )

    def account(self) -> User | None:
        """Returns the existing user, or None."""
        raise NotImplementedError

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        user = self.account()
        if user is not None and user.username == username:
            return username
        # Two names that differ only in case would be mistaken for each other.
        same_name = User.objects.filter(username__iexact=username)
        if (same_name.exclude(pk=user.pk) if user else same_name).exists():
            raise ValidationError(_("This user name is taken."))
        return username

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("new_password")
        if password:
            try:
                validate_password(password, self._person_described())
            except ValidationError as error:
                self.add_error("new_password", error)
        return cleaned

    def _person_described(self) -> User:
        """Returns an unsaved user as the form describes him, to compare a password."""
        user = self.account() or User()
        typed = self.cleaned_data
        return User(
            username=typed.get("username", user.username),
            first_name=typed.get("first_name") or typed.get("name", user.first_name),
            email=typed.get("email", user.email),
        )

    def sign_in_as(self, user: User) -> None:
        """Sets the user name and password from the form on the user."""
        if "username" in self.cleaned_data:
            user.username = self.cleaned_data["username"]
        if self.cleaned_data.get("new_password"):
            user.set_password(self.cleaned_data["new_password"])
