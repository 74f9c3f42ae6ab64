"""A service on Flask with the X-Ray SDK for Python, unchanged, that makes the calls it is asked to make.

The SDK finds the daemon in AWS_XRAY_DAEMON_ADDRESS; SISKIN_SAMPLING_RULES is a file of rules.
"""

import json
import os

import requests
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.core.sampling.local.sampler import LocalSampler
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import Flask, request
from werkzeug.serving import make_server

with open(os.environ["SISKIN_SAMPLING_RULES"], encoding="utf-8") as rules:
    xray_recorder.configure(service="python", sampler=LocalSampler(json.load(rules)), context_missing="RUNTIME_ERROR")
patch(["requests"])
app = Flask("relay")
XRayMiddleware(app, xray_recorder)


@app.get("/relay")
@app.get("/quiet/relay")
def relay():
    answers = []
    for call in json.loads(request.args["calls"]):
        response = requests.get(call["url"], params={"calls": json.dumps(call["calls"])}, timeout=20)
        response.raise_for_status()
        answers.append(response.json())
    return {"service": "python", "header": request.headers.get("X-Amzn-Trace-Id"), "answers": answers}


server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
