from django.db import migrations

# Updates of a key's last use, once a minute, must not notify.
FORWARD = """
CREATE FUNCTION tell_of_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NOTIFY api_keys;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_of_keys AFTER DELETE OR TRUNCATE
    OR UPDATE OF prefix, digest, all_managers, secrets, expires_at, revoked_at, per_minute
  ON managers_apikey FOR EACH STATEMENT EXECUTE FUNCTION tell_of_keys();
CREATE TRIGGER tell_of_keys AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
  ON managers_apikey_managers FOR EACH STATEMENT EXECUTE FUNCTION tell_of_keys();
"""
BACKWARD = """
DROP TRIGGER tell_of_keys ON managers_apikey_managers;
DROP TRIGGER tell_of_keys ON managers_apikey;
DROP FUNCTION tell_of_keys();
"""


class Migration(migrations.Migration):
    dependencies = [("managers", "0002_key_limit")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
