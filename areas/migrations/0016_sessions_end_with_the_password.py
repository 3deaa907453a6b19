"""Deletes the login sessions of a person whose password changes.

They are refused by the digest of the old password that they hold, but their rows stayed:
the list of sessions showed them as live, and tickets of the feed that were issued to them
could still be redeemed. The session that changes the password is created anew.
"""

from django.conf import settings
from django.db import migrations

TRIGGER = """
CREATE FUNCTION areas_delete_sessions() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM django_session s USING areas_loginsession l
   WHERE l.user_id = NEW.id AND s.session_key = l.session_key;
  DELETE FROM areas_loginsession WHERE user_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER areas_password_changed AFTER UPDATE OF password ON auth_user
  FOR EACH ROW WHEN (OLD.password IS DISTINCT FROM NEW.password)
  EXECUTE FUNCTION areas_delete_sessions();
"""
WITHOUT = """
DROP TRIGGER areas_password_changed ON auth_user;
DROP FUNCTION areas_delete_sessions();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("areas", "0015_readable_times"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [migrations.RunSQL(TRIGGER, WITHOUT)]
