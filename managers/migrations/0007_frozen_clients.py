"""Keys allowed in paths, integrations identified by their address, and networks."""

from django.db import migrations, models

# As in 0003, with the new columns.
TELL = """
DROP TRIGGER tell_of_keys ON managers_apikey;
CREATE TRIGGER tell_of_keys AFTER DELETE OR TRUNCATE OR UPDATE OF {} ON managers_apikey
  FOR EACH STATEMENT EXECUTE FUNCTION tell_of_keys();
"""
BEFORE = "prefix, digest, all_managers, secrets, expires_at, revoked_at, per_minute"
NOW = f"{BEFORE}, networks, in_path, by_address"


class Migration(migrations.Migration):
    dependencies = [("managers", "0006_auditors")]
    operations = [
        migrations.AddField(
            model_name="apikey",
            name="networks",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Addresses or networks, one a line. Empty: from everywhere.",
                verbose_name="only from these networks",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="in_path",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="For clients that can set no header: /k/<key>/api/… Whoever reads the address has the key.",
                verbose_name="may stand in the path",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="by_address",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="For clients that can send no key: whoever calls from these networks is this integration. Never with page tokens, and it deletes nothing.",
                verbose_name="recognised by its address alone",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(in_path=False, by_address=False)
                | ~models.Q(networks=""),
                name="exposed_key_has_networks",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(by_address=False)
                | models.Q(secrets=False, in_path=False),
                name="key_by_address_has_no_secrets",
            ),
        ),
        migrations.RunSQL(TELL.format(NOW), TELL.format(BEFORE)),
    ]
