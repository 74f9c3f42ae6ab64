//! A failed run as the line that a CI system shows at the place of the failure.

use crate::run::RunReport;

/// A CI system that marks the places of problems.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ci {
    /// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
    GitHub,
    /// <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>
    AzurePipelines,
}

impl Ci {
    /// The system this program runs under, by the variable that each sets.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let is_true = |name: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if is_true("GITHUB_ACTIONS") {
            Some(Self::GitHub)
        } else if is_true("TF_BUILD") {
            Some(Self::AzurePipelines)
        } else {
            None
        }
    }
}

/// The line for a run that did not pass. `file` is the script's path as the repository knows it: without one, as for a
/// blueprint, the problem has no place.
pub fn annotation(report: &RunReport, ci: Ci, file: Option<&str>) -> Option<String> {
    let reason = report.outcome.reason()?;
    let title = format!("{} {}", report.start.canary, report.outcome.word().to_lowercase());
    let (file_key, line_key, column_key, separator) = match ci {
        Ci::GitHub => ("file", "line", "col", ","),
        Ci::AzurePipelines => ("sourcepath", "linenumber", "columnnumber", ";"),
    };
    let mut properties = match ci {
        Ci::GitHub => vec![format!("title={}", github_property(&title))],
        Ci::AzurePipelines => vec!["type=error".to_owned()],
    };
    if let Some(file) = file {
        let escaped = if ci == Ci::GitHub { github_property(file) } else { azure(file) };
        properties.push(format!("{file_key}={escaped}"));
        if let Some((line, column)) = place(reason) {
            properties.push(format!("{line_key}={line}"));
            properties.push(format!("{column_key}={column}"));
        }
    }
    let properties = properties.join(separator);
    Some(match ci {
        Ci::GitHub => format!("::error {properties}::{}", github_message(reason)),
        Ci::AzurePipelines => format!("##vso[task.logissue {properties}]{}", azure(&format!("{title}: {reason}"))),
    })
}

/// Line and column in the reason's line `at FILE:LINE:COLUMN`.
fn place(reason: &str) -> Option<(u32, u32)> {
    let at = reason.lines().find_map(|line| line.strip_prefix("at "))?;
    let mut parts = at.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((line, column))
}

pub(super) fn github_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

pub(super) fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn azure(text: &str) -> String {
    let text = text.replace('%', "%AZP25").replace(';', "%3B").replace(']', "%5D");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Outcome;
    use crate::run::sample::{failed_run, with_outcome};

    #[test]
    fn a_failure_is_told_at_its_line() {
        let report = failed_run();
        assert_eq!(
            annotation(&report, Ci::GitHub, Some("canaries/a,b.rhai")).unwrap(),
            "::error title=shop-home failed,file=canaries/a%2Cb.rhai,line=10,col=9::status 500: expected 200-299%0A\
             at heartbeat.rhai:10:9%0A   10 |         assert::status(answer, good_status);"
        );
        assert_eq!(
            annotation(&report, Ci::AzurePipelines, Some("a.rhai")).unwrap(),
            "##vso[task.logissue type=error;sourcepath=a.rhai;linenumber=10;columnnumber=9]shop-home failed: status 500: \
             expected 200-299%0Aat heartbeat.rhai:10:9%0A   10 |         assert::status(answer, good_status)%3B"
        );
    }

    #[test]
    fn a_message_cannot_become_a_command_of_its_own() {
        let report = with_outcome(Outcome::Broken { reason: "100%\n::stop-commands::x".to_owned() });
        let line = annotation(&report, Ci::GitHub, None).unwrap();
        assert_eq!(line, "::error title=shop-home broken::100%25%0A::stop-commands::x");
        assert_eq!(annotation(&with_outcome(Outcome::Passed), Ci::GitHub, None), None);
    }

    #[test]
    fn the_system_is_known_by_its_variable() {
        let under = |set: &str| Ci::detect(|name| (name == set).then(|| "true".to_owned()));
        assert_eq!(under("GITHUB_ACTIONS"), Some(Ci::GitHub));
        assert_eq!(under("TF_BUILD"), Some(Ci::AzurePipelines));
        assert_eq!(under("CI"), None);
    }
}
