//! Assertions as the document has them.

use regex::Regex;
use serde_json::Value;

use super::test::{NumberOperator, NumberTest, TextOperator, TextTest};
use crate::check::json_path;
use crate::check::multi::document::{Check, Checker};
use crate::check::multi::encoding::Encoding;
use crate::check::multi::fields::Fields;
use crate::check::multi::grpc::{SERVING, Serving};
use crate::check::multi::number::{Number, Range};
use crate::check::multi::template::Template;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assertion {
    StatusCode(NumberTest),
    /// In milliseconds.
    ResponseTime(NumberTest),
    Header {
        name: String,
        test: PartTest,
    },
    Body {
        target: Target,
        test: PartTest,
    },
    RecordValue(TextTest),
    RecordCount(NumberTest),
    Authoritative(bool),
    /// In seconds.
    Ttl(NumberTest),
    /// What holds of every certificate, whatever else is asserted.
    CertificateAccepted,
    CertificateExpiry {
        unit: Unit,
        test: NumberTest,
    },
    CertificateSubject {
        attribute: &'static str,
        test: TextTest,
    },
    CertificateIssuer {
        attribute: &'static str,
        test: TextTest,
    },
    ConnectionSuccessful(bool),
    ResponseData {
        encoding: Encoding,
        test: TextTest,
    },
    ServingStatus {
        is: bool,
        value: Serving,
    },
}

/// Of a part that may be missing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PartTest {
    Exists(bool),
    Text(TextTest),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Text,
    /// At this `JSONPath`.
    Json(Template),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    Days,
    Hours,
}

type Read = fn(&mut Fields<'_, '_>) -> Option<Assertion>;

/// One type of assertion: its word, whose answers it looks at, and how it is read.
#[derive(Clone, Copy)]
struct Kind {
    word: &'static str,
    of: &'static [Checker],
    read: Read,
}

const DATA: &[Checker] = &[Checker::Tcp, Checker::WebSocket];
const KINDS: &[Kind] = &[
    Kind { word: "STATUS_CODE", of: &[Checker::Http], read: status_code },
    Kind { word: "RESPONSE_TIME", of: &[Checker::Http, Checker::Grpc, Checker::WebSocket], read: response_time },
    Kind { word: "HEADER", of: &[Checker::Http], read: header },
    Kind { word: "BODY", of: &[Checker::Http], read: body },
    Kind { word: "RECORD_VALUE", of: &[Checker::Dns], read: record_value },
    Kind { word: "RECORD_COUNT", of: &[Checker::Dns], read: |fields| count(fields).map(Assertion::RecordCount) },
    Kind { word: "AUTHORITATIVE", of: &[Checker::Dns], read: |fields| truth(fields).map(Assertion::Authoritative) },
    Kind { word: "TTL", of: &[Checker::Dns], read: |fields| count(fields).map(Assertion::Ttl) },
    Kind { word: "CERTIFICATE_EXPIRY", of: &[Checker::Ssl], read: certificate_expiry },
    Kind { word: "CERTIFICATE_SUBJECT", of: &[Checker::Ssl], read: certificate_subject },
    Kind { word: "CERTIFICATE_ISSUER", of: &[Checker::Ssl], read: certificate_issuer },
    Kind { word: "CONNECTION_SUCCESSFUL", of: DATA, read: |fields| truth(fields).map(Assertion::ConnectionSuccessful) },
    Kind { word: "RESPONSE_DATA", of: DATA, read: response_data },
    Kind { word: "SERVING_STATUS", of: &[Checker::Grpc], read: serving_status },
];

const STATUS: Range = Range::whole(100, 599);
const GOOD_STATUS: (u32, u32) = (200, 299);
/// `EXIST` is AWS's word for headers and `EXISTS` that for bodies; both are taken for both.
const EXISTS: [&str; 2] = ["EXISTS", "EXIST"];

impl Assertion {
    pub(in crate::check::multi) fn read(mut fields: Fields<'_, '_>, checker: Checker) -> Option<Self> {
        let kinds: Vec<_> =
            KINDS.iter().filter(|kind| kind.of.contains(&checker)).map(|kind| (kind.word, *kind)).collect();
        let kind = fields.word("type", &kinds, None)?;
        let assertion = (kind.read)(&mut fields);
        fields.end();
        assertion
    }

