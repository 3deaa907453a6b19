from django.db import migrations

# While a worker is awake, it holds this advisory lock (shared) and polls the tables, so
# writers need no NOTIFY, which would serialize all commits of the database. If a writer
# can get the lock exclusively, no worker is awake, and it notifies all of them.
FORWARD = """
CREATE FUNCTION wake_delivery() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_try_advisory_lock(4843492) THEN
    PERFORM pg_advisory_unlock(4843492);
    NOTIFY delivery;
  END IF;
END $$;

CREATE FUNCTION wake_delivery_on_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM wake_delivery();
  RETURN NULL;
END $$;
CREATE TRIGGER wake_delivery AFTER INSERT ON chats_delivery
  FOR EACH STATEMENT EXECUTE FUNCTION wake_delivery_on_insert();
CREATE TRIGGER wake_delivery AFTER INSERT ON chats_inboundevent
  FOR EACH STATEMENT EXECUTE FUNCTION wake_delivery_on_insert();
CREATE TRIGGER wake_delivery AFTER INSERT ON chats_mediafetch
  FOR EACH STATEMENT EXECUTE FUNCTION wake_delivery_on_insert();
"""

BACKWARD = """
DROP TRIGGER wake_delivery ON chats_mediafetch;
DROP TRIGGER wake_delivery ON chats_inboundevent;
DROP TRIGGER wake_delivery ON chats_delivery;
DROP FUNCTION wake_delivery_on_insert();
DROP FUNCTION wake_delivery();
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0004_gateway_sessions_and_events")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
