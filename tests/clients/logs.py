"""boto3 against CloudWatch Logs: writes events and reads them back, page by page."""

import os
import time

import boto3
import botocore.exceptions

logs = boto3.client("logs", endpoint_url=os.environ["SISKIN_ENDPOINT"])
group, stream = "boto3/group", "one"
logs.create_log_group(logGroupName=group)
logs.create_log_stream(logGroupName=group, logStreamName=stream)
try:
    logs.create_log_group(logGroupName=group)
    raise AssertionError("the same group twice")
except logs.exceptions.ResourceAlreadyExistsException:
    pass

start = int(time.time() * 1000) - 60_000
events = [{"timestamp": start + i, "message": f"line {i} {'ERROR' if i % 10 == 0 else 'ok'}"} for i in range(250)]
answer = logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
assert "rejectedLogEventsInfo" not in answer, answer

seen, token = [], None
while True:
    page = logs.get_log_events(
        logGroupName=group, logStreamName=stream, startFromHead=True, limit=100, **({"nextToken": token} if token else {})
    )
    seen += [event["message"] for event in page["events"]]
    if page["nextForwardToken"] == token:
        break
    token = page["nextForwardToken"]
assert seen == [event["message"] for event in events], (len(seen), seen[:3])

errors = [
    event["message"]
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern="ERROR")
    for event in page["events"]
]
assert len(errors) == 25, errors
assert logs.describe_log_groups(logGroupNamePrefix="boto3/")["logGroups"][0]["logGroupName"] == group
assert logs.describe_log_streams(logGroupName=group)["logStreams"][0]["lastEventTimestamp"] == start + 249
try:
    logs.put_log_events(logGroupName=group, logStreamName="nowhere", logEvents=events[:1])
    raise AssertionError("a stream that does not exist took events")
except logs.exceptions.ResourceNotFoundException as error:
    assert "does not exist" in str(error)
try:
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=list(reversed(events)))
    raise AssertionError("events out of order were taken")
except botocore.exceptions.ClientError as error:
    assert error.response["Error"]["Code"] == "InvalidParameterException", error.response
print("ok")