    /// Adds what holds where the document says nothing.
    pub(in crate::check::multi) fn add_defaults(assertions: &mut Vec<Self>, check: &Check) {
        let has = |is: fn(&Self) -> bool| assertions.iter().any(is);
        let default = match check {
            Check::Http(_) if !has(|one| matches!(one, Self::StatusCode(_))) => {
                let (from, to) = GOOD_STATUS;
                let (value, to) = (Number::of(from), Some(Number::of(to)));
                Self::StatusCode(NumberTest { operator: NumberOperator::InRange, value, to })
            }
            Check::Dns(_) if !has(|one| matches!(one, Self::RecordCount(_))) => {
                let value = Number::of(0);
                Self::RecordCount(NumberTest { operator: NumberOperator::GreaterThan, value, to: None })
            }
            Check::Ssl(_) => Self::CertificateAccepted,
            Check::Tcp(_) | Check::WebSocket(_) if !has(|one| matches!(one, Self::ConnectionSuccessful(_))) => {
                Self::ConnectionSuccessful(true)
            }
            Check::Grpc(_) if !has(|one| matches!(one, Self::ServingStatus { .. })) => {
                Self::ServingStatus { is: true, value: Serving::Serving }
            }
            Check::Http(_) | Check::Dns(_) | Check::Tcp(_) | Check::WebSocket(_) | Check::Grpc(_) => return,
        };
        assertions.insert(0, default);
    }

    /// What `expectedResponse` means.
    pub(in crate::check::multi) fn expected_response(check: &Check) -> Option<Self> {
        let exchange = match check {
            Check::Tcp(check) => &check.exchange,
            Check::WebSocket(check) => &check.exchange,
            Check::Http(_) | Check::Dns(_) | Check::Ssl(_) | Check::Grpc(_) => return None,
        };
        let test = TextTest { operator: TextOperator::Contains, value: exchange.expected.clone()? };
        Some(Self::ResponseData { encoding: exchange.encoding, test })
    }
}

