// @ts-check
/** Files to send. */

/**
 * `note` describes a conversion; `preview` is the URL of its picture.
 * @typedef {{name: string, size: number, preview: string, note: string, file: {blob: Blob, type: string, fileName: string}}} Attachment
 */

/** Returns a file as a data URI. @param {Blob} blob @returns {Promise<string>} */
export function readBase64(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Returns the message type of a file. @param {{type: string, name?: string}} file */
export function kindOf(file) {
  const { type } = file;
  if (/^image\/(jpeg|png|webp|gif)$/.test(type) || isHeic(file)) return "image";
  if (type.startsWith("audio/")) return "audio";
  if (type === "video/mp4" || type === "video/3gpp") return "video";
  return type === "application/pdf" ? "pdf" : "file";
}

/** Whether it is an iPhone photo (HEIC); most browsers do not know the type. @param {{type: string, name?: string}} file */
export function isHeic({ type, name = "" }) {
  return /^image\/hei[cf]/.test(type) || (type === "" && /\.hei[cf]$/i.test(name));
}

/** @param {File} file @param {string} [note] @returns {Attachment} */
export function attachmentOf(file, note = "") {
  const type = kindOf(file);
  // The server detects the type from the bytes, but a data URI must have one.
  const blob = isHeic(file) ? new Blob([file], { type: "image/heic" }) : file;
  const isShown = type === "image" && !isHeic(file);
  return {
    name: file.name,
    size: file.size,
    preview: isShown ? URL.createObjectURL(file) : "",
    note,
    file: { blob, type, fileName: file.name },
  };
}
