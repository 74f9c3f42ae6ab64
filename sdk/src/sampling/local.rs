//! The local rules file of the X-Ray SDKs.
//!
//! Format: <https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-java-configuration.html#xray-sdk-java-configuration-sampling>

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Rule;

/// Why a local rules file is refused.
#[derive(Debug, thiserror::Error)]
pub enum LocalRulesError {
    /// Not JSON, or a field that is unknown, missing or of another type.
    #[error("local sampling rules: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A `version` other than 1 and 2.
    #[error("local sampling rules: version is 1 or 2, not {0}")]
    Version(u64),
    /// A value out of range, or a matcher missing or misplaced.
    #[error("local sampling rules: {place}: {field} {rule}")]
    Field {
        /// `default`, or which of the rules, counted from 1.
        place: String,
        /// The field's name.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: u64,
    default: RawRule,
    #[serde(default)]
    rules: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    description: Option<String>,
    /// Of no meaning, but in the example that comes with the X-Ray SDKs.
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    service_name: Option<String>,
    host: Option<String>,
    http_method: Option<String>,
    url_path: Option<String>,
    fixed_target: i64,
    rate: f64,
}

/// Reads the rules in file order, and the default.
pub(super) fn parse(json: &str) -> Result<(Vec<Rule>, Rule), LocalRulesError> {
    let file: RawFile = serde_json::from_str(json)?;
    if !(1..=2).contains(&file.version) {
        return Err(LocalRulesError::Version(file.version));
    }
    let default = "default".to_owned();
    let matchers = [
        ("service_name", file.default.service_name.is_some()),
        ("host", file.default.host.is_some()),
        ("http_method", file.default.http_method.is_some()),
        ("url_path", file.default.url_path.is_some()),
    ];
    if let Some((field, _)) = matchers.into_iter().find(|(_, given)| *given) {
        let rule = "is not allowed here: the default matches everything";
        return Err(LocalRulesError::Field { place: default, field, rule });
    }
    let fallback = limits_checked(&file.default, &default, "Default")?;
    let rules = file.rules.into_iter().zip(1..).map(|(raw, number)| rule(raw, number, file.version));
    Ok((rules.collect::<Result<_, _>>()?, fallback))
}

fn rule(raw: RawRule, number: usize, version: u64) -> Result<Rule, LocalRulesError> {
    let place = format!("rule {number}");
    let name = raw.description.clone().unwrap_or_else(|| place.clone());
    let rule = limits_checked(&raw, &place, &name)?;
    let wrong = |field, rule| LocalRulesError::Field { place: place.clone(), field, rule };
    let (host, field, other) = if version == 1 {
        (raw.service_name, "service_name", ("host", raw.host))
    } else {
        (raw.host, "host", ("service_name", raw.service_name))
    };
    if other.1.is_some() {
        return Err(wrong(other.0, "belongs to the other version of the file"));
    }
    let required = |field, pattern: Option<String>| {
        let pattern = pattern.ok_or_else(|| wrong(field, "is missing: every rule needs all three matchers"))?;
        // The X-Ray SDKs take it for a missing one; it would match no request that has this part.
        let is_given = !pattern.is_empty();
        is_given.then_some(pattern).ok_or_else(|| wrong(field, "is empty: what matches everything is *"))
    };
    Ok(Rule {
        // Version 1 calls it the service's name, but it, too, is matched against the host asked.
        host: required(field, host)?,
        http_method: required("http_method", raw.http_method)?,
        url_path: required("url_path", raw.url_path)?,
        priority: i32::try_from(number).unwrap_or(i32::MAX),
        ..rule
    })
}

/// Checks what the default and the other rules share.
fn limits_checked(raw: &RawRule, place: &str, name: &str) -> Result<Rule, LocalRulesError> {
    let wrong = |field, rule| LocalRulesError::Field { place: place.to_owned(), field, rule };
    let reservoir_size = i32::try_from(raw.fixed_target)
        .ok()
        .filter(|size| *size >= 0)
        .ok_or_else(|| wrong("fixed_target", "is a whole number, 0 or more"))?;
    if !(0.0..=1.0).contains(&raw.rate) {
        return Err(wrong("rate", "is a number from 0 to 1"));
    }
    let rule_name = Some(name.to_owned());
    Ok(Rule { rule_name, reservoir_size, fixed_rate: raw.rate, ..Rule::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        for (version, host) in [(1, "service_name"), (2, "host")] {
            let json = format!(
                r#"{{"version":{version},"default":{{"fixed_target":1,"rate":0.05}},"rules":[
                {{"description":"cart","{host}":"*","http_method":"POST","url_path":"/cart/*","fixed_target":3,"rate":0.5}}]}}"#
            );
            let (rules, fallback) = parse(&json).unwrap();
            assert_eq!(fallback, Rule::default());
            let [rule] = &rules[..] else { panic!("one rule") };
            assert_eq!(rule.rule_name.as_deref(), Some("cart"));
            assert_eq!((rule.reservoir_size, rule.url_path.as_str()), (3, "/cart/*"));
        }
    }

    /// The shape of the example that comes with the X-Ray SDK for Go.
    #[test]
    fn the_example_of_the_xray_sdks_is_read() {
        let json = r#"{"version":2,"default":{"description":"What no rule matches.","fixed_target":1,"rate":0.05},"rules":[
            {"description":"Checkout","id":"1","host":"*","http_method":"*","url_path":"/checkout","fixed_target":10,"rate":0.05},
            {"description":"Search","id":2,"host":"*","http_method":"GET","url_path":"/search/*","fixed_target":0,"rate":0}]}"#;
        let (rules, fallback) = parse(json).unwrap();
        let names: Vec<_> = rules.iter().map(|rule| (rule.name(), rule.priority, rule.reservoir_size)).collect();
        assert_eq!(names, [("Checkout", 1, 10), ("Search", 2, 0)]);
        assert_eq!(fallback, Rule::default());
    }

    #[test]
    fn refusals_name_place_field_and_rule() {
        let message = |json: &str| parse(json).unwrap_err().to_string();
        let default = r#""default":{"fixed_target":1,"rate":0.05}"#;
        insta::assert_snapshot!(message(&format!(r#"{{"version":3,{default}}}"#)), @"local sampling rules: version is 1 or 2, not 3");
        insta::assert_snapshot!(message(r#"{"version":2,"default":{"fixed_target":-1,"rate":0.05}}"#), @"local sampling rules: default: fixed_target is a whole number, 0 or more");
        insta::assert_snapshot!(message(r#"{"version":2,"default":{"fixed_target":1,"rate":1.5}}"#), @"local sampling rules: default: rate is a number from 0 to 1");
        insta::assert_snapshot!(message(r#"{"version":2,"default":{"fixed_target":1,"rate":1,"host":"*"}}"#), @"local sampling rules: default: host is not allowed here: the default matches everything");
        insta::assert_snapshot!(message(&format!(r#"{{"version":2,{default},"rules":[{{"host":"*","http_method":"*","fixed_target":1,"rate":1}}]}}"#)), @"local sampling rules: rule 1: url_path is missing: every rule needs all three matchers");
        insta::assert_snapshot!(message(&format!(r#"{{"version":2,{default},"rules":[{{"service_name":"*","http_method":"*","url_path":"*","fixed_target":1,"rate":1}}]}}"#)), @"local sampling rules: rule 1: service_name belongs to the other version of the file");
        insta::assert_snapshot!(message(&format!(r#"{{"version":1,{default},"rules":[{{"service_name":"","http_method":"*","url_path":"*","fixed_target":1,"rate":1}}]}}"#)), @"local sampling rules: rule 1: service_name is empty: what matches everything is *");
        insta::assert_snapshot!(message(r#"{"version":2,"default":{"fixed_target":1,"rate":1,"hots":"*"}}"#), @"local sampling rules: unknown field `hots`, expected one of `description`, `id`, `service_name`, `host`, `http_method`, `url_path`, `fixed_target`, `rate` at line 1 column 56");
    }
}
