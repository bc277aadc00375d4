#!/usr/bin/env python3
"""What is tried on an HTTP server in anger: hostile_http.py URL KEY.

Prints one line a test and ends with 1 if the server did not stand it. URL is the API's with its
prefix.
"""

import gzip
import http.client
import json
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

URL = urlsplit(sys.argv[1])
KEY = sys.argv[2]
RELEASE = json.dumps(
    dict(service_name="demo", release_tag="v1.0.0", initiated_by="me", github_run_id="1")
).encode()
AUTH = f"Host: x\r\nAuthorization: Bearer {KEY}\r\n".encode()
JSON = b"Content-Type: application/json\r\n"
bad = []


def connect(timeout=20):
    return socket.create_connection((URL.hostname, URL.port), timeout=timeout)


def line(method, path):
    return f"{method} {URL.path}{path} HTTP/1.1\r\n".encode()


def answer(s):
    """The status, or "closed"."""
    data = b""
    try:
        while b"\r\n" not in data:
            more = s.recv(4096)
            if not more:
                break
            data += more
    except (ConnectionError, socket.timeout) as error:
        return "timeout" if isinstance(error, socket.timeout) else "closed"
    return int(data.split()[1]) if data.startswith(b"HTTP/1.") else "closed"


def raw(data):
    s = connect()
    try:
        s.sendall(data)
    except ConnectionError:
        pass
    got = answer(s)
    s.close()
    return got


def healthy():
    began = time.monotonic()
    c = http.client.HTTPConnection(URL.hostname, URL.port, timeout=10)
    c.request("GET", URL.path + "/health")
    ok = c.getresponse().status == 200
    c.close()
    return ok, time.monotonic() - began


def expect(name, got, allowed):
    ok, took = healthy()
    good = got in allowed and ok and took < 1
    print(f"{'ok ' if good else 'BAD'} {name}: {got}; healthy in {took * 1000:.0f} ms", flush=True)
    if not good:
        bad.append(name)


def post(more, body, path="/release"):
    return raw(line("POST", path) + AUTH + JSON + more + b"\r\n" + body)


def length(body):
    return f"Content-Length: {len(body)}\r\n".encode()


