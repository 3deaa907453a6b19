"""Retention of presence, and the longer one of a regulated customer service."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0003_moved_chats"),
        ("reports", "0014_final_presence"),
        ("areas", "0014_spans_by_end"),
    ]
    operations = [
        migrations.AddField(
            model_name="retention",
            name="presence_months",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                verbose_name="presence of operators, since it ended",
            ),
        ),
        migrations.AddField(
            model_name="retention",
            name="is_regulated",
            field=models.BooleanField(
                db_default=False,
                default=False,
                verbose_name="regulated customer service (Decree 11.034/2022)",
            ),
        ),
        migrations.AddConstraint(
            model_name="retention",
            constraint=models.CheckConstraint(
                condition=Q(presence_months__isnull=True) | Q(presence_months__gte=1),
                name="presence_is_kept_a_month",
            ),
        ),
        migrations.AddConstraint(
            model_name="retention",
            constraint=models.CheckConstraint(
                condition=Q(is_regulated=False)
                | Q(words_months__isnull=True)
                | Q(words_months__gte=24),
                name="regulated_words_are_kept_two_years",
            ),
        ),
    ]
