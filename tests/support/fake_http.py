"""What the fakes of Telegram and GitHub share: a small HTTP server, rules that make it fail in named
ways, and a client for its control interface. Imported, not run."""
import email
import json
import socket
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hang(Exception):
    """Closes the connection without an answer."""


class Rules:
    """Ways of failing, set over /control/fail: {"method", "chat", "times", "how", …}.

    how: a status (429 with "retry_after", 403, 400, 500 …) with "description"; "html" (502 with a
    page), "refuse" (nothing is done, no answer), "drop" (done, but no answer), "slow" (done, the
    answer comes after "seconds"). times: how often; without it for ever. A rule without method or
    chat is for all of them.
    """

    def __init__(self):
        self.rules = []
        self.fired = 0
        self.lock = threading.Lock()

    def add(self, rule):
        with self.lock:
            self.rules.append(dict(rule))

    def clear(self):
        with self.lock:
            self.rules.clear()

    def take(self, method, chat=None):
        with self.lock:
            for rule in self.rules:
                if rule.get("method", method).lower() != method.lower():
                    continue
                if str(rule.get("chat", chat)) != str(chat):
                    continue
                if "times" in rule:
                    rule["times"] -= 1
                    if rule["times"] <= 0:
                        self.rules.remove(rule)
                self.fired += 1
                return rule
        return None


def fields_of(handler, body):
    """The parameters of a request, from wherever they stand."""
    url = urllib.parse.urlsplit(handler.path)
    fields = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
    kind = handler.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        fields.update(json.loads(body or b"{}"))
    elif kind.startswith("application/x-www-form-urlencoded"):
        fields.update(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    elif kind.startswith("multipart/form-data"):
        whole = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        for part in whole.get_payload():
            data = part.get_payload(decode=True)
            name = part.get_param("name", header="content-disposition")
            file_name = part.get_filename()
            fields[name] = {"name": file_name, "data": data} if file_name else data.decode()
    return fields


class Handler(BaseHTTPRequestHandler):
    """Gives each request to server.fake.answer(handler, path, body) -> (status, object or bytes,
    headers)."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: no 40 ms between them

    def log_message(self, *arguments):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, answer, headers = self.server.fake.answer(
                self, urllib.parse.urlsplit(self.path).path, body)
        except Hang:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except Exception as error:  # the fake's own bug must not look like a quiet peer
            print("fake:", repr(error), flush=True)
            status, answer, headers = 599, {"fake": repr(error)}, {}
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass


def run(fake, port):
    server = Server(("127.0.0.1", port), Handler)
    server.fake = fake
    print("listen", server.server_address[1], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


def control(url, path, fields=None):
    """One request to a fake's control interface, for the command line."""
    data = None if fields is None else json.dumps(fields).encode()
    request = urllib.request.Request(f"{url}/control/{path}", data=data,
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        print(error.read().decode(), file=sys.stderr)
        sys.exit(1)


def wait_until(ready, seconds, tick=0.02):
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            return False
        time.sleep(tick)
    return True
