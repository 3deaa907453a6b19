from django.db import migrations

FORWARD = """
ALTER TABLE areas_policy
  ADD CONSTRAINT policy_area_of_manager FOREIGN KEY (manager_id, area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT policy_away_area_of_manager FOREIGN KEY (manager_id, away_area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT policy_entry_area_of_manager FOREIGN KEY (manager_id, entry_area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE areas_holiday
  ADD CONSTRAINT holiday_area_of_manager FOREIGN KEY (manager_id, area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE areas_schedule
  ADD CONSTRAINT schedule_area_of_manager FOREIGN KEY (manager_id, area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE areas_closingreason
  ADD CONSTRAINT closing_reason_area_of_manager FOREIGN KEY (manager_id, area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION row_is_permanent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A row of % is never changed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER schedule_is_permanent BEFORE UPDATE ON areas_schedule
  FOR EACH ROW EXECUTE FUNCTION row_is_permanent();
CREATE TRIGGER menu_is_permanent BEFORE UPDATE ON areas_menu
  FOR EACH ROW EXECUTE FUNCTION row_is_permanent();
"""
BACKWARD = """
DROP TRIGGER menu_is_permanent ON areas_menu;
DROP TRIGGER schedule_is_permanent ON areas_schedule;
DROP FUNCTION row_is_permanent();
ALTER TABLE areas_closingreason DROP CONSTRAINT closing_reason_area_of_manager;
ALTER TABLE areas_schedule DROP CONSTRAINT schedule_area_of_manager;
ALTER TABLE areas_holiday DROP CONSTRAINT holiday_area_of_manager;
ALTER TABLE areas_policy DROP CONSTRAINT policy_area_of_manager,
  DROP CONSTRAINT policy_away_area_of_manager,
  DROP CONSTRAINT policy_entry_area_of_manager;
"""


class Migration(migrations.Migration):
    dependencies = [("areas", "0006_rules")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
