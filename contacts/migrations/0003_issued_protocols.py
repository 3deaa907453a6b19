from django.db import migrations

FORWARD = """
-- BR, the day where the manager is, a running number, and an ISO 7064 (MOD 11,10)
-- check digit over both. In the database, so that whatever needs a protocol gets it
-- within the statement that stores it.
CREATE FUNCTION issue_protocol(of_manager bigint) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  digits text;
  running text := nextval('protocol_number')::text;
  remainder int := 10;
BEGIN
  SELECT to_char(now() AT TIME ZONE m.time_zone, 'YYYYMMDD')
         || lpad(running, greatest(6, length(running)), '0')
    INTO STRICT digits
    FROM managers_manager m WHERE m.id = of_manager;
  FOR i IN 1 .. length(digits) LOOP
    remainder := (remainder + substr(digits, i, 1)::int) % 10;
    IF remainder = 0 THEN remainder := 10; END IF;
    remainder := remainder * 2 % 11;
  END LOOP;
  RETURN 'BR' || digits || ((11 - remainder) % 10)::text;
END $$;
"""
BACKWARD = "DROP FUNCTION issue_protocol(bigint);"


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0002_permanent_truths"),
        ("managers", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
