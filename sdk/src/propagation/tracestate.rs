//! The text of W3C's `tracestate`, which is other vendors' and passed on.
//!
//! Format and limits: <https://www.w3.org/TR/trace-context/#tracestate-header>

use super::losses;
use super::w3c::{TRACESTATE_BYTES_MAX, TRACESTATE_MEMBERS_MAX};

/// Members longer than this are the first to go where not all fit, as W3C asks.
const LONG_MEMBER_BYTES: usize = 128;

/// Bounds a list. One within the limits is passed on byte for byte; of one beyond them, whole members
/// are left out: first those after the 32nd, then long ones, then from the end, where the oldest are.
/// A list that is none is left out whole.
pub(super) fn bounded(text: &str) -> Box<str> {
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() {
        return Box::default();
    }
    let mut members: Vec<&str> = text.split(',').map(|member| member.trim_matches([' ', '\t'])).collect();
    let count = members.len();
    if text.len() <= TRACESTATE_BYTES_MAX && count <= TRACESTATE_MEMBERS_MAX {
        if members.iter().all(|member| is_member(member)) {
            return text.into();
        }
        losses::count_tracestate_dropped(1);
        return Box::default();
    }
    // Empty members are allowed, count for nothing, and are the first to be done without.
    members.retain(|member| !member.is_empty());
    let count = members.len();
    members.truncate(TRACESTATE_MEMBERS_MAX);
    if !members.iter().all(|member| is_member(member)) {
        losses::count_tracestate_dropped(1);
        return Box::default();
    }
    let bytes = |members: &[&str]| members.iter().map(|member| member.len() + 1).sum::<usize>().saturating_sub(1);
    while bytes(&members) > TRACESTATE_BYTES_MAX {
        let long = members.iter().rposition(|member| member.len() > LONG_MEMBER_BYTES);
        members.remove(long.unwrap_or(members.len() - 1));
    }
    losses::count_tracestate_dropped(count - members.len());
    members.join(",").into_boxed_str()
}

/// Whether a member is empty or `key=value` of characters that a header can carry.
fn is_member(member: &str) -> bool {
    let printable = member.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    printable && (member.is_empty() || member.split_once('=').is_some_and(|(key, _)| !key.is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_within_the_limits_is_untouched() {
        for text in ["a=1", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1 , ,b=2", "t@v=x=y"] {
            assert_eq!(&*bounded(text), text);
        }
    }

    #[test]
    fn what_is_no_list_is_left_out() {
        for text in ["", "  ", "a", "=1", "a=1,b", "a=\u{1}", "a=ü"] {
            assert_eq!(&*bounded(text), "", "{text}");
        }
    }

    #[test]
    fn members_beyond_the_limits_go_whole_long_ones_first() {
        let numbered =
            |range: std::ops::Range<usize>| range.map(|number| format!("k{number}=v")).collect::<Vec<_>>().join(",");
        assert_eq!(*bounded(&numbered(0..40)), numbered(0..32));
        let long = format!("long={}", "x".repeat(200));
        let middle = format!("b={}", "y".repeat(100));
        assert_eq!(
            *bounded(&format!("a=1,{long},{middle},{long},c=3,{middle}")),
            format!("a=1,{long},{middle},c=3,{middle}")
        );
        assert_eq!(
            *bounded(&format!("a=1,{}", [middle.as_str(); 6].join(","))),
            format!("a=1,{}", [middle.as_str(); 4].join(","))
        );
        assert_eq!(&*bounded(&"x".repeat(10_000)), "");
    }

    proptest! {
        #[test]
        fn the_limits_hold_and_order_is_kept(members in proptest::collection::vec("[a-z]{1,8}=[!-+.-~]{0,150}", 0..50)) {
            let kept = bounded(&members.join(","));
            prop_assert!(kept.len() <= TRACESTATE_BYTES_MAX);
            let kept: Vec<&str> = kept.split(',').filter(|member| !member.is_empty()).collect();
            prop_assert!(kept.len() <= TRACESTATE_MEMBERS_MAX);
            let mut rest = members.iter();
            prop_assert!(kept.iter().all(|member| rest.any(|candidate| candidate == member)), "an ordered part of the list");
            let all_fit = members.join(",").len() <= TRACESTATE_BYTES_MAX && members.len() <= TRACESTATE_MEMBERS_MAX;
            prop_assert!(!all_fit || kept.len() == members.len());
        }

        #[test]
        fn arbitrary_text_never_panics(text in ".{0,1200}") {
            prop_assert!(bounded(&text).len() <= TRACESTATE_BYTES_MAX);
        }
    }
}
