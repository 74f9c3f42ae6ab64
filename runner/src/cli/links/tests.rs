use clap::{Args, FromArgMatches};

use super::options::options;
use super::*;
use crate::cli::output::exit;

fn parsed(line: &str) -> Result<crate::check::link::LinkOptions, String> {
    let command = LinksArgs::augment_args(clap::Command::new("links"));
    let words = std::iter::once("links").chain(line.split(' '));
    let matches = command.try_get_matches_from(words).map_err(|error| error.to_string())?;
    let arguments = LinksArgs::from_arg_matches(&matches).unwrap();
    options(&arguments).map_err(|stop| {
        assert_eq!(stop.code, exit::USAGE);
        stop.message
    })
}

#[test]
fn a_url_alone_is_a_whole_check() {
    let options = parsed("https://example.com/").unwrap();
    assert!(options.fragments && options.robots && options.external && options.mixed_content);
    assert_eq!((options.depth, options.private, options.requests.retries), (None, None, 1));
}

#[test]
fn mistakes_name_argument_value_and_rule() {
    for (line, expected) in [
        ("ftp://example.com/", "start = ftp://example.com/: an absolute URL that begins with http:// or https://"),
        ("https://ada:hush@a.example/", "start = a.example: a URL without user and password, which are told apart"),
        ("https://a.example/ --timeout soon", "--timeout = \"soon\": a duration such as 30s or 1m 30s"),
        ("https://a.example/ --accept 99", "--accept = \"99\": status codes from 100 to 599"),
        ("https://a.example/ --unverifiable 403,x", "--unverifiable = \"x\": status codes"),
        ("https://a.example/ --exclude (", "--exclude: regex parse error"),
        ("https://a.example/ --header x", "--header: \"NAME: VALUE\""),
        ("https://a.example/ --max-links 0", "links_max = 0: 1 to 1000000"),
        ("https://a.example/ --concurrency 9999", "hosts.at_a_time = 9999: 1 to 1024"),
        ("https://a.example/ --basic-auth secret", "--basic-auth: USER:PASSWORD"),
        ("--urls-from /nowhere", "--urls-from /nowhere: No such file"),
        ("--depth 1", "required arguments"),
        ("not-a-url", "relative URL without a base"),
    ] {
        let told = parsed(line).unwrap_err();
        assert!(told.contains(expected), "{line}\n{told}");
    }
}

#[test]
fn lists_of_urls_have_comments_and_mistakes_with_lines() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("urls");
    std::fs::write(&list, "# ours\nhttps://a.example/\n\n https://b.example/x \n").unwrap();
    let options = parsed(&format!("--urls-from {}", list.display())).unwrap();
    assert_eq!(
        options.start.iter().map(url::Url::as_str).collect::<Vec<_>>(),
        ["https://a.example/", "https://b.example/x"]
    );
    std::fs::write(&list, "https://a.example/\nnonsense\n").unwrap();
    let told = parsed(&format!("--urls-from {}", list.display())).unwrap_err();
    assert!(told.contains("urls:2: \"nonsense\""), "{told}");
}
