//! The blocks of a segment document from the attributes of a span, by OpenTelemetry's semantic conventions, old and
//! new names alike (<https://opentelemetry.io/docs/specs/semconv/>).

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Map, Value, json};
use siskin_sdk::id::SpanId;

use super::attributes::Attributes;
use super::traces::Place;

/// Most exceptions of one span.
const EXCEPTIONS_MAX: usize = 32;
/// Most frames of one exception.
const FRAMES_MAX: usize = 50;

/// Databases that speak SQL; others get no `sql` block.
const SQL_SYSTEMS: [&str; 13] = [
    "db2",
    "derby",
    "hive",
    "ibm.db2",
    "mariadb",
    "microsoft.sql_server",
    "mssql",
    "mysql",
    "oracle",
    "oracle.db",
    "postgresql",
    "sqlite",
    "teradata",
];

/// The `http` block, null when there is none.
pub(super) fn http_block(attributes: &mut Attributes, place: Place) -> Value {
    let mut take = |names: &[&str]| attributes.take_text(names);
    let method = take(&["http.request.method", "http.method"]);
    let user_agent = take(&["user_agent.original", "http.user_agent"]);
    let full_url = take(&["url.full", "http.url"]);
    let client_ip = match place {
        Place::Segment => take(&["client.address", "http.client_ip", "net.sock.peer.addr", "net.peer.ip"]),
        Place::Subsegment => None,
    };
    let is_http = method.is_some() || full_url.is_some();
    let url = full_url.or_else(|| if is_http { assemble_url(attributes) } else { None });
    let status = attributes.take_number(&["http.response.status_code", "http.status_code"]);
    let length = attributes.take_number(&["http.response.body.size", "http.response_content_length"]);
    let request =
        without_nulls(json!({"method": method, "url": url, "user_agent": user_agent, "client_ip": client_ip}));
    let response = without_nulls(json!({"status": status, "content_length": length}));
    without_nulls(json!({"request": request, "response": response}))
}

fn assemble_url(attributes: &mut Attributes) -> Option<String> {
    let scheme = attributes.take_text(&["url.scheme", "http.scheme"]).unwrap_or_else(|| "http".to_owned());
    let host = attributes.take_text(&["http.host"]).or_else(|| {
        let name = attributes.take_text(&["server.address", "http.server_name", "net.host.name"])?;
        let port = attributes.take_number(&["server.port", "net.host.port"]);
        let usual = matches!((scheme.as_str(), port), (_, None) | ("http", Some(80)) | ("https", Some(443)));
        Some(if usual { name } else { format!("{name}:{}", port.unwrap_or_default()) })
    })?;
    let path = attributes.take_text(&["url.path", "http.target"]).unwrap_or_else(|| "/".to_owned());
    let query = attributes.take_text(&["url.query"]).map_or_else(String::new, |query| format!("?{query}"));
    Some(format!("{scheme}://{host}{path}{query}"))
}

/// An object without its null members; null when none is left.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept: Map<String, Value> = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        other => other,
    }
}

/// How the work ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) error: bool,
    pub(super) throttle: bool,
    pub(super) fault: bool,
}

impl Outcome {
    pub(super) fn is_failure(self) -> bool {
        self.error || self.throttle || self.fault
    }
}

/// The status of the HTTP answer decides; without one, the status of the span.
pub(super) fn outcome(span: &Span, http: &Value) -> Outcome {
    let failed = span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error);
    match http["response"]["status"].as_i64() {
        Some(429) => Outcome { error: true, throttle: true, fault: false },
        Some(400..=499) => Outcome { error: true, ..Outcome::default() },
        Some(500..) => Outcome { fault: true, ..Outcome::default() },
        _ => Outcome { fault: failed, ..Outcome::default() },
    }
}

/// The exceptions that the span's events tell of, else the text of its status.
pub(super) fn cause_block(span: &Span) -> Option<Value> {
    let events = span.events.iter().filter(|event| event.name == "exception").take(EXCEPTIONS_MAX);
    let id = |number: u64| SpanId::from_bits(exception_bits(&span.span_id).wrapping_add(number).max(1)).to_string();
    let mut exceptions: Vec<Value> = events
        .zip(0..)
        .map(|(event, number)| {
            let mut attributes = Attributes::new(&event.attributes);
            let stack = attributes.take_text(&["exception.stacktrace"]);
            without_nulls(json!({
                "id": id(number),
                "type": attributes.take_text(&["exception.type"]),
                "message": attributes.take_text(&["exception.message"]),
                "stack": stack.as_deref().map(frames),
            }))
        })
        .collect();
    let text = span.status.as_ref().map(|status| status.message.as_str()).filter(|text| !text.is_empty());
    if let Some(text) = text.filter(|_| exceptions.is_empty()) {
        exceptions.push(json!({"id": id(0), "message": text}));
    }
    (!exceptions.is_empty()).then(|| json!({"exceptions": exceptions}))
}

/// Exceptions need ids of their own within the trace: the span's, turned inside out.
fn exception_bits(span_id: &[u8]) -> u64 {
    <[u8; 8]>::try_from(span_id).map_or(0, |bytes| !u64::from_be_bytes(bytes))
}

