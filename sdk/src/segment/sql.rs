//! The `sql` block: the query a subsegment made.

use serde::{Deserialize, Serialize};

use super::lenient;

/// One query of a database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sql {
    /// The connection string, without password, where it is no URL.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub connection_string: Option<String>,
    /// The connection as a URL, without password.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub url: Option<String>,
    /// The query, with values the user supplied removed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sanitized_query: Option<String>,
    /// The database's kind, such as `postgresql`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub database_type: Option<String>,
    /// The database's version.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub database_version: Option<String>,
    /// The driver's version.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub driver_version: Option<String>,
    /// The database user.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub user: Option<String>,
    /// `statement` or `call`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub preparation: Option<String>,
}
