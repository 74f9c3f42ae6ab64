use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Credentials, Region, retry::RetryConfig};
use aws_smithy_http_client::test_util::infallible_client_fn;
use http::{Request, Response};
use tracing::info_span;

use super::Interceptor;
use crate::Config;
use crate::sampling::Sampler;
use crate::testing::Receiver;

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

const THROTTLED: (u16, &str) = (400, r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}"#);

/// A client of the real SDK; its transport gives these answers, the last one again and again, and keeps
/// the trace headers it saw.
fn client(answers: &[(u16, &'static str)]) -> (Client, Arc<Mutex<Vec<String>>>) {
    let (answers, asked) = (answers.to_vec(), AtomicUsize::new(0));
    let headers: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&headers);
    let transport = infallible_client_fn(move |request: Request<_>| {
        let header = request.headers().get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
        seen.lock().unwrap().push(header.unwrap_or_default().to_owned());
        let (status, body) = answers[asked.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1)];
        let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
        response.header("x-amzn-requestid", "req-1").header("content-length", body.len()).body(body).unwrap()
    });
    let backoff = std::time::Duration::from_millis(1);
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version_latest()
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(backoff))
        .http_client(transport)
        .interceptor(Interceptor::new())
        .build();
    (Client::from_conf(config), headers)
}

fn run<R>(receiver: &Receiver, future: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    receiver.trace(|| {
        let _request = info_span!("request", otel.kind = "server").entered();
        runtime.block_on(future)
    })
}

#[test]
fn a_call_has_its_aws_block_and_carries_the_trace() {
    let receiver = Receiver::start("shop");
    let (client, headers) =
        client(&[(200, r#"{"MD5OfMessageBody":"b1946ac92492d2347c6235b4d2611184","MessageId":"m-7"}"#)]);
    run(&receiver, async {
        client.send_message().queue_url(QUEUE).message_body("hello\n").send().await.unwrap();
    });
    let documents = receiver.documents();
    let call = &documents[0].subsegments[0];
    let expected = format!("Root={};Parent={};Sampled=1", documents[0].trace_id.unwrap(), call.id);
    assert_eq!(*headers.lock().unwrap(), [expected]);
    insta::assert_snapshot!(crate::testing::tree(&documents), @"
shop [segment] {span.name=request}
  SQS [aws] {span.name=SQS.SendMessage} http:{response:{status:200,content_length:73}} aws:{operation:SendMessage,region:eu-west-1,request_id:req-1,queue_url:https://sqs.eu-west-1.amazonaws.com/123456789012/orders,retries:0,message_id:m-7}
");
}

#[test]
fn retries_are_counted_and_a_throttle_is_told() {
    let receiver = Receiver::start("shop");
    let (client, headers) = client(&[THROTTLED]);
    run(&receiver, async {
        let batch = client.receive_message().queue_url(QUEUE).max_number_of_messages(3);
        assert!(batch.send().await.is_err());
    });
    assert_eq!(headers.lock().unwrap().len(), 3);
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {span.name=request}
  SQS [aws] ERROR THROTTLE {span.name=SQS.ReceiveMessage} http:{response:{status:400,content_length:69}} aws:{operation:ReceiveMessage,region:eu-west-1,request_id:req-1,queue_url:https://sqs.eu-west-1.amazonaws.com/123456789012/orders,retries:2} cause: RequestThrottled: slow down <- RequestThrottled: slow down
");
}

#[test]
fn an_error_of_the_model_says_what_it_is() {
    let receiver = Receiver::start("shop");
    let (client, _) = client(&[(400, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}"#)]);
    run(&receiver, async {
        assert!(client.get_queue_url().queue_name("nowhere").send().await.is_err());
    });
    insta::assert_snapshot!(receiver.tree(), @r#"
shop [segment] {span.name=request}
  SQS [aws] ERROR {span.name=SQS.GetQueueUrl} http:{response:{status:400,content_length:74}} aws:{operation:GetQueueUrl,region:eu-west-1,request_id:req-1,queue_name:nowhere,retries:0} cause: unhandled error (QueueDoesNotExist) <- Error { code: "QueueDoesNotExist", message: "no such queue", aws_request_id: "req-1" }
"#);
}

#[test]
fn batches_are_counted() {
    let receiver = Receiver::start("shop");
    let (client, _) = client(&[(200, r#"{"Messages":[{"MessageId":"a"},{"MessageId":"b"}]}"#)]);
    run(&receiver, async {
        client.receive_message().queue_url(QUEUE).send().await.unwrap();
    });
    insta::assert_snapshot!(receiver.tree(), @"
shop [segment] {span.name=request}
  SQS [aws] {span.name=SQS.ReceiveMessage} http:{response:{status:200,content_length:50}} aws:{operation:ReceiveMessage,region:eu-west-1,request_id:req-1,queue_url:https://sqs.eu-west-1.amazonaws.com/123456789012/orders,retries:0,message_count:2}
");
}

#[test]
fn an_unsampled_call_tells_the_service_so() {
    let receiver = Receiver::with_config(Config::new("shop").sampler(Sampler::never()));
    let (client, headers) = client(&[(200, "{}")]);
    run(&receiver, async { client.list_queues().send().await.unwrap() });
    assert!(headers.lock().unwrap()[0].ends_with(";Sampled=0"));
    assert_eq!(receiver.tree(), "");
}

#[test]
fn a_call_that_is_given_up_leaves_a_mark() {
    let receiver = Receiver::start("shop");
    let (client, _) = client(&[THROTTLED]);
    run(&receiver, async {
        let mut call = std::pin::pin!(client.list_queues().send());
        // The first attempt fails, and the retry waits for its back-off.
        assert!(futures::poll!(&mut call).is_pending());
    });
    assert!(receiver.tree().contains("http.cancelled=before the response"));
}
