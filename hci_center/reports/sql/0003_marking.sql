-- A chat that is closed or reopened, or whose survey changes, is computed anew. All other
-- lines pay nothing.
CREATE FUNCTION report_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO report_dirty (chat_id) VALUES (NEW.chat_id);
  RETURN NULL;
END $$;
CREATE TRIGGER report_mark AFTER INSERT ON chats_chatevent FOR EACH ROW
  WHEN (NEW.kind IN ('closed', 'reopened')) EXECUTE FUNCTION report_mark();
CREATE TRIGGER report_mark AFTER INSERT OR UPDATE OF state, rating, asked_at, answered_at
  ON chats_survey FOR EACH ROW EXECUTE FUNCTION report_mark();

CREATE FUNCTION report_keep_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO report_zone (manager_id, zone) VALUES (OLD.id, OLD.time_zone);
  RETURN NULL;
END $$;
CREATE TRIGGER report_keep_zone AFTER UPDATE OF time_zone ON managers_manager FOR EACH ROW
  WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION report_keep_zone();

-- What was closed before: the worker takes it on.
INSERT INTO report_dirty (chat_id)
SELECT DISTINCT e.chat_id FROM chats_chatevent e WHERE e.kind = 'closed';
