//! Reading and writing context on whatever carries headers.

use super::{Sampling, TRACEPARENT, TRACESTATE, TraceHeader, X_AMZN_TRACE_ID, X_AMZN_TRACE_ID_VARIABLE, w3c, xray};

/// Reads the caller's context; `header` looks up a header by its lower-case name.
pub fn extract_with<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<TraceHeader> {
    Received {
        xray: header(X_AMZN_TRACE_ID),
        traceparent: header(TRACEPARENT),
        tracestate: header(TRACESTATE).unwrap_or_default(),
    }
    .read()
}

/// Reads the caller's context from names and values, such as those of a map of message attributes;
/// names match in any case, and the first of a name counts.
///
/// ```
/// let attributes = std::collections::HashMap::from([(
///     "X-Amzn-Trace-Id".to_owned(),
///     "Root=1-64f0c1aa-0123456789abcdef01234567;Sampled=1".to_owned(),
/// )]);
/// let pairs = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
/// assert!(siskin_sdk::propagation::extract_pairs(pairs).is_some());
/// ```
pub fn extract_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<TraceHeader> {
    let (mut xray, mut traceparent, mut tracestate) = (None, None, None);
    for (name, value) in pairs {
        let place = match name {
            _ if name.eq_ignore_ascii_case(X_AMZN_TRACE_ID) => &mut xray,
            _ if name.eq_ignore_ascii_case(TRACEPARENT) => &mut traceparent,
            _ if name.eq_ignore_ascii_case(TRACESTATE) => &mut tracestate,
            _ => continue,
        };
        place.get_or_insert(value);
    }
    Received { xray, traceparent, tracestate: tracestate.unwrap_or_default() }.read()
}

/// Reads the context of the current AWS Lambda invocation, from the variable `_X_AMZN_TRACE_ID`.
///
/// Lambda sets it anew for each invocation:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub fn from_environment() -> Option<TraceHeader> {
    xray::parse(&std::env::var(X_AMZN_TRACE_ID_VARIABLE).ok()?)
}

/// The headers that speak of a trace, as they came.
#[derive(Debug, Clone, Copy)]
struct Received<'a> {
    xray: Option<&'a str>,
    traceparent: Option<&'a str>,
    tracestate: &'a str,
}

impl Received<'_> {
    /// X-Ray's header is asked first, then W3C's.
    fn read(self) -> Option<TraceHeader> {
        let from_w3c = self.traceparent.and_then(|traceparent| w3c::parse_with_state(traceparent, self.tracestate));
        let Some(mut parent) = self.xray.and_then(xray::parse) else {
            return from_w3c;
        };
        match (parent.root, from_w3c) {
            // Only a wish on sampling or a lineage: the trace itself is named in the other header.
            (None, Some(named)) => {
                parent.root = named.root;
                parent.parent = named.parent;
                parent.tracestate = named.tracestate;
                if parent.sampling == Sampling::Unspecified {
                    parent.sampling = named.sampling;
                }
            }
            // Both speak of one trace: what the vendors added goes on with it.
            (Some(root), Some(named)) if named.root == Some(root) => {
                parent.tracestate = named.tracestate;
            }
            (Some(_) | None, _) => {}
        }
        Some(parent)
    }
}

