//! Which service did a piece of work: the nodes of the service graph.

use serde_json::Value;

use super::Entity;

/// What a service is known by. The type is a segment's `origin`, or what its caller's subsegment tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceKey {
    /// The segment's name, or what was called.
    pub name: String,
    /// `AWS::ECS::Container`, `client`, `remote`...; `None` when the segment does not say.
    pub kind: Option<String>,
    /// The account that the segment names.
    pub account: Option<String>,
}

/// The type of the node that stands for whoever sends requests.
const CLIENT: &str = "client";
/// The type of a called service that is known by its caller only.
const REMOTE: &str = "remote";
/// The type of a database that was asked in SQL.
const SQL_DATABASE: &str = "Database::SQL";

impl ServiceKey {
    /// The service that sent a segment.
    pub fn of_segment(segment: &Entity) -> Self {
        let account = segment.segment.aws.as_ref().and_then(|aws| aws.account_id.clone());
        Self { name: segment.segment.name.clone(), kind: segment.segment.origin.clone(), account }
    }

    /// Whoever sends requests to `service`; named after it.
    pub fn client_of(service: &Self) -> Self {
        Self { name: service.name.clone(), kind: Some(CLIENT.to_owned()), account: None }
    }

    /// The service that a subsegment called and that sends no segments itself; `None` for local work.
    pub fn of_call(call: &Entity) -> Option<Self> {
        let name = &call.segment.name;
        let key = |name: &str, kind: &str| Self { name: name.to_owned(), kind: Some(kind.to_owned()), account: None };
        match call.segment.namespace.as_deref()? {
            "aws" => Some(match table_of(call) {
                Some(table) if name == "DynamoDB" => key(table, "AWS::DynamoDB::Table"),
                _ => key(name, &format!("AWS::{name}")),
            }),
            "remote" if call.segment.sql.is_some() => Some(key(name, SQL_DATABASE)),
            "remote" => Some(key(name, REMOTE)),
            _ => None,
        }
    }

    /// The `origin` of a segment that stands for this service; `None` for a type that is no kind of resource.
    pub(super) fn origin(&self) -> Option<&str> {
        self.kind.as_deref().filter(|kind| kind.contains("::"))
    }
}

fn table_of(call: &Entity) -> Option<&str> {
    let aws = call.segment.aws.as_ref()?;
    let several = || aws.more.get("table_names").and_then(Value::as_array)?.first()?.as_str();
    aws.table_name.as_deref().or_else(several)
}
