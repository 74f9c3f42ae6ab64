//! What is written reads back the same.

use bytes::Bytes;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::arbitrary::{cbor_scalar, json_scalar, map, untyped_scalar, value};
use crate::wire::{Value, cbor, json, query, rest_json, xml};

const ANY_NAME: &str = "\\PC{0,8}";
/// What AWS calls members: no name is a number, `member` or `entry`.
const MEMBER_NAME: &str = "[A-Z][A-Za-z]{0,8}";

proptest! {
    // A case is a whole tree of values: fewer of them find as much.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn json(value in map(value(json_scalar(), ANY_NAME, 0), ANY_NAME, 0)) {
        prop_assert_eq!(json::decode(&json::encode(&value)).unwrap(), value);
    }

    #[test]
    fn cbor(value in map(value(cbor_scalar(), ANY_NAME, 0), ANY_NAME, 0)) {
        prop_assert_eq!(cbor::decode(&Bytes::from(cbor::encode(&value))).unwrap(), value);
    }

    /// A crate that knows nothing of ours reads what we write.
    #[test]
    fn cbor_is_what_others_call_cbor(value in map(value(json_scalar(), ANY_NAME, 0), ANY_NAME, 0)) {
        let theirs: ciborium::Value = ciborium::from_reader(cbor::encode(&value).as_slice()).unwrap();
        let mut rewritten = Vec::new();
        ciborium::into_writer(&theirs, &mut rewritten).unwrap();
        // They write floats as narrow as fits; we must read those too.
        prop_assert_eq!(cbor::decode(&Bytes::from(rewritten)).unwrap(), value);
    }

    #[test]
    fn query(value in map(value(untyped_scalar(), MEMBER_NAME, 1), MEMBER_NAME, 0)) {
        let mut form = form_urlencoded::Serializer::new("Action=Put&Version=1".to_owned());
        write_form(&mut form, "", &value);
        prop_assert_eq!(query::decode(form.finish().as_bytes()).unwrap(), value);
    }

    #[test]
    fn rest_json(labels in prop::collection::btree_map("l[a-z]{0,4}", any::<String>(), 0..3),
                 parameters in prop::collection::btree_map("q[a-z]{0,4}", any::<String>(), 0..3),
                 body in map(value(json_scalar(), ANY_NAME, 0), "b[a-z]{0,4}", 0)) {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&parameters);
        let labels: Vec<_> = labels.into_iter().collect();
        let decoded = rest_json::decode(labels.clone(), &query.finish(), &json::encode(&body)).unwrap();
        let Value::Map(decoded) = decoded else { panic!("rest-json always gives a map") };
        let Value::Map(body) = body else { panic!("the strategy makes maps") };
        for (name, text) in labels.iter().chain(parameters.iter().map(|(name, text)| (name.clone(), text.clone())).collect::<Vec<_>>().iter()) {
            prop_assert_eq!(decoded.get(name), Some(&Value::Untyped(text.clone())));
        }
        for (name, value) in body.iter() {
            prop_assert_eq!(decoded.get(name), Some(value));
        }
    }

    /// Text survives XML but for what XML 1.0 cannot hold.
    #[test]
    fn xml_text(text in any::<String>()) {
        let output = Value::Struct([("Text", Value::String(text.clone()))].into_iter().collect());
        let document = xml::encode("Get", "http://n/", "id", &output);
        let expected: String = text.chars().map(|letter| match letter {
            '\t' | '\n' | '\r' => letter,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            _ => letter,
        }).collect();
        prop_assert_eq!(xml_texts(&document).get("Text").cloned().unwrap_or_default(), expected);
    }
}

fn write_form(form: &mut form_urlencoded::Serializer<'_, String>, path: &str, value: &Value) {
    let below = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    match value {
        Value::Untyped(text) => {
            form.append_pair(path, text);
        }
        Value::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                write_form(form, &below(&format!("member.{}", index + 1)), element);
            }
        }
        Value::Map(members) => {
            for (name, member) in members.iter() {
                write_form(form, &below(name), member);
            }
        }
        other => panic!("a form has no {other:?}"),
    }
}

/// The text directly inside each element, by the element's name.
fn xml_texts(document: &str) -> std::collections::BTreeMap<String, String> {
    let mut reader = Reader::from_str(document);
    let mut open: Vec<String> = Vec::new();
    let mut texts = std::collections::BTreeMap::<String, String>::new();
    loop {
        let text = match reader.read_event().expect("we write well-formed XML") {
            Event::Start(start) => {
                open.push(start.name().as_ref().to_owned());
                continue;
            }
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Text(text) => (*text).to_owned(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                Some(letter) => letter.to_string(),
                None => match &*reference {
                    "amp" => "&".to_owned(),
                    "lt" => "<".to_owned(),
                    "gt" => ">".to_owned(),
                    "quot" => "\"".to_owned(),
                    other => panic!("we do not write &{other};"),
                },
            },
            Event::Eof => return texts,
            other => panic!("we do not write {other:?}"),
        };
        texts.entry(open.last().expect("text stands inside an element").clone()).or_default().push_str(&text);
    }
}
