// @ts-check
/** The API client: one function for all calls; errors contain the server's message. */

import { LOCALE, t } from "../words.js";
import { cookie } from "./cookies.js";
import { upload } from "./upload.js";

const LONGEST = 20_000;

/** The server refused a call, or was unreachable (`status` 0). */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message a sentence for people
   * @param {Record<string, any>} [more] further members of `error`
   */
  constructor(status, code, message, more = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }

  /** Whether the same call may succeed later. */
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * Returns the error of the first invalid field, if there is one, else the message.
 * @param {string} message
 * @param {Record<string, string[]>} [fields]
 */
function sentenceOf(message, fields) {
  const [sentences] = Object.values(fields ?? {});
  return sentences?.[0] ?? message;
}

export class Client {
  constructor() {
    this.csrfToken = "";
    /** Called when the session is no longer valid. */
    this.onSignedOut = () => {};
  }

  /**
   * Calls the API and returns `data` of the response.
   * @param {string} method
   * @param {string} path
   * @param {Record<string, any> | null} [body]
   * @param {{key?: string, timeout?: number, signal?: AbortSignal, keepalive?: boolean, onProgress?: (part: number) => void}} [how] `key` makes repeating it safe; `keepalive` lets it outlive the page
   * @returns {Promise<any>}
   * @throws {ApiError}
   */
  async call(method, path, body = null, how = {}) {
    const headers = new Headers({ "Accept-Language": LOCALE, Accept: "application/json" });
    if (body !== null) headers.set("Content-Type", "application/json");
    // The cookie is current even after a sign-in in another tab.
    if (method !== "GET") headers.set("X-CSRFToken", cookie("csrftoken") || this.csrfToken);
    if (how.key) headers.set("Idempotency-Key", how.key);
    const timeout = how.timeout ?? LONGEST;
    const sent = body === null ? undefined : JSON.stringify(body);
    const response = how.onProgress
      ? await this.#reach(upload(path, headers, sent ?? "", timeout, how.onProgress))
      : await this.#reach(fetch(path, { method, headers, body: sent, signal: how.signal ?? AbortSignal.timeout(timeout), keepalive: how.keepalive ?? false, credentials: "same-origin" }));
    const answer = await response.json().catch(() => null);
    if (response.ok && answer?.success) return answer.data;
    const { code = "internal", message = "", ...more } = answer?.error ?? {};
    if (code === "not_authenticated" && path !== "/api/session") this.onSignedOut();
    throw new ApiError(
      response.status,
      code,
      sentenceOf(message, more.fields) || t("The server could not do this."),
      more,
    );
  }

  /** @template Answer @param {Promise<Answer>} answer */
  async #reach(answer) {
    try {
      return await answer;
    } catch (error) {
      throw new ApiError(0, "offline", t("No connection."), { cause: error });
    }
  }
}
