//! Addresses of the console's own pages: one function per page, every part escaped.

use form_urlencoded::Serializer;

use crate::base::Timestamp;

/// `path?name=value&...`; `path` alone without parameters.
pub(super) fn to<'a>(path: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(parameters);
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The page of a canary.
pub(super) fn canary(name: &str) -> String {
    to("/console/canary", [("name", name)])
}

/// The page of a canary with one of its runs chosen.
pub(super) fn run(canary: &str, run: &str) -> String {
    to("/console/canary", [("name", canary), ("run", run)])
}

/// The page of a trace, by its id in X-Ray's form.
pub(super) fn trace(id: &str) -> String {
    to("/console/trace", [("id", id)])
}

/// The page of an alarm.
pub(super) fn alarm(name: &str) -> String {
    to("/console/alarm", [("name", name)])
}

/// The events of a log group.
pub(super) fn log_group(name: &str) -> String {
    to("/console/log-group", [("name", name)])
}

/// The events of one stream of a log group.
pub(super) fn log_stream(group: &str, stream: &str) -> String {
    to("/console/log-group", [("name", group), ("stream", stream)])
}

/// The chart of a metric.
pub(super) fn metric(namespace: &str, name: &str) -> String {
    to("/console/metric", [("namespace", namespace), ("name", name)])
}

/// The log events of a trace that began at `at`, in whatever group.
pub(super) fn trace_logs(id: &str, at: Timestamp) -> String {
    to("/console/trace-logs", [("id", id), ("at", &at.as_millis().to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_query_reserves() {
        assert_eq!(log_group("/aws/lambda/a&b"), "/console/log-group?name=%2Faws%2Flambda%2Fa%26b");
        assert_eq!(to("/console", []), "/console");
    }
}
