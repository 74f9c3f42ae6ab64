//! Other people's clients, unchanged but for the endpoint.

use siskin_tests::{Python, Stack, run_to_end};

use crate::siskin;

async fn script(name: &str) {
    let Some(python) = Python::environment() else { return };
    let (_dir, data) = Stack::data_dir();
    let stack = siskin().start("serve", &data, &[]).await;
    let mut command = python.script(name);
    command.env("SISKIN_ENDPOINT", stack.url());
    command.env("SISKIN_XRAY", stack.address("xray"));
    command.env("SISKIN_OTLP", format!("http://{}", stack.address("otlp")));
    let exit = run_to_end(command).await;
    assert_eq!((exit.code, exit.stdout.trim()), (0, "ok"), "{}", exit.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_writes_and_reads_metrics_and_alarms() {
    script("cloudwatch.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_writes_and_reads_logs() {
    script("logs.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn xray_sdk_for_python_sends_traces_to_the_daemon_port() {
    script("xray.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opentelemetry_for_python_sends_traces_over_otlp() {
    script("otlp.py").await;
}

/// The two commands of Amazon's own tutorials, word for word.
#[tokio::test(flavor = "multi_thread")]
async fn aws_cli_puts_metric_data_and_sets_alarm_state() {
    let Some(python) = Python::environment() else { return };
    let (_dir, data) = Stack::data_dir();
    let stack = siskin().start("serve", &data, &[]).await;
    let aws = async |line: &str| {
        let mut command = python.command("aws");
        command.args(line.split_whitespace().map(|word| word.trim_matches('"')));
        command.args(["--endpoint-url", &stack.url(), "--output", "json"]);
        run_to_end(command).await
    };
    let put = "cloudwatch put-metric-data --metric-name DemoMetricName --namespace SomeNamespace --unit Bytes \
               --value 231434333 --dimensions InstanceID=1-23456789,InstanceType=m1.small";
    let exit = aws(put).await;
    assert_eq!(exit.code, 0, "{}", exit.stderr);
    let listed = aws("cloudwatch list-metrics --namespace SomeNamespace").await;
    assert!(listed.stdout.contains("DemoMetricName") && listed.stdout.contains("m1.small"), "{listed:?}");

    let set = "cloudwatch set-alarm-state --alarm-name LectureDemoTerminateEc2 --state-value ALARM \
               --state-reason \"Testing\"";
    let missing = aws(set).await;
    assert_ne!(missing.code, 0);
    assert!(missing.stderr.contains("ResourceNotFound"), "{}", missing.stderr);
    let alarm = "cloudwatch put-metric-alarm --alarm-name LectureDemoTerminateEc2 --namespace SomeNamespace \
                 --metric-name DemoMetricName --dimensions Name=InstanceID,Value=1-23456789 \
                 Name=InstanceType,Value=m1.small --statistic Sum --period 3600 --evaluation-periods 24 --threshold 1 \
                 --comparison-operator LessThanThreshold";
    let exit = aws(alarm).await;
    assert_eq!(exit.code, 0, "{}", exit.stderr);
    let exit = aws(set).await;
    assert_eq!(exit.code, 0, "{}", exit.stderr);
    let history = aws("cloudwatch describe-alarm-history --alarm-name LectureDemoTerminateEc2").await;
    assert!(history.stdout.contains("to ALARM") && history.stdout.contains("Testing"), "{history:?}");
}