/// Writes `context` in both forms; `set` takes a header's lower-case name and value.
///
/// Without a trace id nothing is written.
pub fn inject_with(context: &TraceHeader, mut set: impl FnMut(&'static str, String)) {
    let Some(header) = xray::format(context) else { return };
    set(X_AMZN_TRACE_ID, header);
    if let Some(traceparent) = w3c::format(context) {
        set(TRACEPARENT, traceparent);
        if !context.tracestate.is_empty() {
            set(TRACESTATE, context.tracestate.to_string());
        }
    }
}

/// Reads the caller's context from a request's headers.
///
/// Several `tracestate` headers are one list; several `traceparent` headers are none, as W3C asks.
#[cfg(feature = "http")]
pub fn extract(headers: &http::HeaderMap) -> Option<TraceHeader> {
    // A byte beyond ASCII costs the pair it is in, not the header.
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let xray = headers.get(X_AMZN_TRACE_ID).map(text);
    let mut traceparents = headers.get_all(TRACEPARENT).iter();
    let traceparent = traceparents.next().filter(|_| traceparents.next().is_none()).map(text);
    let tracestate = match &traceparent {
        Some(_) => headers.get_all(TRACESTATE).iter().map(text).collect::<Vec<_>>().join(","),
        None => String::new(),
    };
    Received { xray: xray.as_deref(), traceparent: traceparent.as_deref(), tracestate: &tracestate }.read()
}

/// Writes `context` into a request's headers, replacing what they said of a trace.
#[cfg(feature = "http")]
pub fn inject(context: &TraceHeader, headers: &mut http::HeaderMap) {
    for name in [X_AMZN_TRACE_ID, TRACEPARENT, TRACESTATE] {
        headers.remove(name);
    }
    inject_with(context, |name, value| {
        let value = http::HeaderValue::try_from(value).or_else(|_| {
            // Only pairs that were put in by hand can hold what a header may not; the trace goes on
            // without them.
            let bare = TraceHeader { extras: Box::default(), tracestate: Box::default(), ..context.clone() };
            http::HeaderValue::try_from(if name == X_AMZN_TRACE_ID { bare.to_string() } else { String::new() })
        });
        if let Ok(value) = value {
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

    #[test]
    fn names_of_a_map_match_in_any_case() {
        let found = |pairs: &[(&'static str, &'static str)]| {
            extract_pairs(pairs.iter().copied()).map(|context| context.to_string())
        };
        assert_eq!(found(&[("other", "x"), ("X-Amzn-Trace-Id", XRAY)]).as_deref(), Some(XRAY));
        assert_eq!(
            found(&[("TraceParent", W3C), ("TRACESTATE", "a=b")]),
            extract_pairs([("traceparent", W3C)]).map(|it| it.to_string())
        );
        assert_eq!(found(&[("x-amzn-trace-id", XRAY), ("X-AMZN-TRACE-ID", "Sampled=0")]).as_deref(), Some(XRAY));
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn a_lineage_without_a_trace_goes_with_the_trace_of_the_other_header() {
        insta::assert_snapshot!(extracted(&[("x-amzn-trace-id", "Lineage=25:a87bd80c:1"), ("traceparent", W3C)]).unwrap(), @"
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00
x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b8;Sampled=0;Lineage=25:a87bd80c:1
");
    }

    #[cfg(feature = "http")]
    mod headers {
        use http::{HeaderMap, HeaderValue};

        use super::*;

        fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_bytes(value).unwrap());
            }
            headers
        }

        #[test]
        fn several_states_are_one_list_and_several_parents_none() {
            let parent = ("traceparent", W3C.as_bytes());
            let context = extract(&headers(&[parent, ("tracestate", b"a=1"), ("tracestate", b"b=2,c=3")])).unwrap();
            assert_eq!(&*context.tracestate, "a=1,b=2,c=3");
            assert_eq!(extract(&headers(&[parent, parent])), None);
        }

        #[test]
        fn bytes_that_are_no_text_cost_only_their_pair() {
            let odd = [XRAY.as_bytes(), b";k=\xff;Lineage=x:1"].concat();
            let context = extract(&headers(&[("x-amzn-trace-id", &odd)])).unwrap();
            assert_eq!(context.to_string(), format!("{XRAY};Lineage=x:1"));
        }

        #[test]
        fn injection_replaces_what_was_there_and_cannot_fail() {
            let mut written = headers(&[("traceparent", W3C.as_bytes()), ("tracestate", b"old=1")]);
            let mut context = xray::parse(XRAY).unwrap();
            context.extras = "k=a\nb".into();
            inject(&context, &mut written);
            assert_eq!(written.get("x-amzn-trace-id").unwrap(), XRAY);
            assert_eq!(written.get("traceparent").unwrap(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            assert!(!written.contains_key("tracestate"));
        }

        proptest::proptest! {
            #[test]
            fn arbitrary_bytes_never_panic(bytes: Vec<u8>, more: Vec<u8>) {
                let values = [bytes, more].map(|bytes| HeaderValue::from_bytes(&bytes));
                if let [Ok(first), Ok(second)] = values {
                    for name in [X_AMZN_TRACE_ID, TRACEPARENT, TRACESTATE] {
                        let mut headers = HeaderMap::new();
                        headers.insert(name, first.clone());
                        headers.append(TRACESTATE, second.clone());
                        if let Some(context) = extract(&headers) {
                            inject(&context, &mut headers);
                        }
                    }
                }
            }
        }
    }
}
