"""The OpenTelemetry SDK for Python over OTLP/HTTP; the trace is read back as X-Ray has it."""

import os
import time

import boto3
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

provider = TracerProvider(resource=Resource.create({"service.name": "otel-shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=os.environ["SISKIN_OTLP"] + "/v1/traces")))
tracer = provider.get_tracer("test")
with tracer.start_as_current_span("GET /cart", kind=SpanKind.SERVER) as span:
    span.set_attribute("http.request.method", "GET")
    span.set_attribute("http.response.status_code", 200)
    with tracer.start_as_current_span("warehouse", kind=SpanKind.CLIENT):
        pass
    trace = format(span.get_span_context().trace_id, "032x")
assert provider.force_flush(), "the exporter could not send"

xray = boto3.client("xray", endpoint_url=os.environ["SISKIN_ENDPOINT"])
trace_id = f"1-{trace[:8]}-{trace[8:]}"
deadline = time.monotonic() + 20
while True:
    traces = xray.batch_get_traces(TraceIds=[trace_id])["Traces"]
    if traces and traces[0]["Segments"]:
        break
    assert time.monotonic() < deadline, "the trace did not arrive"
    time.sleep(0.05)
documents = " ".join(part["Document"] for part in traces[0]["Segments"])
assert "otel-shop" in documents and "warehouse" in documents, documents
print("ok")
