from django.db import migrations

FORWARD = """
ALTER TABLE areas_operatorarea
  ADD CONSTRAINT served_area_of_manager FOREIGN KEY (manager_id, area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT serving_operator_of_manager FOREIGN KEY (manager_id, operator_id)
    REFERENCES areas_operator (manager_id, id) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION area_code_is_permanent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The code of an area never changes'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER area_code_is_permanent BEFORE UPDATE ON areas_area FOR EACH ROW
  WHEN (OLD.code IS DISTINCT FROM NEW.code) EXECUTE FUNCTION area_code_is_permanent();
"""
BACKWARD = """
DROP TRIGGER area_code_is_permanent ON areas_area;
DROP FUNCTION area_code_is_permanent();
ALTER TABLE areas_operatorarea DROP CONSTRAINT served_area_of_manager,
  DROP CONSTRAINT serving_operator_of_manager;
"""


class Migration(migrations.Migration):
    dependencies = [("areas", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
