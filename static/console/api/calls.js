// @ts-check
/** The API calls that the console uses, one method each. */

import { readBase64 } from "../composer/files.js";

/** @typedef {import("../types.js").Id} Id */
/** @typedef {import("../types.js").Filter} Filter */

/** A reference to a contact, as in calls. @typedef {{m: Id, id: Id}} Ref */

// The timeout for a file of 25 MB over a connection of 1 Mbit/s.
const UPLOAD = 300_000;
// A placeholder in a path for the port of a manager that is not loaded yet.
const PORT = "{port}";

/** The fields that identify a manager. @param {Id} m */
export function managerFields(m) {
  return typeof m === "number" ? { number: m } : { facebookId: m };
}

const STATE = { mine: "mine", queue: "waiting", answered: "mineAnswered", closed: "closed", search: "all" };

export class Calls {
  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.client = client;
    /** The id of the signed-in operator; "0" for a supervisor who is not an operator. */
    this.operatorId = "0";
    /** Returns a contact's channel, if it is known. @type {(ref: Ref) => string | undefined} */
    this.channelOf = () => undefined;
    /** Returns a manager, if it is known. @type {(m: Id) => import("../types.js").Manager | undefined} */
    this.managerOf = () => undefined;
  }

  /**
   * The fields that identify the manager of a contact: a manager with a number and a page
   * is identified by the one that the contact writes to.
   * @param {Ref} ref
   */
  #manager(ref) {
    const manager = this.managerOf(ref.m);
    const channel = this.channelOf(ref) ?? (typeof ref.id === "number" ? "whatsapp" : undefined);
    if (channel === "facebook" && manager?.facebookId) return { facebookId: manager.facebookId };
    // Its page is not known yet: the contact alone is sufficient.
    if (channel === "facebook" && typeof ref.m === "number") return {};
    if (channel === undefined && !(manager && manager.facebookId === null)) return {};
    return managerFields(ref.m);
  }

  // Session

  whoAmI = () => this.client.call("GET", "/api/session");
  signOut = () => this.client.call("DELETE", "/api/session");
  socket = () => this.client.call("POST", "/api/socket", {});
  settings = () => this.client.call("GET", "/api/session/settings");
  /** @param {Record<string, any>} settings */
  saveSettings = (settings) => this.client.call("PUT", "/api/session/settings", settings);
  /** @param {string} password @param {string} newPassword */
  changePassword = (password, newPassword) => this.client.call("PUT", "/api/session/password", { password, newPassword });
  sessions = () => this.client.call("GET", "/api/session/list");
  /** @param {number} id */
  endSession = (id) => this.client.call("DELETE", "/api/session/list", { id });
  /** @param {string} username @param {string} password @param {string} otp The code of the second factor, or "". */
  signIn = (username, password, otp) =>
    this.client.call("POST", "/api/session", { username, password, ...(otp && { otp }) });
  /** @param {string} presence @param {string} [reason] */
  setPresence = (presence, reason) =>
    this.client.call("PUT", "/api/operator/presence", {
      operatorId: this.operatorId,
      presence,
      ...(reason ? { reason } : {}),
    });

  // Options and lists

  managers = () => this.client.call("GET", "/api/user/?contacts=0");
  /** @param {import("../types.js").Manager} manager */
  areas = (manager) =>
    this.client.call(
      "GET",
      manager.controllerPort
        ? `/api/area/${manager.controllerPort}`
        : `/api/area/facebook/${manager.facebookId}`,
    );
  /** @param {Id} m */
  operators = (m) => this.client.call("POST", "/api/operator/get", managerFields(m));
  /** @param {Id} m */
  templates = (m) => this.client.call("POST", "/api/user/templates", managerFields(m));
  /** @param {Id} m */
  gateway = (m) => this.client.call("POST", "/api/user/session", managerFields(m));
  /** @param {Id} m */
  options = (m) => this.client.call("POST", "/api/user/options", managerFields(m));

  // Lists

  /**
   * A page of a list; `after` is the `next` of the previous page.
   * @param {Filter} filter
   * @param {{after?: string | null, limit?: number, feedCounts?: boolean}} page
   */
  list(filter, { after, limit = 60, feedCounts } = {}) {
    /** @type {Record<string, any>} */
    const body = { state: STATE[filter.tab], limit };
    if (this.operatorId !== "0") body.operatorId = this.operatorId;
    if (filter.m != null) Object.assign(body, managerFields(filter.m));
    for (const name of /** @type {const} */ (["area", "tag", "channel"]))
      if (filter[name] != null) body[name] = filter[name];
    if (filter.tab === "search") body[filter.words ? "words" : "text"] = filter.text;
    if (after) body.after = after;
    if (feedCounts) body.feedCounts = true;
    return this.client.call("POST", "/api/chat/list", body);
  }

  // One contact

  /** @param {Ref} ref */
  #of(ref) {
    return { ...this.#manager(ref), operatorId: this.operatorId, contactId: ref.id };
  }

  /** @param {Ref} ref @param {string} [protocol] */
  chat = (ref, protocol) =>
    this.client.call("POST", "/api/chat/get", { ...this.#of(ref), ...(protocol ? { protocol } : {}) });
  /** @param {Ref} ref @param {{before?: string, limit?: number}} [page] */
  messages = (ref, page = {}) =>
    this.client.call("POST", "/api/chat/message", { ...this.#of(ref), closed: true, protocols: true, limit: 60, ...page });
  /** @param {Ref} ref */
  history = (ref) => this.client.call("POST", "/api/chat/history", { ...this.#of(ref), limit: 200 });
  /** @param {Ref} ref */
  notes = (ref) => this.client.call("POST", "/api/chat/note/get", this.#of(ref));
  /** @param {Ref} ref */
  files = (ref) => this.client.call("POST", "/api/chat/files", { ...this.#of(ref), limit: 24 });
  /** @param {Ref} ref */
  why = (ref) => this.client.call("POST", "/api/chat/why", this.#of(ref));
  /** @param {Ref} ref */
  replies = (ref) => this.client.call("POST", "/api/reply/get", this.#of(ref));
  /** @param {Ref} ref @param {string} text @param {string} sendAt @param {string} key */
  schedule = (ref, text, sendAt, key) =>
    this.client.call("POST", "/api/chat/schedule", { ...this.#of(ref), content2: text, sendAt }, { key });
  /** @param {Ref} ref @param {string} id */
  cancelScheduled = (ref, id) =>
    this.client.call("DELETE", "/api/chat/schedule/", { ...this.#of(ref), id });
  /** @param {Ref} ref */
  scheduled = (ref) => this.client.call("POST", "/api/chat/schedule/get", this.#of(ref));
  /** @param {Ref} ref @param {string} protocol */
  transcript = (ref, protocol) =>
    this.client.call("POST", "/api/chat/transcript", { ...this.#manager(ref), protocol });

  /** @param {Ref} ref */
  claim = (ref) => this.client.call("PUT", "/api/user/contact/operator/my", this.#of(ref));
  /** @param {Ref} ref */
  markRead = (ref) => this.client.call("POST", "/api/chat/message/read", this.#of(ref));
  /** @param {Ref} ref */
  giveBack = (ref) =>
    this.client.call("PUT", "/api/user/contact/operator", { ...this.#manager(ref), contactId: ref.id, operatorId: "0" });
  /**
   * Transfers a chat, with a single call even to an operator of another area.
   * @param {import("../outbox/transfers.js").Transfer} transfer
   */
  transfer({ ref, area, to, isMove, reason, note, key }) {
    const fields = { ...this.#manager(ref), contactId: ref.id, ...(reason ? { reason } : {}), ...(note ? { note } : {}) };
    const how = { key, keepalive: true };
    if (!isMove) return this.client.call("PUT", "/api/user/contact/operator", { ...fields, operatorId: to }, how);
    return this.client.call("PUT", "/api/user/contact/area", { ...fields, area, toOperatorId: to }, how);
  }
  /** @param {Ref} ref @param {{reason?: string, survey?: boolean}} how */
  close = (ref, how) => this.client.call("PUT", "/api/chat/close", { ...this.#of(ref), ...how });
  /** @param {Ref} ref @param {string} protocol */
  reopen = (ref, protocol) =>
    this.client.call("PUT", "/api/chat/reopen", { ...this.#of(ref), protocol, claim: true });
  /** @param {Ref} ref @param {{add?: string[], remove?: string[]}} change */
  tag = (ref, change) => this.client.call("PUT", "/api/chat/tag", { ...this.#of(ref), ...change });
  /** @param {Ref} ref @param {string} text @param {string[]} mentions @param {string} key */
  note = (ref, text, mentions, key) =>
    this.client.call("POST", "/api/chat/note", { ...this.#of(ref), text, mentions }, { key });
  /** @param {Ref} ref @param {string} id */
  sendAgain = (ref, id) =>
    this.client.call("PUT", "/api/chat/message/again", { ...this.#of(ref), id });

  /**
   * The call that sends a text.
   * @param {Ref & {channel: string, port: string | null}} to
   * @param {string} text
   * @param {{replyTo?: string}} [more]
   */
  textCall(to, text, more = {}) {
    const [path, fields] = this.#sending(to, "");
    return { path, fields: { ...fields, operatorId: this.operatorId, content2: text, ...more } };
  }

  /**
   * The call that sends a file; its content is added when it is sent.
   * @param {Ref & {channel: string, port: string | null}} to
   * @param {{type: string, fileName?: string}} file
   * @param {{caption?: string, replyTo?: string}} [more]
   */
  fileCall(to, { type, fileName }, more = {}) {
    const [path, fields] = this.#sending(to, "file/");
    return { path, fields: { ...fields, from: this.operatorId, type, ...(fileName ? { fileName } : {}), ...more } };
  }

  /**
   * Returns the path for sending to a contact, with the port of its manager; null while the
   * manager is not loaded, as just after the page was opened.
   * @param {string} path
   * @param {string} contact
   */
  pathOf(path, contact) {
    if (!path.endsWith(PORT)) return path;
    const manager = this.managerOf(JSON.parse(contact)[0]);
    return manager ? path.replace(PORT, String(manager.controllerPort)) : null;
  }

  /**
   * Sends a message; calls with the same `key` send it only once.
   * @param {string} path
   * @param {Record<string, any>} fields
   * @param {{blob: Blob} | undefined} file
   * @param {string} key
   * @param {(part: number) => void} onProgress
   */
  async send(path, fields, file, key, onProgress) {
    if (!file) return this.client.call("POST", path, fields, { key });
    const base64 = await readBase64(file.blob);
    return this.client.call("POST", path, { ...fields, base64 }, { key, timeout: UPLOAD, onProgress });
  }

  /**
   * Sends an approved template.
   * @param {Ref & {channel: string, port: string | null}} to
   * @param {string} name
   * @param {string} language
   * @param {string[]} parameters
   * @param {string} key
   */
  sendTemplate(to, name, language, parameters, key) {
    const [path, fields] = this.#sending(to, "template/");
    const body = { ...fields, operatorId: this.operatorId, name, language, parameters };
    return this.client.call("POST", path, body, { key });
  }

  /**
   * @param {Ref & {channel: string, port: string | null}} to
   * @param {string} kind
   * @returns {[string, Record<string, any>]}
   */
  #sending({ m, id, channel, port }, kind) {
    const base = `/api/chat/message/send/operator/${kind}`;
    if (channel === "facebook") return [`${base}facebook`, { ...this.#manager({ m, id }), contactId: id }];
    return [`${base}${port ?? PORT}`, typeof id === "number" ? { contactNumber: id } : { contactId: id }];
  }
}
