"""What the scripts receive with: a UDP port in the X-Ray daemon's place, and an HTTP server."""

import json
import os
import pathlib
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema
from aws_xray_sdk.core.emitters.udp_emitter import PROTOCOL_DELIMITER, PROTOCOL_HEADER

PATIENCE = 30.0
SCHEMA = jsonschema.Draft202012Validator(
    json.loads(pathlib.Path(__file__).with_name("segment.schema.json").read_text(encoding="utf-8"))
)


def accept(document):
    """Checks a document by the JSON schema."""
    error = jsonschema.exceptions.best_match(SCHEMA.iter_errors(document))
    assert error is None, f"{error.json_path}: {error.message[:500]}"


class Daemon:
    """Listens where the X-Ray daemon would."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def datagram(self):
        return self.socket.recv(65_535)

    def document(self):
        return document(self.datagram())


def document(datagram):
    """Splits a datagram where the X-Ray SDK for Python puts it together."""
    header, delimiter, text = datagram.decode().partition(PROTOCOL_DELIMITER)
    assert delimiter and json.loads(header) == json.loads(PROTOCOL_HEADER), header
    return json.loads(text)


def documents_of(mode):
    """All that the service sends to the daemon in this mode, in which it ends by itself."""
    daemon = Daemon()
    failures = []

    def run():
        try:
            subprocess.run(
                [os.environ["SISKIN_TRACED"], mode],
                env=os.environ | {"AWS_XRAY_DAEMON_ADDRESS": daemon.address},
                stderr=subprocess.PIPE, timeout=PATIENCE, check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            failures.append((error, getattr(error, "stderr", None)))
        # After the last document of the service.
        daemon.socket.sendto(b"end", daemon.socket.getsockname())

    runner = threading.Thread(target=run)
    runner.start()
    received = list(iter(daemon.datagram, b"end"))
    runner.join()
    assert not failures, failures
    return [document(datagram) for datagram in received]


class Web:
    """An HTTP server on a port of its own; `answer(path, headers, body)` returns the body."""

    def __init__(self, answer):
        class Handler(BaseHTTPRequestHandler):
            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answered = answer(self.path, self.headers, body)
                self.send_response(200)
                self.send_header("Content-Length", str(len(answered)))
                self.end_headers()
                self.wfile.write(answered)

            do_GET = do_POST = do

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
