// The stick: Express 5 + node-postgres, one process, a pool, named statements; no
// keys, no validation, no change capture of its own. It reads this product's tables
// and answers the same fields in the same order. TABLES=same writes to them too, with
// their triggers and the unread update; TABLES=bare writes to a minimal copy of them.
import express from "express";
import pg from "pg";

const same = process.env.TABLES !== "bare";
const pool = new pg.Pool({ connectionString: process.env.DSN, max: 10 });
pg.types.setTypeParser(20, Number); // int8 as a number
const query = (name, text, values) => pool.query({ name, text, values });

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.use(express.json({ limit: "25mb" }));
const answer = (res, data) => res.json({ success: true, data });
const refuse = (res, status, error) => res.status(status).json({ success: false, error });

const CONTACT = `c.channel, c.external_id, c.name, c.photo, coalesce(a.code, '') AS area,
  coalesce(c.operator_id, 0)::text AS "operatorId", c.protocol, c.sa, c.unread,
  c.last_message_at FROM contacts_contact c LEFT JOIN areas_area a ON a.id = c.area_id`;
const LATEST = "ORDER BY c.last_message_at DESC NULLS LAST, c.id DESC";
const contact = (r) => ({
  id: r.channel === "whatsapp" ? Number(r.external_id) : r.external_id,
  name: r.name, photo: r.photo, area: r.area, operatorId: r.operatorId,
  protocol: r.protocol, sa: r.sa, channel: r.channel, unread: r.unread,
  lastMessageAt: r.last_message_at,
});
const message = (r, id) => {
  const shape = {
    content: r.content, type: r.type, from: r.sender || id, status: r.status, id: r.uuid,
    createdAt: r.created_at, direction: r.direction,
  };
  if (r.type !== "text") shape.url = r.url;
  if (r.error) shape.error = r.error;
  return shape;
};

app.post("/api/user/", async (req, res) => {
  const found = (await query("manager", `SELECT id, name, email, number,
    coalesce(controller_port::text, '') AS "controllerPort",
    coalesce(facebook_id, '') AS "facebookId", facebook_token AS "facebookToken"
    FROM managers_manager WHERE number = $1`, [req.body.number])).rows[0];
  if (!found) return refuse(res, 404, "manager not found");
  const { id, ...rest } = found;
  const contacts = await query("contacts", `SELECT ${CONTACT}
    WHERE c.manager_id = $1 AND c.deleted_at IS NULL ${LATEST}`, [id]);
  answer(res, { ...rest, contacts: contacts.rows.map(contact) });
});

app.post("/api/user/contact/operator", async (req, res) => {
  const { number, operatorId, area } = req.body;
  const found = (await query("place", `SELECT m.id, a.id AS area FROM managers_manager m
    JOIN areas_area a ON a.manager_id = m.id AND a.code = $2 WHERE m.number = $1`,
    [number, area])).rows[0];
  if (!found) return refuse(res, 404, "manager not found");
  const contacts = await query("of_operator", `SELECT ${CONTACT}
    WHERE c.manager_id = $1 AND c.deleted_at IS NULL
      AND (c.operator_id = $2 OR c.area_id = $3) ${LATEST}`,
    [found.id, operatorId, found.area]);
  answer(res, { contacts: contacts.rows.map(contact) });
});

app.post("/api/chat/message", async (req, res) => {
  const found = (await query("chat", `SELECT h.id, c.external_id FROM contacts_identity i
    JOIN contacts_contact c ON c.id = i.contact_id
    JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
    WHERE i.alias = $1`, [String(req.body.contactId)])).rows[0];
  if (!found) return refuse(res, 404, "chat not found");
  const messages = await query("messages", `SELECT uuid, direction, type, content, url,
    sender, status, error, created_at FROM chats_message WHERE chat_id = $1 ORDER BY id`,
    [found.id]);
  const id = Number(found.external_id);
  answer(res, messages.rows.map((row) => message(row, id)));
});

const COUNT = `UPDATE contacts_contact c
  SET unread = c.unread + 1, last_message_at = now()
  FROM contacts_identity i, managers_manager m
  WHERE m.number = $1 AND i.manager_id = m.id AND i.channel = 'whatsapp'
    AND i.alias = $2 AND c.id = i.contact_id RETURNING c.id`;
const INSERT = `INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id,
    direction, type, content, url, sender, status, error, created_at)
  SELECT gen_random_uuid(), h.manager_id, h.contact_id, h.id, 'in', 'text', $2, '', '',
    'wait', '', now() FROM chats_chat h WHERE h.contact_id = $1 AND h.closed_at IS NULL
  RETURNING uuid, direction, type, content, sender, status, error, created_at`;

const sendSame = async ({ managerNumber, contactNumber, content }) => {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const counted = await client.query({ name: "count", text: COUNT,
      values: [managerNumber, String(contactNumber)] });
    const stored = await client.query({ name: "insert", text: INSERT,
      values: [counted.rows[0]?.id, content] });
    await client.query("COMMIT");
    return stored.rows[0] && message(stored.rows[0], contactNumber);
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
};
const sendBare = async ({ contactNumber, content, from }) => {
  const stored = await query("send", `INSERT INTO bare.message (chat_id, content, type, sender)
    SELECT id, $2, 'text', $3 FROM bare.chat WHERE ext_id = $1
    RETURNING content, type, status`, [String(contactNumber), content, String(from)]);
  const row = stored.rows[0];
  return row && { content: row.content, type: row.type, from, status: row.status };
};
app.post("/api/chat/message/send", async (req, res) => {
  if (typeof req.body.content !== "string" || req.body.type !== "text")
    return refuse(res, 400, "bad message");
  const stored = await (same ? sendSame : sendBare)(req.body);
  stored ? answer(res, stored) : refuse(res, 404, "chat not found");
});

app.put("/api/user/contact/sa/increase", async (req, res) => {
  const { facebookId, contactId } = req.body;
  const text = same
    ? `UPDATE contacts_contact c SET sa = c.sa + 1 FROM contacts_identity i, managers_manager m
       WHERE m.facebook_id = $1 AND i.manager_id = m.id AND i.channel = 'facebook'
         AND i.alias = $2 AND c.id = i.contact_id RETURNING c.sa`
    : `UPDATE bare.contact c SET sa = c.sa + 1 FROM bare.manager m
       WHERE m.facebook_id = $1 AND c.manager_id = m.id AND c.ext_id = $2 RETURNING c.sa`;
  const changed = await query("sa", text, [String(facebookId), String(contactId)]);
  changed.rowCount ? answer(res, changed.rows[0].sa) : refuse(res, 404, "contact not found");
});

app.put("/api/user/contact/operator/my", async (req, res) => {
  const { number, operatorId, contactId } = req.body;
  const text = same
    ? `UPDATE contacts_contact c SET operator_id = $3 FROM contacts_identity i, managers_manager m
       WHERE m.number = $1 AND i.manager_id = m.id AND i.channel = 'whatsapp' AND i.alias = $2
         AND c.id = i.contact_id AND (c.operator_id IS NULL OR c.operator_id = $3)`
    : `UPDATE bare.contact c SET operator_id = $3 FROM bare.manager m
       WHERE m.number = $1 AND c.manager_id = m.id AND c.ext_id = $2
         AND c.operator_id IN ('0', $3)`;
  const changed = await query("claim", text, [number, String(contactId), operatorId]);
  changed.rowCount
    ? answer(res, "Contact Send to the operator")
    : refuse(res, 409, "contact taken");
});

app.listen(Number(process.env.PORT), "127.0.0.1", 511);
