// @ts-check
/** Converts a queued message to the form shown in a conversation. */

/** @typedef {import("../types.js").Message} Message */

/** The preview URLs of queued files. @type {WeakMap<Blob, string>} */
const urls = new WeakMap();

/**
 * @param {import("./outbox.js").Entry} entry
 * @param {string} me
 * @returns {Message}
 */
export function messageOf({ key, at, fields, file, error, progress }, me) {
  /** @type {Message} */
  const message = {
    id: key,
    content: fields.content2 ?? "",
    type: "text",
    from: me,
    status: error ? "failed" : "wait",
    createdAt: new Date(at).toISOString(),
    direction: "out",
  };
  if (error) message.error = error;
  if (fields.replyTo) message.replyTo = fields.replyTo;
  if (!file) return message;
  const { fileName } = file;
  Object.assign(message, { type: file.type, url: urlOf(file.blob), fileSize: file.blob.size });
  if (fields.caption) message.caption = fields.caption;
  if (fileName) message.fileName = fileName;
  if (progress) message.progress = progress;
  return message;
}

/** @param {Blob} blob */
function urlOf(blob) {
  let url = urls.get(blob);
  if (!url) urls.set(blob, (url = URL.createObjectURL(blob)));
  return url;
}

/** Releases the preview of a file. @param {Blob | undefined} blob */
export function forget(blob) {
  const url = blob && urls.get(blob);
  if (url) URL.revokeObjectURL(url);
}
