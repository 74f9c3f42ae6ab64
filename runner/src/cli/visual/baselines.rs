//! Where baselines are, and whether they are set.

use std::path::Path;

use clap::{ArgAction, Args};

use crate::cli::output::Stop;
use crate::config::BaselinePlace;
use crate::visual::baseline::Baselines;
use crate::visual::{UpdatePolicy, VisualReport};

/// Names that CI systems give to what they run.
const CI_VARIABLES: [&str; 7] =
    ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "JENKINS_URL", "TEAMCITY_VERSION", "TF_BUILD"];

/// Where baselines are, and whether they are set.
#[derive(Args, Clone, Debug)]
pub struct BaselineArgs {
    /// Where approved pictures are: a folder; or, by content, <file:///DIRECTORY>, <s3://BUCKET/PREFIX>, gs or az
    #[arg(long, value_name = "PLACE")]
    pub baselines: Option<String>,
    /// Approves every picture that is not as its baseline; where CI is set it has to be given twice
    #[arg(long, action = ArgAction::Count)]
    pub update: u8,
}

pub(in crate::cli) fn baseline_place(arguments: &BaselineArgs) -> Result<Option<BaselinePlace>, Stop> {
    let parse = |text: &String| BaselinePlace::parse("--baselines", text, Path::new(""));
    arguments.baselines.as_ref().map(parse).transpose().map_err(Stop::usage)
}

/// The baselines of a report: where it says, unless told otherwise.
pub(super) fn open(given: Option<&String>, report: &VisualReport, region: &str) -> Result<Baselines, Stop> {
    let (field, text) = given.map_or(("baselines", report.baselines.as_str()), |text| ("--baselines", text));
    let place = BaselinePlace::parse(field, text, Path::new("")).map_err(Stop::usage)?;
    Baselines::open(&place, region).map_err(Stop::usage)
}

/// When pictures become baselines by themselves.
pub(in crate::cli) fn update_policy(update: u8) -> Result<UpdatePolicy, Stop> {
    policy(update, |name| std::env::var(name).ok())
}

fn policy(update: u8, variable: impl Fn(&str) -> Option<String>) -> Result<UpdatePolicy, Stop> {
    let is_set = |name: &&&str| variable(name).is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    let ci = CI_VARIABLES.iter().find(is_set);
    match (update, ci) {
        (0, None) => Ok(UpdatePolicy::Missing),
        (0, Some(_)) => Ok(UpdatePolicy::Never),
        (1, Some(ci)) => Err(Stop::usage(format_args!(
            "--update: {ci} is set, and a job that approves what it sees finds nothing ever: approve pictures where \
             somebody looks at them, or give --update twice"
        ))),
        _ => Ok(UpdatePolicy::Changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_sets_no_baseline_unless_told_twice() {
        let of = |update: u8, variables: &[(&str, &str)]| {
            let value =
                |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
            policy(update, value).map_err(|stop| (stop.code, stop.message))
        };
        assert_eq!(of(0, &[]), Ok(UpdatePolicy::Missing));
        assert_eq!(of(1, &[("CI", "false")]), Ok(UpdatePolicy::Changed));
        assert_eq!(of(0, &[("CI", "true")]), Ok(UpdatePolicy::Never));
        assert_eq!(of(2, &[("CI", "true")]), Ok(UpdatePolicy::Changed));
        let (code, message) = of(1, &[("GITLAB_CI", "true")]).unwrap_err();
        assert!(
            code == 2 && message.contains("GITLAB_CI is set") && message.contains("give --update twice"),
            "{message}"
        );
    }
}
