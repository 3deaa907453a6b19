import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

CONFIGURATION = """
CREATE TEXT SEARCH CONFIGURATION hci_pt (COPY = portuguese);
ALTER TEXT SEARCH CONFIGURATION hci_pt
  ALTER MAPPING FOR hword, hword_part, word WITH unaccent, portuguese_stem;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0027_files_of_replies"),
        ("contacts", "0010_search"),
    ]

    operations = [
        migrations.RunSQL(CONFIGURATION, "DROP TEXT SEARCH CONFIGURATION hci_pt"),
        migrations.AddIndex(
            model_name="chat",
            index=django.contrib.postgres.indexes.GinIndex(fields=["manager", "protocol"], name="protocols_for_search", opclasses=["int8_ops", "gin_trgm_ops"]),
        ),
        migrations.CreateModel(
            name="MessageWords",
            fields=[
                ("message", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="chats.message")),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("contact", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.contact")),
                ("manager", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="managers.manager")),
            ],
            options={
                "db_table": "chats_word",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["manager", "words"], name="words_for_search"),
                    models.Index(fields=["manager", "message"], name="words_of_manager"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WordsProgress",
            fields=[
                ("id", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("epoch", models.TextField(default="")),
                ("seq", models.BigIntegerField(default=0)),
                ("scan_below", models.BigIntegerField(null=True)),
            ],
        ),
    ]