def endless_chunks(s):
    s.sendall(line("POST", "/release") + AUTH + JSON + b"Transfer-Encoding: chunked\r\n\r\n")
    try:
        for _ in range(4096):  # 64 MiB, if it is taken
            s.sendall(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
    except (ConnectionError, socket.timeout):
        pass


def chunked():
    s = connect()
    endless_chunks(s)
    got = answer(s)
    s.close()
    return got


def many_headers(count):
    s = connect()
    try:
        s.sendall(line("GET", "/health") + b"Host: x\r\n")
        for i in range(0, count, 1000):
            s.sendall(b"".join(b"h%d: x\r\n" % n for n in range(i, i + 1000)))
        s.sendall(b"\r\n")
    except ConnectionError:
        pass
    got = answer(s)
    s.close()
    return got


def drip(s, data, stop):
    try:
        for byte in data:
            if stop.is_set():
                break
            s.sendall(bytes([byte]))
            stop.wait(1)
    except OSError:
        pass


def slow(count):
    """1 byte/s headers, 1 byte/s bodies, and half-open ones that send nothing."""
    stop = threading.Event()
    sockets, threads = [], []
    head = line("POST", "/release") + AUTH + JSON + b"Content-Length: 1000\r\n\r\n"
    for i in range(count):
        s = connect()
        sockets.append(s)
        if i % 3 == 1:
            threads.append(threading.Thread(target=drip, args=(s, head, stop)))
        elif i % 3 == 2:
            s.sendall(head)
            threads.append(threading.Thread(target=drip, args=(s, b" " * 1000, stop)))
    for t in threads:
        t.start()
    time.sleep(1.5)
    worst = 0
    ok = True
    for _ in range(20):
        good, took = healthy()
        ok, worst = ok and good, max(worst, took)
        time.sleep(0.05)
    c = http.client.HTTPConnection(URL.hostname, URL.port, timeout=10)
    began = time.monotonic()
    c.request(
        "POST",
        URL.path + "/release",
        RELEASE,
        {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    ok = ok and c.getresponse().status in (200, 201)
    worst = max(worst, time.monotonic() - began)
    # None of them is kept for ever.
    time.sleep(16)
    left = 0
    for s in sockets:
        s.settimeout(0.05)
        try:
            left += s.recv(1) == b"?"
        except socket.timeout:
            left += 1
        except OSError:
            pass
    stop.set()
    for s in sockets:
        s.close()
    for t in threads:
        t.join()
    print(f"    worst of 21 requests beside {count} slow ones: {worst * 1000:.0f} ms; left: {left}")
    return ok and worst < 1 and left == 0


bomb = gzip.compress(b"0" * (200 << 20), 1)[: 200 << 10]
deep = b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}"
two = line("GET", "/health") + b"Host: x\r\n\r\n"

expect("no HTTP at all", raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20), (400, "closed"))
expect("endless line", raw(b"GET /" + b"a" * 100000), (400, "closed"))
expect("endless chunked body", chunked(), (413, "closed"))
expect("200,000 headers", many_headers(200000), (400, "closed"))
expect("1,000 headers", many_headers(1000), (400, "closed"))
expect("two Content-Length", post(length(RELEASE) + length(RELEASE), RELEASE), (400,))
expect("two Content-Length, unequal", post(b"Content-Length: 3\r\n" + length(RELEASE), RELEASE), (400,))
expect(
    "Content-Length with Transfer-Encoding",
    post(length(RELEASE) + b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    (400,),
)
expect(
    "Transfer-Encoding with Content-Length",
    post(b"Transfer-Encoding: chunked\r\n" + length(RELEASE), b"0\r\n\r\n"),
    (400,),
)
expect("negative length", post(b"Content-Length: -5\r\n", b""), (400,))
expect("huge length", post(b"Content-Length: 99999999999999999999\r\n", b""), (400, 413))
expect("length beyond the limit", post(b"Content-Length: 1000000000\r\n", b""), (413,))
expect("negative chunk", post(b"Transfer-Encoding: chunked\r\n", b"-1\r\n\r\n"), (400, "closed"))
expect("huge chunk", post(b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff\r\nx"), (400, 413, "closed"))
expect("endless chunk extension", post(b"Transfer-Encoding: chunked\r\n", b"1;" + b"a" * 200000), (400, 413, "closed"))
expect("gzip bomb", post(length(bomb) + b"Content-Encoding: gzip\r\n", bomb), (415,))
expect("gzip as transfer encoding", post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), (400,))
expect("deep JSON", post(length(deep), deep), (400,))
expect("invalid UTF-8", post(length(b'{"a":"\xff"}'), b'{"a":"\xff"}'), (400,))
expect("lone surrogate", post(length(b'{"a":"\\ud800"}'), b'{"a":"\\ud800"}'), (400,))
expect("duplicate keys", post(length(b'{"a":1,"a":2}'), b'{"a":1,"a":2}'), (400,))
expect("big integer", post(length(b'{"release_id":1e400}'), b'{"release_id":1e400}'), (400, 422))
expect("NUL in a header", raw(line("GET", "/health") + b"Host: x\r\nX: a\0b\r\n\r\n"), (400,))
expect("header folding", raw(line("GET", "/health") + b"Host: x\r\nX: a\r\n b\r\n\r\n"), (200, 400))
expect("pipelined", raw(two * 50), (200,))
expect("100-continue", post(length(RELEASE) + b"Expect: 100-continue\r\n", b""), (100,))
expect("a body where none is wanted", raw(line("GET", "/health") + b"Host: x\r\n" + length(b"x" * 9999) + b"\r\n" + b"x" * 9999), (413,))
expect("without a key, no body is read", raw(line("POST", "/release") + b"Host: x\r\n" + JSON + b"Content-Length: 200000\r\n\r\n"), (401,))
expect("200 slow clients", slow(200), (True,))
sys.exit(1 if bad else 0)
