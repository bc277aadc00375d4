#!/usr/bin/env python3
"""An HTTP server that answers as its path says, well and badly: for the tests of lib/http.

/echo         a JSON object: method, path, headers, body (latin-1)
/status/N     N, with a body (204 has none)
/big/N        N bytes; /chunked/N the same in chunks, without a length
/slow/MS      answers after MS milliseconds
/drip         a byte a second, for ever
/hang-up      takes the request, then closes without an answer
/once-then-hang-up   answers and keeps the connection, then closes it at its second request
/redirect/N/  N more redirects to /echo; /redirect-to?URL to somewhere else
/headers/N    N headers of 1 KiB
/count        how many requests each path has had, as JSON
"""
import json
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COUNTS = {}
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served = 0

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.served += 1
        with LOCK:
            COUNTS[self.path] = COUNTS.get(self.path, 0) + 1
        words = self.path.split("?")[0].strip("/").split("/")
        kind, number = words[0], int(words[1]) if len(words) > 1 else 0
        if kind == "echo":
            text = json.dumps({"method": self.command, "path": self.path, "served": self.served,
                               "headers": dict(self.headers), "body": body.decode("latin-1")})
            self.answer(200, text.encode(), [("X-Odd", "yes")])
        elif kind == "status":
            self.answer(number, b"" if number == 204 else b"as you like")
        elif kind == "big":
            self.answer(200, b"x" * number)
        elif kind == "chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while number > 0:
                piece = min(number, 4096)
                self.wfile.write(b"%x\r\n" % piece + b"x" * piece + b"\r\n")
                number -= piece
            self.wfile.write(b"0\r\n\r\n")
        elif kind == "slow":
            time.sleep(number / 1000)
            self.answer(200, b"late")
        elif kind == "drip":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.2)
        elif kind == "hang-up" or (kind == "once-then-hang-up" and self.served > 1):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif kind == "once-then-hang-up":
            self.answer(200, b"once")
        elif kind == "redirect":
            place = f"/redirect/{number - 1}/" if number > 1 else "/echo"
            self.answer(307, b"", [("Location", place)])
        elif kind == "redirect-to":
            self.answer(302, b"elsewhere", [("Location", self.path.split("?", 1)[1])])
        elif kind == "headers":
            self.answer(200, b"", [(f"X-{i}", "x" * 1024) for i in range(number)])
        elif kind == "count":
            self.answer(200, json.dumps(COUNTS).encode())
        else:
            self.answer(404, b"no such path")

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
print("listen", server.server_address[1], flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
