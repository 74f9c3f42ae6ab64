//! What holds for every page.

use super::samples::pages;

/// The tags of a page without the values of their attributes: values are escaped, so none holds `<`, `>` or `"`.
fn tags(html: &str) -> Vec<String> {
    let inside = html.split('<').skip(1).map(|part| part.split('>').next().expect("split yields a part"));
    inside.map(|tag| tag.split('"').step_by(2).collect::<Vec<_>>().join(" ")).collect()
}

/// Fails when a page runs or styles anything that is not a file of the console's own.
pub(super) fn check_markup(name: &str, html: &str) {
    for tag in tags(html) {
        let words: Vec<&str> = tag.split([' ', '=']).collect();
        let inline = words.iter().any(|word| *word == "style" || word.starts_with("on"));
        assert!(!inline, "{name}: <{tag}>");
        assert!(!["style", "iframe", "object", "embed", "base"].contains(&words[0]), "{name}: <{tag}>");
        assert!(words[0] != "script" || words.contains(&"src"), "{name}: <{tag}>");
    }
    assert!(!html.contains("href=\"javascript:"), "{name}");
}

#[test]
fn no_page_has_inline_script_or_inline_style() {
    for (name, page) in pages() {
        check_markup(name, &page.into_string());
    }
}

#[test]
fn every_reference_stays_on_this_host() {
    for (name, page) in pages() {
        let html = page.into_string();
        for source in html.split(" src=\"").skip(1) {
            assert!(source.starts_with('/') && !source.starts_with("//"), "{name}: {source:.40}");
        }
        assert!(!html.contains("rel=\"stylesheet\" href=\"http"), "{name}");
    }
}

#[test]
fn every_page_has_one_title_and_one_main_heading() {
    for (name, page) in pages() {
        let html = page.into_string();
        assert_eq!(html.matches("<h1>").count(), 1, "{name}");
        assert_eq!(html.matches("</title><link").count(), 1, "{name}");
    }
}

#[test]
fn names_of_ids_are_given_once() {
    for (name, page) in pages() {
        let html = page.into_string();
        let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}");
    }
}
