#!/usr/bin/env python3
"""A strict OTLP/HTTP collector for tests: fake_collector.py FOLDER prints "listen PORT" and keeps each
payload it accepts as FOLDER/N.json; what it does not accept gets 400, and a line in FOLDER/refused.

Where the distribution's protobuf classes of OpenTelemetry are installed they read the payload, as
any collector would. Their reading is lenient, so three rules of OTLP's JSON are checked beside it:
names in camelCase only, enums as integers, one bucket more than bounds (and counts that add up).
"""

import http.server
import json
import pathlib
import re
import sys

try:
    from google.protobuf import json_format
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
except ImportError:
    json_format = None


def check(value, where="request"):
    if isinstance(value, list):
        for number, one in enumerate(value):
            check(one, f"{where}[{number}]")
    if not isinstance(value, dict):
        return
    for key, one in value.items():
        if not re.fullmatch("[a-z][a-zA-Z]*", key):
            raise ValueError(f"{where}.{key}: not a camelCase name")
        if key == "aggregationTemporality" and type(one) is not int:
            raise ValueError(f"{where}.{key}: an enum is an integer")
        if key == "bucketCounts":
            if len(one) != len(value.get("explicitBounds", [])) + 1:
                raise ValueError(f"{where}: {len(one)} buckets, {len(value['explicitBounds'])} bounds")
            if sum(map(int, one)) != int(value["count"]):
                raise ValueError(f"{where}: buckets do not add up to the count")
        check(one, f"{where}.{key}")


class Collector(http.server.BaseHTTPRequestHandler):
    folder = pathlib.Path()
    accepted = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            if self.path != "/v1/metrics" or self.headers["Content-Type"] != "application/json":
                raise ValueError(f"{self.path} with {self.headers['Content-Type']}")
            check(json.loads(body))
            if json_format:
                json_format.Parse(body, metrics_service_pb2.ExportMetricsServiceRequest())
        except Exception as error:
            with open(self.folder / "refused", "a") as refused:
                refused.write(f"{error}: {body[:2000]!r}\n")
            self.answer(400)
            return
        Collector.accepted += 1
        (self.folder / f"{Collector.accepted}.json").write_bytes(body)
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *words):
        pass


Collector.folder = pathlib.Path(sys.argv[1])
server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
print("listen", server.server_port, "parser" if json_format else "no-parser", flush=True)
server.serve_forever()
