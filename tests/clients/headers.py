"""OpenTelemetry for Python calls the service, and the service calls OpenTelemetry for Python: the headers keep all."""

import json
import os
import queue
import subprocess

import requests
from opentelemetry import trace
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from receivers import PATIENCE, Daemon, Web, accept

XRAY, W3C = AwsXRayPropagator(), TraceContextTextMapPropagator()
BOTH = CompositePropagator([XRAY, W3C])

daemon = Daemon()
arrived = queue.Queue()


def answer(_path, headers, _body):
    # Names of headers are the same in any case, which this keeps so and a dictionary does not.
    arrived.put(headers)
    return b"{}"


def traced(entity):
    """The call to the next service inside of a segment."""
    (call,) = entity["subsegments"]
    assert call["namespace"] == "remote", entity
    return call


def digits(trace_id):
    version, seconds, rest = trace_id.split("-")
    assert (version, len(seconds), len(rest)) == ("1", 8, 24), trace_id
    return int(seconds + rest, 16)


def check(service, web, sampler, inject, state):
    tracer = TracerProvider(sampler=sampler).get_tracer("caller")
    caller = SpanContext(0xA1B2, 0xC3D4, is_remote=True, trace_flags=TraceFlags(0), trace_state=TraceState(state))
    # Small ids, whose leading zeros must not be lost, and then those that the SDK draws.
    parents = [trace.set_span_in_context(NonRecordingSpan(caller)), trace.set_span_in_context(trace.INVALID_SPAN)]
    for parent in parents:
        span = tracer.start_span("call", context=parent)
        context = span.get_span_context()
        assert context.trace_flags.sampled == (sampler is ALWAYS_ON)
        headers = {}
        inject.inject(headers, trace.set_span_in_context(span))
        calls = json.dumps([{"url": web.url, "calls": []}])
        response = requests.get(f"http://{service}/relay", params={"calls": calls}, headers=headers, timeout=PATIENCE)
        response.raise_for_status()
        onward = arrived.get(timeout=PATIENCE)

        call_id = None
        if context.trace_flags.sampled:
            segment = daemon.document()
            accept(segment)
            assert digits(segment["trace_id"]) == context.trace_id, (segment, headers)
            assert segment["parent_id"] == f"{context.span_id:016x}", (segment, headers)
            call_id = int(traced(segment)["id"], 16)
        for read in (XRAY, W3C, BOTH):
            told = trace.get_current_span(read.extract(onward)).get_span_context()
            assert told.is_remote and told.trace_id == context.trace_id, (told, onward)
            assert told.trace_flags.sampled == context.trace_flags.sampled, (told, onward)
            assert call_id in (None, told.span_id) and told.span_id not in (0, context.span_id), (told, onward)
        # X-Ray's header has no room for it.
        kept = trace.get_current_span(W3C.extract(onward)).get_span_context().trace_state
        assert kept == (context.trace_state if inject is not XRAY else TraceState()), (kept, onward)
        # What is told to the caller.
        root = response.headers["X-Amzn-Trace-Id"].removeprefix("Root=")
        assert digits(root) == context.trace_id, root


def main():
    service = subprocess.Popen(
        [os.environ["SISKIN_TRACED"], "relay"],
        env=os.environ | {"AWS_XRAY_DAEMON_ADDRESS": daemon.address}, stdout=subprocess.PIPE, text=True,
    )
    try:
        address = service.stdout.readline().removeprefix("listening on ").strip()
        web = Web(answer)
        for sampler in (ALWAYS_ON, ALWAYS_OFF):
            for inject in (XRAY, W3C, BOTH):
                for state in ([], [("congo", "t61rcWkgMzE"), ("rojo", "00f067aa0ba902b7")], [("fw529a3039@dt", "FfffAA"), ("x", "a:b/c")]):
                    check(address, web, sampler, inject, state)
    finally:
        service.kill()
        service.wait()
    print("ok")


main()
