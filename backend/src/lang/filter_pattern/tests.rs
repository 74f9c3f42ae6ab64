//! Patterns, and the messages they want.

use proptest::prelude::*;

use super::parse;

/// Asserts which of `messages` the pattern wants: those that begin with `+`.
fn check(pattern: &str, messages: &[&str]) {
    let parsed = parse(pattern).expect(pattern);
    for marked in messages {
        let (mark, message) = marked.split_at(1);
        assert_eq!(parsed.matches(message), mark == "+", "pattern {pattern:?}, message {message:?}");
    }
}

fn complaint(pattern: &str) -> String {
    parse(pattern).expect_err(pattern).message
}

#[test]
fn the_empty_pattern_wants_everything() {
    check("", &["+", "+anything"]);
    check("  ", &["+anything"]);
}

#[test]
fn terms_must_all_be_in_the_message_and_mind_the_case() {
    check("ERROR", &["+[ERROR 400] BAD REQUEST", "+Exiting with ERRORCODE: -1", "-[error 400]", "-"]);
    check("ERROR ARGUMENTS", &["+[ERROR 419] MISSING ARGUMENTS", "+ARGUMENTS then ERROR", "-[ERROR 401]"]);
}

#[test]
fn quotes_keep_blanks_and_punctuation() {
    check(r#""INTERNAL SERVER ERROR""#, &["+[ERROR 500] INTERNAL SERVER ERROR", "-INTERNAL ERROR"]);
    check(r#""said \"no\"" x"#, &[r#"+he said "no" x"#, "-he said no x"]);
    check(r#""C:\dir\\x""#, &[r"+C:\dir\x", "-C:dirx"]);
    check("größe", &["+die größe", "-die grosse"]);
}

#[test]
fn optional_terms_want_one_of_them() {
    check("?ERROR ?WARN", &["+ERROR", "+a WARN b", "-INFO"]);
    check(r#"?"a b" ?c"#, &["+xa bx", "+c", "-ab"]);
}

#[test]
fn optional_terms_beside_plain_ones_are_ignored() {
    check("?ERROR ?WARN REQUEST", &["+INFO REQUEST", "+ERROR REQUEST", "-ERROR"]);
}

#[test]
fn excluded_terms_may_not_be_there() {
    check("ERROR -ARGUMENTS", &["+[ERROR 400]", "-[ERROR 419] MISSING ARGUMENTS"]);
    check("-DEBUG", &["+INFO", "-DEBUG x"]);
    check(r#"?a ?b -"c d""#, &["+a", "+b", "-a c d", "-x"]);
}

#[test]
fn expressions_match_a_part() {
    check("%ERR[0-9]{2}%", &["+x ERR42 y", "-ERR4"]);
    check(r"%^\d+ (GET|POST)%", &["+12 GET /", "-a 12 GET", "-12 PUT"]);
    check(r"-%\%$%", &["+50", "-50%"]);
    check(r"%\x41%", &["+A", "-B"]);
}

#[test]
fn what_is_wrong_is_said() {
    insta::assert_snapshot!(complaint("foo:bar"), @"Invalid character(s) in term 'foo:bar'");
    insta::assert_snapshot!(complaint("a ?"), @"Invalid character(s) in term ''");
    insta::assert_snapshot!(complaint("\"open"), @"a quoted term has no closing quote");
    insta::assert_snapshot!(complaint("\"\""), @"a quoted term is empty");
    insta::assert_snapshot!(complaint("%open"), @"a regular expression has no closing %");
    insta::assert_snapshot!(complaint("%(%"), @"Invalid regular expression '('");
    insta::assert_snapshot!(complaint("%(?i)x%"), @"groups that begin with (? are not supported");
    insta::assert_snapshot!(complaint(r"%\p%"), @r"the escape \p is not supported");
    insta::assert_snapshot!(complaint(" { $.a = 1 }"), @"filter patterns in the JSON form are not supported; use terms");
    insta::assert_snapshot!(complaint("[ip, ...]"), @"filter patterns in the space-delimited form are not supported; use terms");
    insta::assert_snapshot!(complaint("%a% %b% %c% %d% %e% %f%"), @"a filter pattern holds at most 5 regular expressions");
    insta::assert_snapshot!(complaint(&"x".repeat(1025)), @"the filter pattern is longer than 1024 characters");
}

#[test]
fn the_span_points_at_the_term() {
    assert_eq!(parse("ok b:d").expect_err("colon").span, 3..6);
}

proptest! {
    #[test]
    fn any_text_parses_or_complains(pattern in ".{0,60}", message in ".{0,60}") {
        if let Ok(parsed) = parse(&pattern) {
            parsed.matches(&message);
        }
    }

    #[test]
    fn a_quoted_text_finds_itself(text in ".{1,30}", before in ".{0,9}", after in ".{0,9}") {
        let quoted = format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
        let message = format!("{before}{text}{after}");
        prop_assert!(parse(&quoted).expect("quoted").matches(&message));
    }
}
