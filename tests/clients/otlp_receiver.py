"""What the service sends over OTLP, read with the types of opentelemetry-proto."""

import gzip
import os
import subprocess

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest, ExportTraceServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from receivers import PATIENCE, Web

TYPES = {
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse),
    "/v1/logs": (ExportLogsServiceRequest, ExportLogsServiceResponse),
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
}
received = {path: [] for path in TYPES}
encodings = set()


def answer(path, headers, body):
    assert headers["Content-Type"] == "application/x-protobuf", headers
    if path == "/v1/traces":
        encodings.add(headers["Content-Encoding"])
    request_type, response_type = TYPES[path]
    request = request_type.FromString(gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body)
    # Nothing that these types do not know.
    assert not unknown_fields(request), path
    received[path].append(request)
    return response_type().SerializeToString()


def unknown_fields(message):
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.SerializeToString(deterministic=True) != message.SerializeToString(deterministic=True)


def plain(value):
    kind = value.WhichOneof("value")
    inner = getattr(value, kind)
    return [plain(element) for element in inner.values] if kind == "array_value" else inner


def attributes(of):
    return {attribute.key: plain(attribute.value) for attribute in of.attributes}


web = Web(answer)
ended = subprocess.run(
    [os.environ["SISKIN_TRACED"], "otlp"],
    env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": web.url, "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"},
    stderr=subprocess.PIPE, timeout=PATIENCE, check=False,
)
assert ended.returncode == 0, ended.stderr.decode()

(part,) = [part for request in received["/v1/traces"] for part in request.resource_spans]
assert encodings == {"gzip"}, encodings
assert attributes(part.resource) == {"service.name": "shop", "service.version": "1.4.2"}, part.resource
(scope,) = part.scope_spans
assert scope.scope.name == "siskin-sdk" and scope.scope.version, scope.scope
spans = {span.name: span for span in scope.spans}
assert list(spans) == [
    "POST /orders", "reserve", "UPDATE", "POST", "DynamoDB.BatchGetItem", "deliver", "print label",
], list(spans)

order = spans["POST /orders"]
trace_id, order_id = bytes.fromhex("64f0c1aa0123456789abcdef01234567"), order.span_id
assert {span.trace_id for span in spans.values()} == {trace_id}
assert order.parent_span_id == bytes.fromhex("00f067aa0ba902b7")
assert len({span.span_id for span in spans.values()} | {bytes(8)}) == len(spans) + 1
for name, parent, kind in [
    ("POST /orders", None, Span.SPAN_KIND_SERVER),
    ("reserve", "POST /orders", Span.SPAN_KIND_INTERNAL),
    ("UPDATE", "reserve", Span.SPAN_KIND_CLIENT),
    ("POST", "POST /orders", Span.SPAN_KIND_CLIENT),
    ("DynamoDB.BatchGetItem", "POST /orders", Span.SPAN_KIND_CLIENT),
    ("deliver", "POST /orders", Span.SPAN_KIND_INTERNAL),
    ("print label", "POST /orders", Span.SPAN_KIND_INTERNAL),
]:
    span = spans[name]
    assert span.kind == kind, (name, span.kind)
    assert parent is None or span.parent_span_id == spans[parent].span_id, name
    assert order.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano <= order.end_time_unix_nano
    assert span.flags & 0xFF == 1, (name, span.flags)

for name, some in [
    ("POST /orders", {
        "http.request.method": "POST", "url.full": "http://shop.example/orders", "http.response.status_code": 500,
        "enduser.id": "ada", "customer": "alder", "items": 3, "balance": -12, "total": 49.5, "gift": True,
        "basket": 7, "coupon": "SPRING",
        "aws.xray.annotations": ["customer", "items", "balance", "total", "gift", "coupon"],
    }),
    ("UPDATE", {"db.system.name": "postgresql", "db.query.text": "UPDATE stock SET left = left - 1 WHERE item = $1"}),
    ("POST", {"url.full": "http://bank.example/payments", "peer.service": "bank", "cents": 4950}),
    ("DynamoDB.BatchGetItem", {"rpc.system": "aws-api", "rpc.service": "DynamoDB", "aws.retries": 1}),
]:
    told = attributes(spans[name])
    assert some.items() <= {key: value for key, value in told.items() if key in some}.items(), (name, told)
(link,) = order.links
assert link.trace_id == bytes.fromhex("64f0c1a076543210fedcba9876543210"), link
assert link.span_id == bytes.fromhex("b7ad6b7169203331"), link

for name, code in [
    ("POST /orders", Status.STATUS_CODE_ERROR), ("reserve", Status.STATUS_CODE_UNSET),
    ("deliver", Status.STATUS_CODE_ERROR), ("print label", Status.STATUS_CODE_ERROR),
]:
    assert spans[name].status.code == code, (name, spans[name].status)
(reserved,) = order.events
assert (reserved.name, attributes(reserved)) == ("goods reserved", {"shelf": 4}), reserved
(stays,) = spans["deliver"].events
assert stays.name == "exception" and attributes(stays)["attempt"] == 2, stays
assert "nobody took the parcel" in attributes(stays)["exception.message"], stays
(no_paper,) = spans["print label"].events
assert no_paper.name == "exception" and attributes(no_paper)["exception.message"] == "no paper", no_paper

parts = [part for request in received["/v1/logs"] for part in request.resource_logs]
assert all(attributes(part.resource)["service.name"] == "shop" for part in parts), parts
records = {record.body.string_value: record for part in parts for scope in part.scope_logs for record in scope.log_records}
info, error = records["goods reserved"], records["the order stays here"]
assert (info.severity_number, info.severity_text) == (SeverityNumber.SEVERITY_NUMBER_INFO, "INFO"), info
assert (error.severity_number, error.severity_text) == (SeverityNumber.SEVERITY_NUMBER_ERROR, "ERROR"), error
assert attributes(info)["shelf"] == 4 and attributes(error)["attempt"] == 2, records
assert (info.trace_id, info.span_id) == (trace_id, order_id), info
assert (error.trace_id, error.span_id) == (trace_id, spans["deliver"].span_id), error

parts = [part for request in received["/v1/metrics"] for part in request.resource_metrics]
assert all(attributes(part.resource)["service.name"] == "shop" for part in parts), parts
metrics = {metric.name: metric for part in parts for scope in part.scope_metrics for metric in scope.metrics}
orders, latency = metrics["orders"], metrics["latency"]
(point,) = orders.sum.data_points
assert (point.as_int, attributes(point)) == (3, {"tenant": "blue"}) and orders.sum.is_monotonic, orders
assert orders.sum.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE, orders
(point,) = latency.histogram.data_points
assert (latency.unit, point.count, point.sum, sum(point.bucket_counts)) == ("s", 1, 0.25, 1), latency
print("ok")
