// @ts-check
/** Scales down pictures that are too large to send, as JPEG. */

import { fileSize } from "../format/names.js";
import { LOCALE, t } from "../words.js";
import { isHeic } from "./files.js";

const LARGEST = 4 * 2 ** 20;
export const LONGEST_SIDE = 2560;
const QUALITIES = [0.86, 0.75, 0.6];
// Other types may be animated, and a canvas only has their first frame.
const STILL = /^image\/(jpeg|png)$/;

/**
 * Returns the picture to send, and a note about the conversion.
 * @param {File} file
 * @returns {Promise<{file: File, note: string}>}
 */
export async function prepared(file) {
  const isPhoto = isHeic(file);
  if (!isPhoto && !STILL.test(file.type)) return { file, note: "" };
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture)
    return { file, note: isPhoto ? t("This HEIC photo cannot be shown here. It is sent, and the customer gets it as JPEG.") : "" };
  try {
    const size = sizeWithin(picture.width, picture.height);
    const isLarge = file.size > LARGEST || size.width < picture.width;
    if (!isPhoto && !isLarge) return { file, note: "" };
    const blob = await drawn(picture, size);
    if (!blob || (!isPhoto && blob.size >= file.size)) return { file, note: "" };
    const name = file.name.replace(/\.[^.]*$/, "") || "foto";
    const note = isLarge
      ? t("Picture reduced to {size}", { size: fileSize(blob.size, LOCALE) })
      : t("Photo changed to JPEG, {size}", { size: fileSize(blob.size, LOCALE) });
    return { file: new File([blob], `${name}.jpg`, { type: "image/jpeg" }), note };
  } finally {
    picture.close();
  }
}

/** Returns the size, scaled to the maximum length of the longer side. @param {number} width @param {number} height */
export function sizeWithin(width, height) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** @param {ImageBitmap} picture @param {{width: number, height: number}} size */
async function drawn(picture, { width, height }) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = "#ffffff"; // JPEG has no transparency
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  /** @type {Blob | null} */
  let blob = null;
  for (const quality of QUALITIES) {
    blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob && blob.size <= LARGEST) break;
  }
  return blob;
}
