"""Listens at addresses of the world and writes down every byte that comes; says just enough of HTTP
and Postgres to be given a secret. listeners.py SPECIFICATION CERTIFICATES RECEIVED

A line of the specification: http|https|redirect|postgres ADDRESS PORT [CERTIFICATE [LOCATION]].
What came to ADDRESS stands in RECEIVED/"ADDRESS:PORT KIND [CERTIFICATE]", the certificate only if it
is not the good one: to whoever shows another's certificate nothing may be sent.
"""

import socket
import ssl
import sys
import threading

specification, certificates, received = sys.argv[1:4]
lock = threading.Lock()


def write(label, data):
    with lock, open(f"{received}/{label}", "ab") as out:
        out.write(data + b"\n")


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data, False
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if name.lower() == b"expect":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body, True


def http(connection, label, location):
    while True:
        request, whole = read_request(connection)
        if request:
            write(label, request)
        if not whole:
            return
        text = b'{"ok":false,"error_code":401,"description":"no","error":{"code":"no","message":"no"}}'
        status = b"401 Unauthorized"
        more = b""
        if location:
            # The method and the body are to be sent again, so is whatever goes with them.
            status, more = b"307 Temporary Redirect", b"Location: " + location.encode() + b"\r\n"
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n" + more
                           + b"Content-Length: %d\r\n\r\n" % len(text) + text)


def exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise OSError("gone")
        data += more
    return data


def postgres(connection, label, context):
    while True:
        length = int.from_bytes(exactly(connection, 4), "big")
        packet = exactly(connection, length - 4)
        code = int.from_bytes(packet[:4], "big")
        if code == 80877103 and context:  # SSLRequest
            connection.sendall(b"S")
            connection = context.wrap_socket(connection, server_side=True)
        elif code in (80877103, 80877104):
            connection.sendall(b"N")
        else:
            break
    write(label, packet)
    connection.sendall(b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big"))  # in clear, please
    kind = exactly(connection, 1)
    length = int.from_bytes(exactly(connection, 4), "big")
    write(label, kind + exactly(connection, length - 4))
    fields = b"SFATAL\0VFATAL\0C28P01\0Mno\0\0"
    connection.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)


def serve(connection, kind, label, context, location):
    try:
        connection.settimeout(20)
        if kind == "postgres":
            # What is said before TLS is as public as anything else.
            postgres(connection, label, context)
        else:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            http(connection, label, location)
    except (OSError, ValueError):
        pass
    finally:
        connection.close()


def accept(listener, *how):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, *how), daemon=True).start()


for line in open(specification):
    kind, address, port, certificate, location = (line.split() + ["", ""])[:5]
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{certificates}/{certificate}.crt", f"{certificates}/{certificate}.key")
    label = f"{address}:{port} {'https' if kind == 'redirect' else kind}"
    if kind == "postgres" and not certificate:
        label += " plain"
    elif certificate not in ("", "good"):
        label += " " + certificate
    listener = socket.create_server((address, int(port)), backlog=128)
    threading.Thread(target=accept, args=(listener, kind, label, context, location), daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
