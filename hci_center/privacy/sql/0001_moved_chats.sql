-- Two contacts turn out to be one person: with its chats, what was asked about the one, and
-- what keeps it from being erased, are about the other. Nothing but that updates the column.
CREATE FUNCTION privacy_follow_chat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE privacy_hold SET contact_id = NEW.contact_id WHERE contact_id = OLD.contact_id;
  UPDATE privacy_subject s SET contact_id = NEW.contact_id
   WHERE s.contact_id = OLD.contact_id
     AND NOT EXISTS (SELECT FROM privacy_subject x
                      WHERE x.request_id = s.request_id AND x.contact_id = NEW.contact_id);
  RETURN NULL;
END $$;
CREATE TRIGGER privacy_follow_chat AFTER UPDATE OF contact_id ON chats_chat FOR EACH ROW
  WHEN (OLD.contact_id IS DISTINCT FROM NEW.contact_id)
  EXECUTE FUNCTION privacy_follow_chat();
