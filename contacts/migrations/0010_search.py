import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# All three are trusted extensions, which the owner of a database may create.
# `btree_gin` allows indexes that begin with the manager, `unaccent` searches without
# accents.
EXTENSIONS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;
"""
# Declared immutable, because the extension's own dictionary is used and never changed.
KEY = """
CREATE FUNCTION search_key(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(unaccent('unaccent'::regdictionary, given));
"""
# A separate table: each message updates its contact's row, and an index on the name
# would be written each time, even if the name is unchanged.
KEEP = """
CREATE FUNCTION contacts_keep_search_name() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO contacts_searchname (contact_id, manager_id, key)
  VALUES (NEW.id, NEW.manager_id, search_key(NEW.name))
  ON CONFLICT (contact_id) DO UPDATE SET key = excluded.key
   WHERE contacts_searchname.key <> excluded.key;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_search_name AFTER INSERT ON contacts_contact
  FOR EACH ROW EXECUTE FUNCTION contacts_keep_search_name();
CREATE TRIGGER keep_changed_search_name AFTER UPDATE OF name ON contacts_contact
  FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
  EXECUTE FUNCTION contacts_keep_search_name();
INSERT INTO contacts_searchname (contact_id, manager_id, key)
SELECT id, manager_id, search_key(name) FROM contacts_contact;
"""
FORGET = """
DROP TRIGGER keep_search_name ON contacts_contact;
DROP TRIGGER keep_changed_search_name ON contacts_contact;
DROP FUNCTION contacts_keep_search_name();
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0009_tags_keep_to_their_manager")]

    operations = [
        migrations.RunSQL(EXTENSIONS, migrations.RunSQL.noop),
        migrations.RunSQL(KEY, "DROP FUNCTION search_key(text)"),
        migrations.CreateModel(
            name="SearchName",
            fields=[
                ("contact", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="contacts.contact")),
                ("key", models.TextField()),
                ("manager", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="managers.manager")),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["manager", "key"], name="names_for_search", opclasses=["int8_ops", "gin_trgm_ops"])],
            },
        ),
        migrations.AddIndex(
            model_name="identity",
            index=django.contrib.postgres.indexes.GinIndex(fields=["manager", "alias"], name="aliases_for_search", opclasses=["int8_ops", "gin_trgm_ops"]),
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
