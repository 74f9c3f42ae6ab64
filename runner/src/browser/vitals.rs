//! Web vitals of each document: how soon it painted, how much it moved, how fast it answered.
//!
//! An injected observer calls a binding whenever a value changes, so that what was measured is
//! known even when the page hangs afterwards.

use serde::{Deserialize, Serialize};

/// Name of the binding the observer calls.
pub(crate) const BINDING: &str = "__siskinVitals";
/// World of the observer, apart from the page's own scripts.
pub(crate) const WORLD: &str = "siskin";
pub(crate) const SCRIPT: &str = include_str!("vitals.js");
/// Documents of one session whose vitals are kept; later ones are not measured.
pub(crate) const DOCUMENTS_MAX: usize = 100;

/// What <https://web.dev/articles/vitals> defines, in milliseconds after the navigation's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vitals {
    pub url: String,
    /// Time to the first byte.
    #[serde(rename = "ttfb")]
    pub ttfb_ms: Option<f64>,
    /// First contentful paint.
    #[serde(rename = "fcp")]
    pub fcp_ms: Option<f64>,
    /// Largest contentful paint so far.
    #[serde(rename = "lcp")]
    pub lcp_ms: Option<f64>,
    /// Cumulative layout shift, a number without unit.
    pub cls: f64,
    /// Interaction to next paint so far; `None` when nobody clicked, tapped or typed.
    #[serde(rename = "inp")]
    pub inp_ms: Option<f64>,
}

/// Takes in one call of the binding. A document's later report replaces its earlier one.
///
/// `starts_document` says that a new document began since the last report.
pub(crate) fn record(all: &mut Vec<Vitals>, payload: &str, starts_document: bool) {
    // The page cannot reach the binding, so anything unreadable is a Chrome we do not know.
    let Ok(vitals) = serde_json::from_str::<Vitals>(payload) else {
        return;
    };
    if let Some(last) = all.last_mut()
        && !starts_document
        && last.url == vitals.url
    {
        *last = vitals;
    } else if all.len() < DOCUMENTS_MAX {
        all.push(vitals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_reports_replace_and_new_documents_add() {
        let mut all = Vec::new();
        record(&mut all, r#"{"url":"a","ttfb":1,"fcp":null,"lcp":null,"cls":0}"#, true);
        record(&mut all, r#"{"url":"a","ttfb":1,"fcp":2,"lcp":3,"cls":0.1}"#, false);
        record(&mut all, r#"{"url":"a","ttfb":9,"fcp":null,"lcp":null,"cls":0}"#, true);
        record(&mut all, "rubbish", false);
        assert_eq!(all.len(), 2);
        assert_eq!(all.first().and_then(|first| first.lcp_ms), Some(3.0));
    }
}
