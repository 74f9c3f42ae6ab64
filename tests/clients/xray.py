"""The X-Ray SDK for Python, unchanged: traces over UDP, sampling rules over TCP; read back with boto3."""

import datetime as dt
import os
import time

import boto3
from aws_xray_sdk.core import xray_recorder

xray_recorder.configure(
    service="python-shop", daemon_address=os.environ["SISKIN_XRAY"], sampling=True, context_missing="RUNTIME_ERROR"
)
segment = xray_recorder.begin_segment("python-shop", sampling=1)
segment.put_annotation("customer", "alder")
segment.put_http_meta("url", "http://shop.example/cart")
segment.put_http_meta("method", "GET")
segment.put_http_meta("status", 500)
with xray_recorder.in_subsegment("warehouse", namespace="remote") as subsegment:
    subsegment.put_metadata("shelf", {"row": 3})
    try:
        raise ValueError("shelf is empty")
    except ValueError as error:
        subsegment.add_exception(error, [])
xray_recorder.end_segment()

xray = boto3.client("xray", endpoint_url=os.environ["SISKIN_ENDPOINT"])
deadline = time.monotonic() + 20
while True:
    traces = xray.batch_get_traces(TraceIds=[segment.trace_id])["Traces"]
    if traces and any('"python-shop"' in part["Document"] for part in traces[0]["Segments"]):
        break
    assert time.monotonic() < deadline, "the trace did not arrive"
    time.sleep(0.05)
documents = " ".join(part["Document"] for part in traces[0]["Segments"])
assert "shelf is empty" in documents and "alder" in documents, documents

now = dt.datetime.now(dt.timezone.utc)
summaries = xray.get_trace_summaries(StartTime=now - dt.timedelta(minutes=5), EndTime=now + dt.timedelta(minutes=1))
(summary,) = [summary for summary in summaries["TraceSummaries"] if summary["Id"] == segment.trace_id]
assert summary["Http"]["HttpStatus"] == 500 and "customer" in summary["Annotations"], summary
graph = xray.get_service_graph(StartTime=now - dt.timedelta(minutes=5), EndTime=now + dt.timedelta(minutes=1))
assert {"python-shop", "warehouse"} <= {service["Name"] for service in graph["Services"]}, graph
rules = xray.get_sampling_rules()["SamplingRuleRecords"]
assert any(record["SamplingRule"]["RuleName"] == "Default" for record in rules), rules
print("ok")
