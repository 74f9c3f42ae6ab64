"""Asks atuin's server a few things, and says what its traces must look like."""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Receiver:
    """Takes what an X-Ray daemon takes."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.documents = []
        self.came = threading.Condition()
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            header, _, document = self.socket.recv(65536).partition(b"\n")
            assert json.loads(header) == {"format": "json", "version": 1}, header
            with self.came:
                self.documents.append(json.loads(document))
                self.came.notify_all()

    def segment_of(self, trace):
        found = lambda: next((it for it in self.documents if it["trace_id"] == trace), None)
        with self.came:
            assert self.came.wait_for(found, timeout=20), f"no segment of {trace}"
            return found()


def subsegments(document):
    for child in document.get("subsegments", []):
        yield child
        yield from subsegments(child)


def ask(base, method, path, body=None, token=None):
    """The status, the answer, and the id of the sampled trace that the request was part of."""
    trace = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    request = urllib.request.Request(base + path, method=method)
    request.add_header("x-amzn-trace-id", f"Root={trace};Parent={secrets.token_hex(8)};Sampled=1")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", f"Token {token}")
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.read(), trace


def main(program):
    receiver = Receiver()
    folder = tempfile.TemporaryDirectory()
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [program, "start"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": folder.name,
            "ATUIN_CONFIG_DIR": folder.name,
            "ATUIN_HOST": "127.0.0.1",
            "ATUIN_PORT": str(port),
            "ATUIN_OPEN_REGISTRATION": "true",
            "ATUIN_DB_URI": f"sqlite://{folder.name}/atuin.db",
            "AWS_XRAY_DAEMON_ADDRESS": receiver.address,
        },
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(base + "/healthz", timeout=5)
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None and time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.05)

        user = {"username": "siskin", "password": "a bird", "email": "siskin@example.com"}
        status, answer, registered = ask(base, "POST", "/register", user)
        assert status == 200, (status, answer)
        token = json.loads(answer)["session"]
        status, answer, me = ask(base, "GET", "/api/v0/me", token=token)
        assert (status, json.loads(answer)["username"]) == (200, "siskin")
        status, _, refused = ask(base, "GET", "/api/v0/me", token="wrong")
        assert status == 403
        status, _, looked_up = ask(base, "GET", "/user/siskin")
        assert status == 200

        for trace, url, status, inside in [
            (registered, "/register", 200, ["add_user_with_session"]),
            (me, "/api/v0/me", 200, ["auth", "get_session_user"]),
            (refused, "/api/v0/me", 403, ["auth", "get_session_user"]),
            (looked_up, "/user/siskin", 200, ["get_user"]),
        ]:
            segment = receiver.segment_of(trace)
            print(json.dumps(segment, indent=1))
            assert segment["name"] == "atuin"
            http = segment["http"]
            assert http["request"]["url"].endswith(url), http
            assert http["response"]["status"] == status, http
            assert segment.get("error", False) == (400 <= status < 500)
            names = [it["name"] for it in subsegments(segment)]
            assert [name for name in inside if name not in names] == [], names
    finally:
        server.terminate()
        server.wait(20)
    print("the traces of atuin's server are as they should be")


main(sys.argv[1])
