//! Segments to something that answers as the X-Ray API does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use siskin_sdk::export::{Credentials, CredentialsError, XRayApi};
use siskin_sdk::segment::Segment;
use siskin_sdk::{Clock, DropReason};

use crate::daemon::PATIENCE;
use crate::server::{Reply, Server, ok, status};
use crate::signature::{SECRET, verify};
use crate::tracing_service::Service;

/// 2015-08-30 12:36:00.
const AT: Duration = Duration::new(1_440_938_160, 0);

fn api(variables: &[(&str, &str)]) -> XRayApi {
    let set = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    XRayApi::from_variables(set).unwrap().timeout(Duration::from_secs(2))
}

/// Keys in the environment, and the server's address.
fn with_keys(server: &Server) -> XRayApi {
    api(&[
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_ENDPOINT_URL_XRAY", &server.url("")),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_REGION", "eu-west-1"),
    ])
}

#[test]
fn documents_leave_in_signed_batches_of_fifty() {
    let server = Server::start(|_, _| ok("{\"UnprocessedTraceSegments\":[]}"));
    let (clock, _) = Clock::manual(AT);
    let service = Service::start(with_keys(&server).clock(clock), None);
    service.trace(120);
    let report = service.guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.total()), (120, 0, 0));
    let requests = server.requests();
    let sizes: Vec<_> = requests.iter().map(|request| request.documents().len()).collect();
    assert_eq!((sizes.iter().sum::<usize>(), sizes.iter().max()), (120, Some(&50)));
    for request in &requests {
        assert_eq!(request.line, "POST /TraceSegments HTTP/1.1");
        assert_eq!(request.headers["content-type"], "application/json");
        assert_eq!(request.headers["x-amz-date"], "20150830T123600Z");
        assert_eq!(request.headers["host"], server.address);
        assert_eq!(verify(request), "20150830/eu-west-1/xray");
        for document in request.documents() {
            Segment::parse(&document).unwrap();
        }
    }
    assert_eq!(server.connections(), 1, "connections are used again");
}

#[test]
fn rejected_documents_are_counted_by_code_and_not_sent_again() {
    let server = Server::start(|_, request| {
        let id = Segment::parse(&request.documents()[0]).unwrap().id;
        ok(&format!(r#"{{"UnprocessedTraceSegments":[{{"Id":"{id}","ErrorCode":"InvalidName","Message":"m"}}]}}"#))
    });
    let api = with_keys(&server);
    let rejections = api.rejections();
    let service = Service::start(api, None);
    service.trace(3);
    let report = service.guard.flush(PATIENCE);
    let rejected = report.dropped.count(DropReason::Rejected);
    assert_eq!((report.sent + rejected, report.pending), (3, 0));
    assert!(rejected >= 1);
    assert_eq!(rejections.counts()["InvalidName"], rejected);
}

#[test]
fn throttling_and_server_errors_are_tried_again_and_client_errors_are_not() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Answer(400, "x-amzn-errortype: ThrottledException\r\n", Vec::new()),
        1 => status(500),
        2 => ok("{}"),
        _ => Reply::Answer(400, "", br#"{"__type":"InvalidRequestException"}"#.to_vec()),
    });
    let service = Service::start(with_keys(&server), None);
    service.trace(1);
    let report = service.guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.total()), (1, 0, 0));
    assert_eq!(server.requests().len(), 3);
    service.trace(1);
    let report = service.guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.count(DropReason::Rejected)), (1, 0, 1));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_waits_while_the_api_is_away_arrives_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let down = Server::start(|_, _| status(503));
    let service = Service::start(with_keys(&down), Some(dir.path()));
    service.trace(500);
    let report = service.guard.close(Duration::from_millis(100));
    assert_eq!((report.sent, report.spooled, report.pending, report.dropped.total()), (0, 500, 500, 0));
    let up = Server::start(|_, _| ok("{}"));
    let service = Service::start(with_keys(&up), Some(dir.path()));
    let report = service.guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.total()), (500, 0, 0));
    let arrived: usize = up.requests().iter().map(|request| request.documents().len()).sum();
    assert_eq!(arrived, 500);
}