fn number_test(
    fields: &mut Fields<'_, '_>,
    operators: &[(&'static str, NumberOperator)],
    range: Range,
) -> Option<NumberTest> {
    fields.know(&["value"]);
    let has_range = operators.iter().any(|(_, operator)| *operator == NumberOperator::InRange);
    fields.know(if has_range { &["rangeMin", "rangeMax"] } else { &[] });
    let operator = fields.word("operator", operators, None)?;
    if operator != NumberOperator::InRange {
        let value = fields.number("value", range, None)?;
        return Some(NumberTest { operator, value, to: None });
    }
    let (from, to) = (fields.number("rangeMin", range, None), fields.number("rangeMax", range, None));
    let (from, to) = (from?, to?);
    if let (Some(least), Some(most)) = (from.fixed(), to.fixed())
        && least > most
    {
        fields.fault("rangeMax", format!("at least rangeMin, which is {least}"));
    }
    Some(NumberTest { operator, value: from, to: Some(to) })
}

fn words<T: Copy>(operators: &[T], word: fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    operators.iter().map(|operator| (word(*operator), *operator)).collect()
}

fn status_code(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    use NumberOperator::{Equals, GreaterThan, InRange, LessThan, NotEquals};
    let operators = words(&[Equals, NotEquals, GreaterThan, LessThan, InRange], NumberOperator::word);
    number_test(fields, &operators, STATUS).map(Assertion::StatusCode)
}

fn three() -> Vec<(&'static str, NumberOperator)> {
    words(&[NumberOperator::Equals, NumberOperator::GreaterThan, NumberOperator::LessThan], NumberOperator::word)
}

fn response_time(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    let test = number_test(fields, &three(), Range::AMOUNT);
    fields.word("unit", &[("MILLISECONDS", ())], Some(()))?;
    test.map(Assertion::ResponseTime)
}

fn count(fields: &mut Fields<'_, '_>) -> Option<NumberTest> {
    number_test(fields, &three(), Range::COUNT)
}

fn truth(fields: &mut Fields<'_, '_>) -> Option<bool> {
    fields.truth("value", None)
}

fn text_test(fields: &mut Fields<'_, '_>, operators: &[TextOperator]) -> Option<TextTest> {
    let operator = fields.word("operator", &words(operators, TextOperator::word), None);
    let value = fields.text("value", "what is expected");
    let test = TextTest { operator: operator?, value: value? };
    check_regex(fields, &test);
    Some(test)
}

fn check_regex(fields: &mut Fields<'_, '_>, test: &TextTest) {
    if test.operator == TextOperator::RegexMatch
        && let Some(Err(error)) = test.value.fixed().map(Regex::new)
    {
        let told = error.to_string();
        fields.fault("value", format!("a regular expression: {}", told.lines().last().unwrap_or_default()));
    }
}

/// Of a header or a body, whose `value` may be true or false, or a number.
fn part_test(fields: &mut Fields<'_, '_>, operators: &[TextOperator]) -> Option<PartTest> {
    let texts = operators.iter().map(|operator| (operator.word(), Some(*operator)));
    let all: Vec<_> = texts.chain(EXISTS.map(|word| (word, None))).collect();
    fields.know(&["value"]);
    let Some(operator) = fields.word("operator", &all, None)? else {
        return fields.truth("value", Some(true)).map(PartTest::Exists);
    };
    let plain = match fields.take("value") {
        Some(Value::Bool(truth)) => Some(truth.to_string()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let value = match plain {
        Some(text) => Some(text.as_str().into()),
        None => fields.text("value", "what is expected"),
    };
    let test = TextTest { operator, value: value? };
    check_regex(fields, &test);
    Some(PartTest::Text(test))
}

fn header(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    use TextOperator::{Contains, Equals, NotContains, NotEquals, RegexMatch};
    let is_header = |text: &str| http::HeaderName::from_bytes(text.as_bytes()).is_ok();
    let name = fields.plain("headerName", "the name of a header", is_header);
    let test = part_test(fields, &[Equals, NotEquals, Contains, NotContains, RegexMatch]);
    Some(Assertion::Header { name: name?, test: test? })
}

fn body(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    use TextOperator::{Contains, Equals, NotContains, NotEquals};
    let is_json = fields.word("target", &[("JSON", true), ("TEXT", false)], Some(true));
    let target = match is_json {
        Some(true) => {
            let path = fields.text("path", "a JSONPath (RFC 9535), such as $.items[0].price");
            if let Some(Err(rule)) =
                path.as_ref().and_then(Template::fixed).map(|path| json_path::at(&Value::Null, path))
            {
                fields.fault("path", rule);
            }
            path.map(Target::Json)
        }
        Some(false) => {
            if fields.take("path").is_some_and(|path| path != "") {
                fields.fault("path", "goes with the target JSON");
            }
            Some(Target::Text)
        }
        None => {
            fields.know(&["path"]);
            None
        }
    };
    let test = part_test(fields, &[Contains, NotContains, Equals, NotEquals]);
    Some(Assertion::Body { target: target?, test: test? })
}

fn record_value(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    use TextOperator::{Contains, Equals, NotContains, NotEquals, RegexMatch};
    text_test(fields, &[Equals, NotEquals, Contains, NotContains, RegexMatch]).map(Assertion::RecordValue)
}

fn certificate_expiry(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    let operators = words(&[NumberOperator::GreaterThan, NumberOperator::LessThan], NumberOperator::word);
    let test = number_test(fields, &operators, Range::COUNT);
    let unit = fields.word("unit", &[("DAYS", Unit::Days), ("HOURS", Unit::Hours)], Some(Unit::Days));
    Some(Assertion::CertificateExpiry { unit: unit?, test: test? })
}

fn certificate_subject(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    let attributes = ["CN", "O", "OU", "C", "ST", "L"].map(|attribute| (attribute, attribute));
    let attribute = fields.word("field", &attributes, None);
    let test = text_test(fields, &[TextOperator::Contains, TextOperator::Equals, TextOperator::RegexMatch]);
    Some(Assertion::CertificateSubject { attribute: attribute?, test: test? })
}

fn certificate_issuer(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    let attribute = fields.word("field", &["CN", "O"].map(|attribute| (attribute, attribute)), None);
    let test = text_test(fields, &[TextOperator::Contains, TextOperator::Equals]);
    Some(Assertion::CertificateIssuer { attribute: attribute?, test: test? })
}

fn response_data(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    use TextOperator::{Contains, EndsWith, Equals, NotContains, RegexMatch, StartsWith};
    let encoding = Encoding::read(fields);
    let test = text_test(fields, &[Contains, Equals, NotContains, RegexMatch, StartsWith, EndsWith]);
    let (encoding, test) = (encoding?, test?);
    if test.operator != RegexMatch {
        encoding.check(fields, "value", test.value.fixed());
    }
    Some(Assertion::ResponseData { encoding, test })
}

fn serving_status(fields: &mut Fields<'_, '_>) -> Option<Assertion> {
    let is = fields.word("operator", &[("EQUALS", true), ("NOT_EQUALS", false)], None);
    let value = fields.word("value", SERVING, None);
    Some(Assertion::ServingStatus { is: is?, value: value? })
}
