"""An image registry that only gives: serves what `docker save` wrote, unpacked into a folder.

static_registry.py PORT FOLDER, where FOLDER holds blobs/sha256/… and tags/NAME with a digest in it.
"""

import http.server
import json
import pathlib
import sys

FOLDER = pathlib.Path(sys.argv[2])
K_LISTED = "application/vnd.oci.image.index.v1+json"


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def find(self):
        """The body and its type; None for what is not here."""
        if self.path == "/v2/":
            return b"{}", "application/json"
        kind, name = self.path.split("/")[-2:]
        tag = FOLDER / "tags" / name
        if kind == "manifests" and tag.is_file():
            name = tag.read_text().strip()
        blob = FOLDER / "blobs" / "sha256" / name.removeprefix("sha256:")
        if not blob.is_file():
            return None
        body = blob.read_bytes()
        if kind != "manifests":
            return body, "application/octet-stream"
        return body, json.loads(body).get("mediaType", K_LISTED)

    def answer(self, with_body):
        found = self.find()
        body, kind = found or (b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', "application/json")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Registry).serve_forever()
