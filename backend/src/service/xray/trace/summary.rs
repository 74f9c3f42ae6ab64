//! What `GetTraceSummaries` tells about one trace.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use siskin_sdk::segment::AnnotationValue as Annotation;

use super::root_cause::{self, RootCause};
use super::{Entity, ServiceKey, Trace};
use crate::base::Timestamp;

/// Most values of one annotation key that a summary lists.
const ANNOTATION_VALUES_MAX: usize = 50;

/// `TraceSummary` of the X-Ray API. Times are seconds.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TraceSummary {
    /// The trace.
    pub id: String,
    /// When the first of its segments began.
    pub start_time: Timestamp,
    /// From there to the end of the last segment.
    pub duration: f64,
    /// How long the root segment took; `None` while it is in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time: Option<f64>,
    /// Whether the root segment failed by the service's fault.
    pub has_fault: bool,
    /// Whether the root segment failed by the caller's fault.
    pub has_error: bool,
    /// Whether any request was throttled.
    pub has_throttle: bool,
    /// Whether any segment is in progress.
    pub is_partial: bool,
    /// The request that the root segment served.
    pub http: Http,
    /// Indexed values by key.
    pub annotations: BTreeMap<String, Vec<ValueWithServices>>,
    /// On whose behalf it was done.
    pub users: Vec<TraceUser>,
    /// Every service that took part.
    pub service_ids: Vec<ServiceId>,
    /// ARNs of the resources that did the work.
    #[serde(rename = "ResourceARNs")]
    pub resource_arns: Vec<ResourceArn>,
    /// EC2 instances that did the work.
    pub instance_ids: Vec<InstanceId>,
    /// Where they stand.
    pub availability_zones: Vec<AvailabilityZone>,
    /// The service of the root segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_point: Option<ServiceId>,
    /// From the root's fault to where it came from.
    pub fault_root_causes: Vec<RootCause>,
    /// From the root's error to where it came from.
    pub error_root_causes: Vec<RootCause>,
    /// How many documents of the trace have been received.
    pub revision: i32,
    /// What made the trace match, when asked by event time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_event_time: Option<Timestamp>,
}

/// The request that a trace began with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Http {
    /// The full URL.
    #[serde(rename = "HttpURL", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The status that was answered.
    #[serde(rename = "HttpStatus", skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// `GET`, `POST`...
    #[serde(rename = "HttpMethod", skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The client's program.
    #[serde(rename = "UserAgent", skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The client's address.
    #[serde(rename = "ClientIp", skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
}

/// A service as the API names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceId {
    /// The canonical name.
    pub name: String,
    /// All names.
    pub names: Vec<String>,
    /// The account that the segment names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// `AWS::ECS::Container`, `remote`...
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl From<ServiceKey> for ServiceId {
    fn from(key: ServiceKey) -> Self {
        Self { names: vec![key.name.clone()], name: key.name, account_id: key.account, kind: key.kind }
    }
}

/// One value of an annotation and the services that wrote it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValueWithServices {
    /// The value.
    pub annotation_value: AnnotationValue,
    /// Who wrote it.
    pub service_ids: Vec<ServiceId>,
}

/// `AnnotationValue`: one of three.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum AnnotationValue {
    /// A number.
    #[serde(rename = "NumberValue")]
    Number(f64),
    /// True or false.
    #[serde(rename = "BooleanValue")]
    Boolean(bool),
    /// A text.
    #[serde(rename = "StringValue")]
    Text(String),
}

/// A user and the services that named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TraceUser {
    /// The user.
    pub user_name: String,
    /// Who named it.
    pub service_ids: Vec<ServiceId>,
}

/// `ResourceARNDetail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceArn {
    /// The ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
}

/// `InstanceIdDetail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceId {
    /// The EC2 instance.
    pub id: String,
}

/// `AvailabilityZoneDetail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AvailabilityZone {
    /// The zone.
    pub name: String,
}

