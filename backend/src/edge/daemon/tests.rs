//! Over real sockets.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use siskin_sdk::id::TraceId;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

use super::{DaemonCounts, DaemonEdge, DaemonSockets, DropReason, run};
use crate::base::{Clock, Scope};
use crate::edge::aws::{AwsEdge, Caller, router};
use crate::service::testing::Fixture;
use crate::service::xray::batch_get_traces::traces;
use crate::service::{Context, Services, xray};

const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";

fn make_context(cx: Context) -> impl Fn(Caller) -> Context + Clone + Send + Sync + 'static {
    move |caller| Context { scope: caller.scope, request_id: caller.request_id, now: caller.now, ..cx.clone() }
}

struct Running {
    udp: std::net::SocketAddr,
    tcp: std::net::SocketAddr,
    counts: Arc<DaemonCounts>,
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn start(fixture: &Fixture) -> Running {
    let sockets = DaemonSockets {
        udp: UdpSocket::bind("127.0.0.1:0").await.expect("a port"),
        tcp: TcpListener::bind("127.0.0.1:0").await.expect("a port"),
    };
    let (udp, tcp) = (sockets.udp.local_addr().expect("bound"), sockets.tcp.local_addr().expect("bound"));
    let clock = Clock::from(fixture.clock.clone());
    let make_context = make_context(fixture.cx());
    let edge = DaemonEdge::new(clock.clone(), Scope::default(), make_context.clone());
    let services = Arc::new(Services::new([xray::operations()]));
    let router = router(AwsEdge::new(services, clock, Scope::default(), make_context));
    let (counts, cancel) = (edge.counts(), CancellationToken::new());
    let task = tokio::spawn(run(sockets, edge, router, cancel.clone()));
    Running { udp, tcp, counts, cancel, task }
}

impl Running {
    async fn stop(self) -> Arc<DaemonCounts> {
        self.cancel.cancel();
        self.task.await.expect("no panic").expect("both sockets served");
        self.counts
    }

    /// Waits until so many datagrams have been received: what is sent is not yet there.
    async fn received(&self, count: u64) {
        let all = async {
            while self.counts.received() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), all).await.expect("all datagrams come on loopback");
    }
}

fn segment(fixture: &Fixture, id: u64) -> (TraceId, Value) {
    let trace = TraceId::random(fixture.clock.now().as_secs() as u32);
    let start = fixture.clock.now().as_secs_f64();
    let document =
        json!({"trace_id": trace, "id": format!("{id:016x}"), "name": "shop", "start_time": start, "end_time": start});
    (trace, document)
}

#[tokio::test]
async fn datagrams_become_traces_and_bad_ones_are_counted() {
    let fixture = Fixture::new().await;
    let running = start(&fixture).await;
    let client = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let mut ids = Vec::new();
    for id in 1..=20 {
        let (trace, document) = segment(&fixture, id);
        client.send_to(format!("{HEADER}{document}").as_bytes(), running.udp).await.expect("sent");
        ids.push(trace);
        running.received(id).await;
    }
    for bad in ["no header", "{\"format\":\"xml\",\"version\":1}\n{}"] {
        client.send_to(bad.as_bytes(), running.udp).await.expect("sent");
    }
    client.send_to(format!("{HEADER}{{\"name\": \"x\"}}").as_bytes(), running.udp).await.expect("sent");
    running.received(23).await;
    let counts = running.stop().await;
    assert_eq!(counts.stored(), 20);
    assert_eq!((counts.dropped(DropReason::BadHeader), counts.dropped(DropReason::BadDocument)), (2, 1));
    assert_eq!(traces(&fixture.cx(), &ids).await.expect("traces").len(), 20);
}

#[tokio::test]
async fn tracers_ask_for_rules_without_signing() {
    let fixture = Fixture::new().await;
    let running = start(&fixture).await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{}{path}", running.tcp);
    let rules: Value =
        client.post(url("/GetSamplingRules")).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(rules["SamplingRuleRecords"][0]["SamplingRule"]["RuleName"], "Default");
    let report = json!({"SamplingStatisticsDocuments": [{
        "RuleName": "Default", "ClientID": "ABCDEF1234567890ABCDEF12", "Timestamp": 1.5, "RequestCount": 1, "SampledCount": 1, "BorrowCount": 0,
    }]});
    let targets: Value =
        client.post(url("/SamplingTargets")).json(&report).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(targets["SamplingTargetDocuments"][0]["ReservoirQuota"], 1);
    assert!(targets["LastRuleModification"].is_number());
    drop(client);
    running.stop().await;
}
