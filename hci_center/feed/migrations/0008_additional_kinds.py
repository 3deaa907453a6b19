"""Captures the data of lines, notes, surveys and scheduled messages.

No client has received lines yet, so none needs to read anything again. Writers wait
until the current lines are stored, so that no change is missed.
"""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
WAIT_FOR_WRITERS = """
LOCK TABLE managers_manager, contacts_contact, chats_chat, chats_menustate,
  contacts_tagging, contacts_tag, chats_clock IN SHARE ROW EXCLUSIVE MODE;
"""
TABLES = (
    "contacts_tagging",
    "contacts_tag",
    "chats_menustate",
    "chats_clock",
    "chats_note",
    "chats_survey",
    "chats_scheduled",
)
# The sequencer then finds no lines, whichever tables exist.
WITHOUT = "".join(
    f"DROP TRIGGER change_heard_{event} ON {table};"
    for table in TABLES
    for event in "iudt"
) + """
CREATE OR REPLACE FUNCTION change_lines_now(contacts bigint[])
RETURNS TABLE (contact_id bigint, manager_id bigint, key text, state text,
               area_id bigint, area text, operator_id bigint, shown text, digest uuid)
LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN; END $$;
DELETE FROM change_line;
"""
FILES = ("0002_sequencer.sql", "0003_capture.sql", "0005_additional_kinds.sql")


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0007_taps_stay_inside"),
        ("contacts", "0010_search"),
        ("chats", "0030_what_customers_tapped"),
    ]
    operations = [
        migrations.RunSQL(WAIT_FOR_WRITERS, migrations.RunSQL.noop),
        *[
            migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
            for name in FILES
        ],
        migrations.RunSQL("SELECT change_lines_anew();", WITHOUT),
    ]