/// Sums a trace up.
pub fn summarize(trace: &Trace) -> TraceSummary {
    let root = trace.root();
    let details = Details::of(trace);
    TraceSummary {
        id: trace.id.to_string(),
        start_time: trace.start(),
        duration: trace.end().since(trace.start()).as_secs_f64(),
        response_time: root.and_then(Entity::duration).map(|duration| duration.as_secs_f64()),
        has_fault: root.is_some_and(|root| root.segment.fault),
        has_error: root.is_some_and(|root| root.segment.error),
        has_throttle: trace.walk().any(|entity| entity.segment.throttle),
        is_partial: trace.walk().any(|entity| entity.segment.in_progress),
        http: root.map(http_of).unwrap_or_default(),
        annotations: details.annotations(),
        users: details.users(),
        service_ids: details.services.into_iter().map(ServiceId::from).collect(),
        resource_arns: details.arns.into_iter().map(|arn| ResourceArn { arn }).collect(),
        instance_ids: details.instances.into_iter().map(|id| InstanceId { id }).collect(),
        availability_zones: details.zones.into_iter().map(|name| AvailabilityZone { name }).collect(),
        entry_point: root.map(|root| ServiceKey::of_segment(root).into()),
        fault_root_causes: root_cause::faults(trace),
        error_root_causes: root_cause::errors(trace),
        revision: i32::try_from(trace.revision).unwrap_or(i32::MAX),
        matched_event_time: None,
    }
}

fn http_of(root: &Entity) -> Http {
    let request = root.segment.http.as_ref().and_then(|http| http.request.clone()).unwrap_or_default();
    let status = root.response().and_then(|response| response.status);
    Http {
        url: request.url,
        status: status.and_then(|status| i32::try_from(status).ok()),
        method: request.method,
        user_agent: request.user_agent,
        client_ip: request.client_ip,
    }
}

/// What is gathered from all segments of a trace.
#[derive(Default)]
struct Details {
    services: BTreeSet<ServiceKey>,
    /// By key, then by the value's JSON.
    annotations: BTreeMap<String, BTreeMap<String, (Annotation, BTreeSet<ServiceKey>)>>,
    users: BTreeMap<String, BTreeSet<ServiceKey>>,
    arns: BTreeSet<String>,
    instances: BTreeSet<String>,
    zones: BTreeSet<String>,
}

impl Details {
    fn of(trace: &Trace) -> Self {
        let mut details = Self::default();
        for document in &trace.documents {
            let service = document.is_segment().then(|| ServiceKey::of_segment(document));
            details.services.extend(service.clone());
            details.add_resources(document);
            for entity in document.walk() {
                details.add_annotations(entity, service.as_ref());
            }
            if let Some(user) = &document.segment.user {
                details.users.entry(user.clone()).or_default().extend(service);
            }
        }
        details.services.extend(trace.inferred().map(|inferred| inferred.service));
        details
    }

    fn add_annotations(&mut self, entity: &Entity, service: Option<&ServiceKey>) {
        for (key, value) in &entity.segment.annotations {
            let values = self.annotations.entry(key.clone()).or_default();
            let text = format!("{value:?}");
            if values.len() < ANNOTATION_VALUES_MAX || values.contains_key(&text) {
                let (_, services) = values.entry(text).or_insert_with(|| (value.clone(), BTreeSet::new()));
                services.extend(service.cloned());
            }
        }
    }

    fn add_resources(&mut self, document: &Entity) {
        self.arns.extend(document.segment.resource_arn.clone());
        let Some(aws) = &document.segment.aws else { return };
        let text = |block: &str, field: &str| aws.more.get(block)?.get(field)?.as_str().map(str::to_owned);
        self.instances.extend(text("ec2", "instance_id"));
        self.zones.extend(text("ec2", "availability_zone"));
        self.zones.extend(text("ecs", "availability_zone"));
    }

    fn annotations(&self) -> BTreeMap<String, Vec<ValueWithServices>> {
        let values = |values: &BTreeMap<String, (Annotation, BTreeSet<ServiceKey>)>| {
            values
                .values()
                .map(|(value, services)| ValueWithServices {
                    annotation_value: annotation_value(value),
                    service_ids: service_ids(services),
                })
                .collect()
        };
        self.annotations.iter().map(|(key, found)| (key.clone(), values(found))).collect()
    }

    fn users(&self) -> Vec<TraceUser> {
        let user = |(name, services): (&String, &BTreeSet<ServiceKey>)| TraceUser {
            user_name: name.clone(),
            service_ids: service_ids(services),
        };
        self.users.iter().map(user).collect()
    }
}

fn service_ids(services: &BTreeSet<ServiceKey>) -> Vec<ServiceId> {
    services.iter().cloned().map(ServiceId::from).collect()
}

fn annotation_value(value: &Annotation) -> AnnotationValue {
    match value {
        Annotation::Bool(flag) => AnnotationValue::Boolean(*flag),
        // Integers beyond 2^53 lose their last digits: the API's number is a double.
        Annotation::Number(number) => {
            AnnotationValue::Number(Value::Number(number.clone()).as_f64().unwrap_or(f64::MAX))
        }
        Annotation::Text(text) => AnnotationValue::Text(text.clone()),
    }
}