/// Languages write stack traces each in their own way: a line is a frame.
fn frames(stack: &str) -> Vec<Value> {
    let lines = stack.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.take(FRAMES_MAX).map(|line| json!({"label": line})).collect()
}

/// The `sql` block.
pub(super) fn sql_block(attributes: &mut Attributes, span_name: &str) -> Option<Value> {
    let system = attributes.text("db.system.name").or_else(|| attributes.text("db.system"))?.to_owned();
    if system != "other_sql" && !SQL_SYSTEMS.contains(&system.as_str()) {
        return None;
    }
    let name = attributes.take_text(&["db.namespace", "db.name"]);
    let connection = attributes.take_text(&["db.connection_string"]);
    let connection = connection.or_else(|| name.as_ref().map(|name| format!("{system}/{name}")));
    attributes.take(&["db.system.name", "db.system"]);
    let block = json!({
        "url": span_name,
        "connection_string": connection,
        "database_type": system,
        "sanitized_query": attributes.take_text(&["db.query.text", "db.statement"]),
        "user": attributes.take_text(&["db.user"]),
    });
    Some(without_nulls(block))
}

/// The `aws` block: what was called, for a subsegment; where the service runs, for a segment.
pub(super) fn aws_block(attributes: &mut Attributes, resource: &Attributes, place: Place) -> Option<Value> {
    let is_aws = attributes.text("rpc.system") == Some("aws-api");
    let rpc_method = if is_aws { attributes.take_text(&["rpc.method"]) } else { None };
    let tables = attributes.get("aws.dynamodb.table_names").and_then(Value::as_array).cloned();
    let only_table = tables.as_deref().and_then(|tables| if let [table] = tables { table.as_str() } else { None });
    let only_table = only_table.map(str::to_owned);
    let mut block = json!({
        "operation": attributes.take_text(&["aws.operation"]).or(rpc_method),
        "region": attributes.take_text(&["aws.region"]),
        "account_id": attributes.take_text(&["aws.account_id"]),
        "request_id": attributes.take_text(&["aws.request_id", "aws.requestId"]),
        "queue_url": attributes.take_text(&["aws.queue_url", "aws.queue.url"]),
        "table_name": attributes.take_text(&["aws.table_name", "aws.table.name"]).or(only_table),
        "table_names": tables.filter(|tables| tables.len() > 1),
    });
    if place == Place::Segment
        && let Some(members) = block.as_object_mut()
    {
        members.extend(runs_on(resource));
    }
    Some(without_nulls(block)).filter(|block| !block.is_null())
}

/// Where a service runs, and what it writes its logs to.
fn runs_on(resource: &Attributes) -> Map<String, Value> {
    let text = |name: &str| resource.text(name);
    let sdk = json!({
        "sdk": text("telemetry.sdk.language").map(|language| format!("opentelemetry for {language}")),
        "sdk_version": text("telemetry.sdk.version"),
    });
    let ec2 = json!({
        "instance_id": text("host.id").filter(|_| text("cloud.provider") == Some("aws")),
        "availability_zone": text("cloud.availability_zone"),
        "instance_size": text("host.type"),
        "ami_id": text("host.image.id"),
    });
    let ecs = json!({
        "container": text("container.name").filter(|_| text("aws.ecs.task.arn").is_some()),
        "task_arn": text("aws.ecs.task.arn"),
        "task_family": text("aws.ecs.task.family"),
        "cluster_arn": text("aws.ecs.cluster.arn"),
    });
    let eks = json!({"cluster_name": text("k8s.cluster.name"), "pod": text("k8s.pod.name")});
    let groups = match resource.get("aws.log.group.names") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(names)) => names.split('&').map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let groups: Vec<Value> = groups.into_iter().map(|group| json!({"log_group": group})).collect();
    let blocks = json!({
        "account_id": text("cloud.account.id"),
        "xray": without_nulls(sdk),
        "ec2": without_nulls(ec2),
        "ecs": without_nulls(ecs),
        "eks": without_nulls(eks),
        "cloudwatch_logs": Some(groups).filter(|groups| !groups.is_empty()),
    });
    match without_nulls(blocks) {
        Value::Object(blocks) => blocks,
        _ => Map::new(),
    }
}

/// The fields of a segment that its resource tells.
pub(super) fn resource_fields(resource: &Attributes, mut set: impl FnMut(&str, Option<Value>)) {
    let origin = match resource.text("cloud.platform") {
        Some("aws_ec2") => Some("AWS::EC2::Instance"),
        Some("aws_eks") => Some("AWS::EKS::Container"),
        Some("aws_elastic_beanstalk") => Some("AWS::ElasticBeanstalk::Environment"),
        Some("aws_app_runner") => Some("AWS::AppRunner::Service"),
        Some("aws_lambda") => Some("AWS::Lambda::Function"),
        Some("aws_ecs") => Some(match resource.text("aws.ecs.launchtype") {
            Some(kind) if kind.eq_ignore_ascii_case("ec2") => "AWS::ECS::EC2",
            Some(kind) if kind.eq_ignore_ascii_case("fargate") => "AWS::ECS::Fargate",
            _ => "AWS::ECS::Container",
        }),
        _ => None,
    };
    set("origin", origin.map(Value::from));
    set("service", resource.text("service.version").map(|version| json!({"version": version})));
}
