"""A fake S3 server of one bucket: put, head, get, delete and list objects."""

from __future__ import annotations

import hashlib
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET = "AKIDEXAMPLE", "canary-secret-of-the-bucket"
NAME = "files-of-the-centre"


class FakeBucket:
    """Refuses unknown credentials, and bodies that do not match their signature.

    `is_away`: it answers every request with 503. `stalls`: it answers no request until
    the event is set. `keys` are the objects with their bytes.
    """

    def __init__(self):
        self.keys, self.written = {}, {}
        self.requests = []
        self.is_away = False
        self.stalls = None

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"bucket": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        ).start()
        return self

    def __exit__(self, *_):
        if self.stalls is not None:
            self.stalls.set()
        self._server.shutdown()
        self._server.server_close()

    def age(self, key, hours=2):
        self.written[key] -= timedelta(hours=hours)

    def listed(self, prefix, delimiter):
        contents, folders = [], set()
        for key in sorted(self.keys):
            if not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.split(delimiter)[0] + delimiter)
            else:
                contents.append(key)
        return "".join(
            [
                '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
                f"<Name>{NAME}</Name><IsTruncated>false</IsTruncated>",
                *(
                    f"<Contents><Key>{escape(key)}</Key>"
                    f"<LastModified>{self.written[key]:%Y-%m-%dT%H:%M:%S.000Z}"
                    f"</LastModified><Size>{len(self.keys[key])}</Size></Contents>"
                    for key in contents
                ),
                *(
                    f"<CommonPrefixes><Prefix>{escape(p)}</Prefix></CommonPrefixes>"
                    for p in sorted(folders)
                ),
                "</ListBucketResult>",
            ]
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: FakeBucket

    def log_message(self, *_):
        pass

    def _serve(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        self.bucket.requests.append((self.command, unquote(parts.path)))
        if self.bucket.stalls is not None:
            self.bucket.stalls.wait(30)
        refusal = self._refusal(body)
        if refusal:
            self._say(*refusal)
            return
        name, _, key = unquote(parts.path).lstrip("/").partition("/")
        if name != NAME:
            self._say(404, _fault("NoSuchBucket"))
        elif not key:
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            listed = self.bucket.listed(
                query.get("prefix", ""), query.get("delimiter", "")
            )
            self._say(200, listed)
        else:
            getattr(self, f"_{self.command.lower()}")(key, body)

    do_GET = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 - http.server's

    def _refusal(self, body):
        if self.bucket.is_away:
            return 503, _fault("SlowDown")
        signed = re.match(
            rf"AWS4-HMAC-SHA256 Credential={KEY}/\d+/[\w-]+/s3/aws4_request, ",
            self.headers.get("authorization", ""),
        )
        if not signed:
            return 403, _fault("InvalidAccessKeyId")
        said = self.headers.get("x-amz-content-sha256")
        if said != hashlib.sha256(body).hexdigest():
            return 400, _fault("XAmzContentSHA256Mismatch")
        return None

    def _put(self, key, body):
        self.bucket.keys[key] = body
        self.bucket.written[key] = datetime.now(UTC)
        self._say(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')  # noqa: S324

    def _get(self, key, _body):
        if key not in self.bucket.keys:
            self._say(404, _fault("NoSuchKey"))
            return
        written = self.bucket.written[key]
        self._say(
            200,
            self.bucket.keys[key],
            Last_Modified=f"{written:%a, %d %b %Y %H:%M:%S GMT}",
            ETag='"1"',
        )

    _head = _get

    def _delete(self, key, _body):
        self.bucket.keys.pop(key, None)
        self._say(204)

    def _say(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _fault(code):
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
