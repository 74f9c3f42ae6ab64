"""boto3 against CloudWatch: writes metrics and alarms and reads them back."""

import datetime as dt
import os

import boto3
import botocore.exceptions

cloudwatch = boto3.client("cloudwatch", endpoint_url=os.environ["SISKIN_ENDPOINT"])
now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
minute = now.replace(second=0) - dt.timedelta(minutes=5)
dimensions = [{"Name": "Shop", "Value": "north"}]

# More than 10 KB, so that the client compresses the body.
cloudwatch.put_metric_data(
    Namespace="Boto3",
    MetricData=[
        {"MetricName": "Latency", "Dimensions": dimensions, "Timestamp": minute + dt.timedelta(seconds=i % 60),
         "Value": float(i), "Unit": "Milliseconds"}
        for i in range(300)
    ],
)
cloudwatch.put_metric_data(
    Namespace="Boto3",
    MetricData=[{"MetricName": "Batch", "Timestamp": minute, "Values": [1.0, 2.0], "Counts": [3.0, 1.0]}],
)

series = dict(
    Namespace="Boto3", MetricName="Latency", Dimensions=dimensions, StartTime=minute,
    EndTime=minute + dt.timedelta(minutes=1), Period=60,
)
(point,) = cloudwatch.get_metric_statistics(**series, Statistics=["Sum", "SampleCount", "Maximum"])["Datapoints"]
assert point["SampleCount"] == 300.0 and point["Sum"] == sum(range(300)) and point["Maximum"] == 299.0, point
assert point["Timestamp"] == minute and point["Unit"] == "Milliseconds", point
(point,) = cloudwatch.get_metric_statistics(**series, ExtendedStatistics=["p50"])["Datapoints"]
assert 140 < point["ExtendedStatistics"]["p50"] < 160, point

results = cloudwatch.get_metric_data(
    StartTime=minute, EndTime=now,
    MetricDataQueries=[
        {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "Boto3", "MetricName": "Batch"}, "Period": 60, "Stat": "Average"}}
    ],
)["MetricDataResults"]
assert results[0]["Values"] == [1.25] and results[0]["StatusCode"] == "Complete", results

metrics = cloudwatch.list_metrics(Namespace="Boto3")["Metrics"]
assert {metric["MetricName"] for metric in metrics} == {"Latency", "Batch"}, metrics

alarm = "boto3-latency"
cloudwatch.put_metric_alarm(
    AlarmName=alarm, Namespace="Boto3", MetricName="Latency", Dimensions=dimensions, Statistic="Average", Period=60,
    EvaluationPeriods=1, Threshold=100.0, ComparisonOperator="GreaterThanThreshold",
)
(described,) = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
assert described["StateValue"] == "INSUFFICIENT_DATA" and described["Threshold"] == 100.0, described
cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="Testing")
history = cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
assert "INSUFFICIENT_DATA to ALARM" in history[0]["HistorySummary"], history
cloudwatch.delete_alarms(AlarmNames=[alarm])
assert cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"] == []

for broken, code in [
    (dict(Namespace="Boto3", MetricData=[{"MetricName": "NoValue"}]), "MissingParameter"),
    (dict(Namespace="AWS/EC2", MetricData=[{"MetricName": "x", "Value": 1.0}]), "InvalidParameterValue"),
]:
    try:
        cloudwatch.put_metric_data(**broken)
        raise AssertionError(f"{broken} was taken")
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] in (code, "InvalidParameterCombination"), error.response
try:
    cloudwatch.list_dashboards()
    raise AssertionError("an operation that does not exist answered")
except botocore.exceptions.ClientError as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404), error.response

account = boto3.client("sts", endpoint_url=os.environ["SISKIN_ENDPOINT"]).get_caller_identity()["Account"]
assert len(account) == 12, account
print("ok")
