"""Triggers that audit changes of settings, whoever makes them."""

import os
from pathlib import Path
from typing import Any

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
# For each table: the kind of its rows, the audited columns, and the secrets among them.
# Columns that no person sets are not audited: counters, times of use, and references
# that follow from other rows. Contacts, chats and messages are never audited.
WATCHED = {
    "managers_manager": (
        "manager",
        "name email number controller_port facebook_id facebook_token gateway"
        " gateway_settings time_zone uf is_demo",
        "facebook_token gateway_settings",
    ),
    "managers_supervision": ("supervision", "user_id manager_id", ""),
    "managers_webhooksecret": (
        "webhook-secret",
        "manager_id source secret ends_at",
        "secret",
    ),
    "managers_apikey": (
        "key",
        "name prefix all_managers secrets per_minute expires_at revoked_at",
        "",
    ),
    "managers_apikey_managers": ("key-manager", "apikey_id manager_id", ""),
    "auth_user": (
        "user",
        "username first_name last_name email password is_active is_staff is_superuser",
        "password",
    ),
    "areas_area": ("area", "manager_id code name needs_review", ""),
    "areas_operator": ("operator", "user_id manager_id name email is_active cap", ""),
    "areas_operatorarea": ("membership", "operator_id area_id", ""),
    "areas_policy": (
        "policy",
        "manager_id area_id hours holidays away_text away_area_id no_away_area"
        " entry_area_id assign cap last_operator release_offline sla_queue sla_first"
        " sla_reply sla_resolution closing_text closing_reason_required"
        " transfer_reason_required idle_warn idle_warn_text idle_close idle_text reopen"
        " survey survey_text survey_days comment_up_to",
        "",
    ),
    "areas_schedule": (
        "schedule",
        "manager_id area_id valid_from zone hours targets made_by",
        "",
    ),
    "areas_holiday": (
        "holiday",
        "manager_id area_id date name is_yearly hours",
        "",
    ),
    "areas_menu": ("menu", "manager_id version made_by", ""),
    "areas_closingreason": (
        "closing-reason",
        "manager_id area_id code name is_active",
        "",
    ),
    "areas_transferreason": ("transfer-reason", "manager_id code name is_active", ""),
    "areas_pausereason": (
        "pause-reason",
        "manager_id code name minutes is_active",
        "",
    ),
    "contacts_tag": ("tag", "manager_id code name colour is_active", ""),
    "chats_reply": (
        "reply",
        "manager_id area_id operator_id shortcut title text file_id",
        "",
    ),
    "feed_hook": (
        "hook",
        "key_id url secret old_secret old_secret_until kinds state",
        "secret old_secret",
    ),
}
BACKWARD = """
DROP FUNCTION audit_watch(regclass, text, text[], text[]), audit_change(),
  audit_manager_of(text, jsonb), audit_shown(jsonb, text[], text[]), audit_mark(text);
DROP TABLE audit_key;
"""


def make_key(apps: Any, schema_editor: Any) -> None:
    key = os.urandom(64)
    pads = [bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C)]
    schema_editor.execute("INSERT INTO audit_key VALUES (%s, %s)", pads)


def watch(apps: Any, schema_editor: Any) -> None:
    for table, (kind, columns, secrets) in WATCHED.items():
        schema_editor.execute(
            "SELECT audit_watch(%s::regclass, %s, %s::text[], %s::text[])",
            [table, kind, columns.split(), secrets.split()],
        )


def unwatch(apps: Any, schema_editor: Any) -> None:
    for table in WATCHED:
        schema_editor.execute(f"DROP TRIGGER audit_change ON {table}")


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_lines"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("managers", "0005_rules"),
        ("areas", "0009_console_settings"),
        ("contacts", "0010_search"),
        ("chats", "0039_approved_templates"),
        ("feed", "0009_hooks"),
    ]
    operations = [
        migrations.RunSQL((SQL / "0002_changes.sql").read_text(), BACKWARD),
        migrations.RunPython(make_key, migrations.RunPython.noop),
        migrations.RunPython(watch, unwatch),
    ]
