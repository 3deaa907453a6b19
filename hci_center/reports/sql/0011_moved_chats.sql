-- A chat that becomes another contact's, as two contacts turn out to be one person: it is
-- computed anew, and so are the contact's chats of which it may be the return (recontact).
-- Nothing but that updates the column.
CREATE FUNCTION report_mark_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO report_dirty (chat_id)
  SELECT h.id FROM chats_chat h
   WHERE h.id = NEW.id
      OR h.contact_id = NEW.contact_id AND h.opened_at < NEW.opened_at
         AND (h.closed_at IS NULL OR h.closed_at >= NEW.opened_at - interval '72 hours');
  RETURN NULL;
END $$;
CREATE TRIGGER report_mark_moved AFTER UPDATE OF contact_id ON chats_chat FOR EACH ROW
  WHEN (OLD.contact_id IS DISTINCT FROM NEW.contact_id)
  EXECUTE FUNCTION report_mark_moved();
