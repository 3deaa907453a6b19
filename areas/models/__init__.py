"""Models of areas, operators, their presence, and the settings of the rules."""

from areas.models.console import ConsoleSettings
from areas.models.login_sessions import LoginSession
from areas.models.organization import (
    Area,
    AreaQuerySet,
    Operator,
    OperatorArea,
    OperatorQuerySet,
)
from areas.models.planned import PlannedPolicy
from areas.models.policies import (
    Assignment,
    ClosingReason,
    LastAssignment,
    Menu,
    Policy,
    TransferReason,
)
from areas.models.presence import Availability, PauseReason, Presence, PresenceSpan
from areas.models.schedules import Holiday, Opening, Schedule
from areas.models.sign_in import RecoveryCode, SecondFactor, SignInFailure

__all__ = [
    "Area",
    "AreaQuerySet",
    "Assignment",
    "Availability",
    "ClosingReason",
    "ConsoleSettings",
    "Holiday",
    "LastAssignment",
    "LoginSession",
    "Menu",
    "Opening",
    "Operator",
    "OperatorArea",
    "OperatorQuerySet",
    "PauseReason",
    "PlannedPolicy",
    "Policy",
    "Presence",
    "PresenceSpan",
    "RecoveryCode",
    "Schedule",
    "SecondFactor",
    "SignInFailure",
    "TransferReason",
]
