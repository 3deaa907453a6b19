// @ts-check
/** An upload with progress events, which `fetch` does not support. */

/**
 * Posts a body.
 * @param {string} path
 * @param {Headers} headers
 * @param {string} body
 * @param {number} timeout
 * @param {(part: number) => void} onProgress called with a part from 0 to 1
 * @returns {Promise<{ok: boolean, status: number, json: () => Promise<any>}>}
 */
export function upload(path, headers, body, timeout, onProgress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.timeout = timeout;
    headers.forEach((value, name) => request.setRequestHeader(name, value));
    let shown = 0;
    request.upload.onprogress = ({ loaded, total }) => {
      const part = total ? loaded / total : 0;
      if (part - shown < 0.02 && part < 1) return;
      shown = part;
      onProgress(part);
    };
    request.onload = () =>
      done({
        ok: request.status >= 200 && request.status < 300,
        status: request.status,
        json: async () => JSON.parse(request.responseText),
      });
    request.onerror = request.ontimeout = request.onabort = () => failed(new TypeError("network"));
    request.send(body);
  });
}
