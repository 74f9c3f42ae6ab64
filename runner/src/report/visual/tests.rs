use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::report::Ci;
use crate::visual::{VisualReport, VisualStatus};

/// Every status, and names that want to break out.
fn sample() -> VisualReport {
    serde_json::from_str(include_str!("sample.json")).unwrap()
}

fn without_hostile() -> VisualReport {
    let mut report = sample();
    report.comparisons.retain(|one| !one.key.contains('<'));
    report
}

const BY_COMMAND: Approving<'static> = Approving::Command { path: "visual-report/visual.json" };

fn written(report: &VisualReport) -> String {
    let mut out = Vec::new();
    visual_text(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample_has_every_status() {
    let report = sample();
    for status in VisualStatus::ALL {
        assert!(report.comparisons.iter().any(|one| one.status == status), "{status:?}");
    }
    assert_eq!(serde_json::from_str::<VisualReport>(&visual_json(&report)).unwrap(), report);
}

#[test]
fn a_terminal_shows_what_is_not_fine() {
    insta::assert_snapshot!(written(&without_hostile()), @r"
    OTHER ENVIRONMENT  help.1280x720.chromium  the baseline was made with another browser and other fonts: nothing can be said
                       640x400 at 0,0: changed (20,480 pixels)
    MISSING BASELINE   search.1280x720.chromium  there is no baseline
    DIFFERENT          home.1280x720.chromium  different: 1843 pixels changed, 0 may
                       220x48 at 40,60: text changed (1,200 pixels)
                       120x40 at 400,300: moved 4 right (643 pixels)
    DIFFERENT          cart.1280x720.chromium  different: 1280x720 became 1280x760; 51200 pixels changed, 0 may
                       40 rows were added at row 680
                       the page never stood still: two pictures of it in succession were not equal
                       1280x40 at 0,720: added (51,200 pixels)
    FAILED             account.1280x720.chromium  the page did not load: net::ERR_CONNECTION_REFUSED
    8 comparisons: 1 failed, 2 different, 1 missing baseline, 1 other environment, 1 updated, 1 new, 1 matched in 12.30 s
    ");
    assert!(!written(&sample()).contains('\u{1}'), "a control character reaches the terminal");
}

#[test]
fn markdown_is_a_table_and_a_command() {
    insta::assert_snapshot!(visual_markdown(&without_hostile(), "visual-report/visual.json"), @r"
    ### ❌ Pictures of shop \<b\>&amp; friends\</b\>

    8 comparisons: 1 failed, 2 different, 1 missing baseline, 1 other environment, 1 updated, 1 new, 1 matched in 12.30 s

    | | page | changed | why |
    |---|---|---:|---|
    | 💥 failed | account<br>`account.1280x720.chromium` |  | the page did not load: net::ERR\_CONNECTION\_REFUSED |
    | ❌ different | cart<br>`cart.1280x720.chromium` | 51,200 pixels<br>5.263 % | different: 1280x720 became 1280x760; 51200 pixels changed, 0 may<br>40 rows were added at row 680<br>the page never stood still: two pictures of it in succession were not equal<br>1280x40 at 0,720: added (51,200 pixels) |
    | ❌ different | home<br>`home.1280x720.chromium` | 1,843 pixels<br>0.200 % | different: 1843 pixels changed, 0 may<br>220x48 at 40,60: text changed (1,200 pixels)<br>120x40 at 400,300: moved 4 right (643 pixels) |
    | 🆕 missing baseline | search<br>`search.1280x720.chromium` |  | there is no baseline |
    | ❔ other environment | help<br>`help.1280x720.chromium` | 20,480 pixels<br>2.222 % | the baseline was made with another browser and other fonts: nothing can be said<br>640x400 at 0,0: changed (20,480 pixels) |

    `index.html` in the report's folder shows the pictures. If all of this is as it should be:

    ```sh
    siskin visual approve visual-report/visual.json cart.1280x720.chromium home.1280x720.chromium search.1280x720.chromium help.1280x720.chromium
    ```
    ");
    let mut fine = sample();
    fine.comparisons.retain(|one| one.status.is_fine());
    insta::assert_snapshot!(visual_markdown(&fine, "visual.json"), @r"
    ### ✅ Pictures of shop \<b\>&amp; friends\</b\>

    3 comparisons: 1 updated, 1 new, 1 matched in 12.30 s
    ");
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    let markdown = visual_markdown(&sample(), "visual.json");
    let row = markdown.lines().find(|line| line.contains("onerror")).unwrap();
    insta::assert_snapshot!(row, @r#"| ❌ different | \]\]\>&amp; \<!--\</script\>\<img src=x onerror=alert(1)\> "'\`\|@<!-- -->team<br>`` </script><img src=x onerror=alert(1)> "'`\|@team `` | 1 pixel<br>&lt; 0.001 % | \</script\>\<img src=x onerror=alert(1)\> "'\`\|@<!-- -->team second line<br>\</script\>\<img src=x onerror=alert(1)\> "'\`\|@<!-- -->team<br>3x4 at 1,2: \</script\>\<img src=x onerror=alert(1)\> "'\`\|@<!-- -->team (1 pixel) |"#);
}

#[test]
fn markdown_says_what_it_leaves_out() {
    let mut report = without_hostile();
    let one = report.comparisons[0].clone();
    report.comparisons = (0..5_000)
        .map(|index| {
            let mut one = one.clone();
            one.key = format!("page-{index}.1280x720.chromium");
            one
        })
        .collect();
    let markdown = visual_markdown(&report, "visual.json");
    assert!(markdown.len() <= 65_000, "{}", markdown.len());
    let shown = markdown.matches("| ❌ different |").count();
    assert!(markdown.contains(&format!("| | and {} more comparisons | | |", words::grouped(5_000 - shown as u64))));
    assert!(markdown.ends_with("`siskin visual report` opens it, and approves with a click.\n"), "no command is cut");
}

#[test]
fn junit_has_a_case_for_each_comparison() {
    let xml = visual_junit(&sample());
    let mut reader = Reader::from_str(&xml);
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => {
                *counts.entry(element.name().as_ref().to_owned()).or_default() += 1;
            }
            _ => {}
        }
    }
    assert_eq!((counts["testcase"], counts["failure"], counts["error"]), (9, 5, 1));
    assert!(xml.contains("tests=\"9\" failures=\"5\" errors=\"1\" time=\"12.300\" timestamp=\"2026-11-23T08:00:00\""));
    assert!(xml.contains("220x48 at 40,60: text changed (1,200 pixels)"), "{xml}");
}

#[test]
fn ci_systems_are_told_of_ten_at_most() {
    let report = without_hostile();
    insta::assert_snapshot!(visual_annotations(&report, Ci::GitHub).join("\n"), @r"
    ::error title=account.1280x720.chromium%3A failed::the page did not load: net::ERR_CONNECTION_REFUSED
    ::error title=cart.1280x720.chromium%3A different::different: 1280x720 became 1280x760; 51200 pixels changed, 0 may%0A1280x40 at 0,720: added (51,200 pixels)
    ::error title=home.1280x720.chromium%3A different::different: 1843 pixels changed, 0 may%0A220x48 at 40,60: text changed (1,200 pixels)%0A120x40 at 400,300: moved 4 right (643 pixels)
    ::error title=search.1280x720.chromium%3A missing baseline::there is no baseline
    ::error title=help.1280x720.chromium%3A other environment::the baseline was made with another browser and other fonts: nothing can be said%0A640x400 at 0,0: changed (20,480 pixels)
    ");
    let mut many = report.clone();
    let one = report.comparisons[0].clone();
    many.comparisons = vec![one; 12];
    let lines = visual_annotations(&many, Ci::AzurePipelines);
    assert_eq!(lines.len(), 10);
    assert!(lines[9].ends_with("and 3 more comparisons: see the report"), "{}", lines[9]);
    for line in visual_annotations(&sample(), Ci::GitHub) {
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn the_page_embeds_what_is_worth_a_look_once() {
    let png = |name: &str| Some([b"\x89PNG\r\n\x1a\n", name.as_bytes()].concat());
    let page = visual_html(&without_hostile(), &png, BY_COMMAND);
    let report = without_hostile();
    let count = |one: &crate::visual::VisualComparison| {
        [&one.files.actual, &one.files.baseline, &one.files.diff].into_iter().flatten().count()
    };
    let expected: usize = report.comparisons.iter().filter(|one| one.status != VisualStatus::Matched).map(count).sum();
    assert_eq!(page.matches("data:image/png").count(), expected);
    assert_eq!(page.matches("<article ").count(), 7, "a match is a row only");
    assert!(page.contains("siskin visual approve visual-report/visual.json cart.1280x720.chromium</code>"));
    assert!(
        page.contains("<meta name=\"siskin-command\" content=\"siskin visual approve visual-report/visual.json\">")
    );
    assert!(!page.contains("siskin-token\""), "a page without a server has no token");
}

#[test]
fn the_page_of_a_server_has_its_token_and_no_command() {
    let page = visual_html(&sample(), &|_| None, Approving::Server { token: "tell\"nobody" });
    assert!(page.contains("<meta name=\"siskin-token\" content=\"tell&quot;nobody\">"));
    assert!(page.contains("connect-src 'self'") && !page.contains("data:image/png"));
    assert!(page.contains("src=\"./home.1280x720.chromium.actual.png\""));
    assert!(!page.contains("siskin visual approve "));
}

#[test]
fn no_name_breaks_out_of_the_page() {
    let page = visual_html(&sample(), &|_| None, BY_COMMAND);
    assert!(!page.contains("<img src=x") && !page.contains("<b>& friends"));
    assert_eq!(page.matches("</script>").count(), 1, "the page's own script ends once");
    for attribute in ["href=\"javascript", "src=\"javascript", "=\"../", "\u{1}"] {
        assert!(!page.contains(attribute), "{attribute}");
    }
    // What is left of a page without its style and script has no handler either.
    let body = page.split("</style>").nth(1).unwrap().split("<script>").next().unwrap();
    assert!(!body.contains(" onerror=alert(1)>"), "a name became an attribute");
}

#[test]
fn reports_are_written_into_a_folder() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("out");
    write_visual_reports(&folder, &sample()).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut expected = VISUAL_REPORTS.map(str::to_owned);
    expected.sort();
    assert_eq!(names, expected);
    let json = std::fs::read_to_string(folder.join("visual.json")).unwrap();
    assert_eq!(serde_json::from_str::<VisualReport>(&json).unwrap(), sample());
}
