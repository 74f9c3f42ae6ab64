//! Reading and writing context on whatever carries headers.

use super::{TRACEPARENT, TRACESTATE, TraceHeader, X_AMZN_TRACE_ID, w3c, xray};

/// Reads the caller's context; `header` looks up a header by its lower-case name.
pub fn extract_with<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<TraceHeader> {
    let from_w3c = || {
        let mut parent = header(TRACEPARENT).and_then(w3c::parse)?;
        parent.tracestate =
            header(TRACESTATE).filter(|state| state.len() <= w3c::TRACESTATE_BYTES_MAX).unwrap_or_default().into();
        Some(parent)
    };
    let Some(mut parent) = header(X_AMZN_TRACE_ID).and_then(xray::parse) else {
        return from_w3c();
    };
    match (parent.root, from_w3c()) {
        // Only a wish on sampling or a lineage: the trace itself is named in the other header.
        (None, Some(named)) => {
            parent.root = named.root;
            parent.parent = named.parent;
            parent.tracestate = named.tracestate;
        }
        // Both speak of one trace: what the vendors added goes on with it.
        (Some(root), Some(named)) if named.root == Some(root) => {
            parent.tracestate = named.tracestate;
        }
        (Some(_) | None, _) => {}
    }
    Some(parent)
}

/// Writes `context` in both forms; `set` takes a header's lower-case name and value.
///
/// Without a trace id nothing is written.
pub fn inject_with(context: &TraceHeader, mut set: impl FnMut(&'static str, String)) {
    if context.root.is_none() {
        return;
    }
    set(X_AMZN_TRACE_ID, context.to_string());
    if let Some(traceparent) = w3c::format(context) {
        set(TRACEPARENT, traceparent);
        if !context.tracestate.is_empty() {
            set(TRACESTATE, context.tracestate.to_string());
        }
    }
}

/// Reads the caller's context from a request's headers.
#[cfg(feature = "http")]
pub fn extract(headers: &http::HeaderMap) -> Option<TraceHeader> {
    extract_with(|name| headers.get(name)?.to_str().ok())
}

/// Writes `context` into a request's headers, replacing what they said of a trace.
#[cfg(feature = "http")]
pub fn inject(context: &TraceHeader, headers: &mut http::HeaderMap) {
    inject_with(context, |name, value| {
        // What a caller sent and we pass on came out of a header, so it fits into one again.
        if let Ok(value) = http::HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const XRAY: &str = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
    const W3C: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00";

    fn extracted(headers: &[(&str, &str)]) -> Option<String> {
        let find = |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        extract_with(find).map(|context| {
            let mut written = BTreeMap::new();
            inject_with(&context, |name, value| {
                written.insert(name, value);
            });
            written.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn xrays_header_wins_and_both_are_written() {
        insta::assert_snapshot!(extracted(&[("x-amzn-trace-id", XRAY), ("traceparent", W3C), ("tracestate", "a=b")]).unwrap(), @"
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
tracestate: a=b
x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1
");
    }

    #[test]
    fn w3cs_header_serves_where_it_is_alone() {
        insta::assert_snapshot!(extracted(&[("traceparent", W3C), ("tracestate", "a=b")]).unwrap(), @"
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00
tracestate: a=b
x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b8;Sampled=0
");
    }

    #[test]
    fn a_wish_without_a_trace_joins_the_trace_of_the_other_header() {
        insta::assert_snapshot!(extracted(&[("x-amzn-trace-id", "Sampled=?"), ("traceparent", W3C)]).unwrap(), @"
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00
x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b8;Sampled=?
");
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(extracted(&[]), None);
        assert_eq!(extracted(&[("x-amzn-trace-id", "nonsense"), ("traceparent", "nonsense")]), None);
        assert_eq!(extracted(&[("x-amzn-trace-id", "Sampled=1")]).as_deref(), Some(""));
    }
}
