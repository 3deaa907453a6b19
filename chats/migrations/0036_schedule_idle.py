from django.db import migrations

# A function, because a statement that inserts into another table is slower even if it
# inserts no row.
FORWARD = """
CREATE FUNCTION schedule_idle(manager bigint, contact bigint, area bigint) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO chats_task (manager_id, kind, contact_id, run_at)
  SELECT manager, 'idle', contact, clock_timestamp() + x.wait
    FROM (SELECT idle_wait(manager, area) AS wait) x WHERE x.wait IS NOT NULL
  ON CONFLICT (kind, contact_id, area_id, operator_id) DO NOTHING
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0035_disconnected_sessions")]
    operations = [
        migrations.RunSQL(
            FORWARD, "DROP FUNCTION schedule_idle(bigint, bigint, bigint)"
        )
    ]
