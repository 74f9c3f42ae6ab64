//! Every example of the reference runs.

use std::fmt::Write as _;

use siskin_runner::script::reference;

use crate::program::run;
use crate::site;

#[tokio::test]
async fn browser_runs_every_example_of_the_reference() {
    let shop = site::start().await;
    let mut script = String::from("let failed = [];\n");
    let examples = reference::examples();
    for example in &examples {
        // A fresh page for what needs one; the browser is the same for all of them.
        let needs_page =
            ["page::", "element::", "link::", "visual::"].iter().any(|module| example.source.contains(module));
        let open = if needs_page { "page::open(\"https://shop.example/\");" } else { "" };
        let name = &example.function;
        writeln!(
            script,
            "log::info(\"{name}\"); try {{ {open}\n{}\n}} catch (error) {{ failed += `{name}: ${{error}}`; }}",
            example.source
        )
        .unwrap();
    }
    script.push_str("for one in failed { log::error(one); }\nassert::equal(failed.len(), 0);\n");
    let ended = run(&shop, &script).await;
    let log: Vec<_> = ended.log().lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect();
    let last = ended.log();
    assert_eq!(
        ended.code,
        0,
        "{}\n{}\n{}",
        log.join("\n"),
        ended.stderr,
        last.lines().rev().take(5).collect::<Vec<_>>().join("\n")
    );
    assert!(examples.len() > 100, "{}", examples.len());
}