#[test]
fn unsigned_requests_bear_no_signature() {
    let server = Server::start(|_, _| ok("{}"));
    let api = api(&[("AWS_EC2_METADATA_DISABLED", "true")]).unsigned().endpoint(&server.url("/base/")).unwrap();
    let service = Service::start(api, None);
    service.trace(1);
    assert_eq!(service.guard.flush(PATIENCE).sent, 1);
    let request = server.request();
    assert_eq!(request.path(), "/base/TraceSegments");
    assert!(!request.headers.contains_key("authorization"));
}

/// The name of the key a request was signed with.
fn key(server: &Server) -> String {
    let authorization = server.request().headers["authorization"].clone();
    authorization.split_once("Credential=").unwrap().1.split('/').next().unwrap().to_owned()
}

const KEYS: &str = r#"{"AccessKeyId":"near","SecretAccessKey":"s","Token":"t","Expiration":"2015-08-30T18:36:00Z"}"#;

#[test]
fn a_containers_endpoint_gives_credentials() {
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "secret\n").unwrap();
    let endpoint = Server::start(|_, _| ok(KEYS));
    let server = Server::start(|_, _| ok("{}"));
    let (clock, _) = Clock::manual(AT);
    let api = api(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &endpoint.url("/v2/credentials/1")),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ENDPOINT_URL", &server.url("")),
    ]);
    let service = Service::start(api.clock(clock), None);
    service.trace(1);
    assert_eq!(service.guard.flush(PATIENCE).sent, 1);
    assert_eq!(key(&server), "near");
    let asked = endpoint.request();
    assert_eq!((asked.path(), asked.headers["authorization"].as_str()), ("/v2/credentials/1", "secret"));
}

#[test]
fn the_instance_gives_credentials_and_its_region_and_they_are_renewed_before_they_end() {
    let instance = Server::start(|_, request| match request.line.as_str() {
        "PUT /latest/api/token HTTP/1.1" if request.headers.contains_key("x-aws-ec2-metadata-token-ttl-seconds") => {
            ok("the token")
        }
        _ if request.headers.get("x-aws-ec2-metadata-token").is_none_or(|token| token != "the token") => status(401),
        "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1" => ok("shop-role\n"),
        "GET /latest/meta-data/iam/security-credentials/shop-role HTTP/1.1" => ok(KEYS),
        _ => status(404),
    });
    let server = Server::start(|_, _| ok("{}"));
    let (clock, hands) = Clock::manual(AT);
    let api = api(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &instance.url("/")), ("AWS_ENDPOINT_URL", &server.url(""))]);
    let service = Service::start(api.clock(clock), None);
    let send = || {
        service.trace(1);
        let sent = service.guard.flush(PATIENCE).sent;
        (sent, key(&server), instance.requests().len())
    };
    assert_eq!(send(), (1, "near".to_owned(), 3));
    assert_eq!(send(), (2, "near".to_owned(), 0), "kept");
    hands.advance(Duration::from_mins(5 * 60 + 56));
    assert_eq!(send(), (3, "near".to_owned(), 3), "renewed five minutes before");
}

#[test]
fn credentials_of_ones_own_are_asked_again_when_aws_does_not_take_them() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Answer(403, "x-amzn-errortype: ExpiredTokenException\r\n", Vec::new()),
        _ => ok("{}"),
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let source = move || -> Result<Credentials, CredentialsError> {
        match count.fetch_add(1, Ordering::SeqCst) {
            0 => Err(CredentialsError("not yet".to_owned())),
            number => Ok(Credentials {
                access_key_id: format!("key{number}"),
                secret_access_key: "s".to_owned(),
                session_token: None,
                expires_at: None,
            }),
        }
    };
    let api = api(&[]).credentials(source).endpoint(&server.url("")).unwrap();
    let service = Service::start(api, None);
    service.trace(1);
    let report = service.guard.flush(PATIENCE);
    assert_eq!((report.sent, report.pending, report.dropped.total()), (1, 0, 0));
    assert_eq!((key(&server), key(&server)), ("key1".to_owned(), "key2".to_owned()));
}

#[test]
fn addresses_that_are_none_are_named() {
    let set = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| "localhost:8000".to_owned());
    let error = XRayApi::from_variables(set).unwrap_err().to_string();
    assert_eq!(error, "AWS_ENDPOINT_URL=\"localhost:8000\": expected an address, http://... or https://...");
}
