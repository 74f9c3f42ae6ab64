use super::*;

const MINIMAL: &str = r#"{"trace_id":"1-64f0c1aa-0123456789abcdef01234567","id":"00f067aa0ba902b7","name":"api","start_time":1793000000.000001,"end_time":1793000000.25}"#;

/// Replaces one field of the minimal document (`null` removes it) and reads the result.
fn parse_with(field: &str, value: &str) -> Result<Segment, Invalid> {
    let mut document: serde_json::Map<String, serde_json::Value> = serde_json::from_str(MINIMAL).unwrap();
    let value: serde_json::Value = serde_json::from_str(value).unwrap();
    if value.is_null() {
        document.remove(field);
    } else {
        document.insert(field.to_owned(), value);
    }
    Segment::parse(&serde_json::to_string(&document).unwrap())
}

#[test]
fn a_minimal_document_is_written_as_it_was_read() {
    let segment = Segment::parse(MINIMAL).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&segment.to_json()).unwrap(),
        serde_json::from_str::<serde_json::Value>(MINIMAL).unwrap()
    );
}

#[test]
fn what_emitters_write_differently_is_accepted() {
    let http = r#"{"request":{"method":"GET","url":"http://h/x","traced":null},"response":{"status":"200","content_length":"12"}}"#;
    let response = parse_with("http", http).unwrap().http.unwrap().response.unwrap();
    assert_eq!((response.status, response.content_length), (Some(200), Some(12)));
    let unknown = parse_with("http", r#"{"response":{"status":200,"content_length":-1}}"#).unwrap();
    assert_eq!(unknown.http.unwrap().response.unwrap().content_length, Some(-1));

    let cause = parse_with("cause", r#""0123456789abcdef""#).unwrap().cause;
    assert_eq!(cause, Some(Box::new(Cause::Reference("0123456789abcdef".to_owned()))));
    let cause = parse_with("cause", r#"{"exceptions":[{"cause":"0123456789abcdef"}]}"#).unwrap();
    assert!(matches!(cause.cause.as_deref(), Some(Cause::Detail(detail)) if detail.exceptions.len() == 1));

    assert!(parse_with("subsegments", "[]").is_ok());
    assert!(
        Segment::parse(
            &MINIMAL.replace(
                '}',
                r#","error":null,"http":null,"annotations":null,"subsegments":null,"unknown":{"x":[1]}}"#
            )
        )
        .is_ok()
    );
}

#[test]
fn unknown_aws_fields_come_back() {
    let aws = r#"{"operation":"GetItem","table_names":["a","b"],"ecs":{"container":"c"},"xray":{"sdk":"X-Ray for Go","sampling_rule_name":"Default","auto_instrumentation":false}}"#;
    let segment = parse_with("aws", aws).unwrap();
    let written: serde_json::Value = serde_json::from_str(&segment.to_json()).unwrap();
    assert_eq!(written["aws"], serde_json::from_str::<serde_json::Value>(aws).unwrap());
}

#[test]
fn annotations_of_other_kinds_are_left_out() {
    let segment = parse_with("annotations", r#"{"a":1,"b":true,"c":"x","d":null,"e":{},"f-g":1,"h.i":2.5}"#).unwrap();
    assert_eq!(segment.annotations.keys().collect::<Vec<_>>(), ["a", "b", "c", "h.i"]);
}

#[test]
fn refusals_carry_the_services_codes() {
    let code = |result: Result<Segment, Invalid>| {
        let invalid = result.unwrap_err();
        (invalid.code, invalid.id.is_some())
    };
    assert_eq!(code(Segment::parse("{")), ("ParseError", false));
    assert_eq!(code(Segment::parse("[]")), ("ParseError", false));
    assert_eq!(code(parse_with("id", "null")), ("MissingId", false));
    assert_eq!(code(parse_with("id", r#""xyz""#)), ("InvalidId", true));
    assert_eq!(code(parse_with("trace_id", "null")), ("InvalidTraceId", true));
    assert_eq!(code(parse_with("trace_id", r#""1-2-3""#)), ("InvalidTraceId", true));
    assert_eq!(code(parse_with("name", "null")), ("InvalidName", true));
    assert_eq!(code(parse_with("name", r#""a?b""#)), ("InvalidName", true));
    assert_eq!(code(parse_with("name", &format!("{:?}", "x".repeat(201)))), ("InvalidName", true));
    assert_eq!(code(parse_with("start_time", "null")), ("InvalidSegment", true));
    assert_eq!(code(parse_with("end_time", "null")), ("InvalidSegment", true));
    assert_eq!(code(parse_with("in_progress", "true")), ("InvalidSegment", true));
    assert_eq!(code(parse_with("type", r#""subsegment""#)), ("MissingParentId", true));
    assert_eq!(code(Segment::parse(&" ".repeat(limits::DOCUMENT_BYTES_MAX + 1))), ("InvalidSegment", false));
    let child = r#"[{"id":"00f067aa0ba902b8","name":"a?b","start_time":1,"end_time":2}]"#;
    let invalid = parse_with("subsegments", child).unwrap_err();
    assert_eq!((invalid.code, invalid.id.as_deref()), ("InvalidName", Some("00f067aa0ba902b8")));
    assert!(invalid.message.starts_with("Invalid subsegment. ErrorCode: InvalidName, Cause: "));
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let open = r#"{"id":"00f067aa0ba902b8","name":"a","start_time":1,"end_time":2,"subsegments":["#;
    let text = MINIMAL.replace('}', &format!(r#","subsegments":[{}{}]}}"#, open.repeat(500), "]}".repeat(500)));
    assert_eq!(Segment::parse(&text).unwrap_err().code, "ParseError");
}

#[test]
fn names_are_made_acceptable() {
    assert_eq!(limits::sanitize_name("GET /a?b=*"), "GET /a_b=_");
    assert_eq!(limits::sanitize_name(""), "span");
    assert!(limits::is_name(&limits::sanitize_name(&"é☃".repeat(300))));
    assert_eq!(limits::sanitize_annotation_key("http-method"), "http_method");
}
