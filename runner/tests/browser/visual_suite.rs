//! `visual`: the program itself, on pages that change.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use parking_lot::Mutex;
use siskin_runner::visual::{VisualReport, VisualStatus, read_report};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::bench::turn;

/// A page whose words can be changed, and another one that stays.
struct Shop {
    words: Arc<Mutex<&'static str>>,
    url: String,
    folder: TempDir,
    _serving: JoinSet<()>,
}

impl Shop {
    async fn open() -> Self {
        async fn page(State(words): State<Arc<Mutex<&'static str>>>) -> Html<String> {
            let words = *words.lock();
            Html(format!(
                "<!doctype html><title>Shop</title><h1>{words}</h1><p style='background:#2a7;height:900px'>tea</p>"
            ))
        }
        let words = Arc::new(Mutex::new("Green tea 4.50"));
        let router = Router::new()
            .route("/", get(page))
            .route("/about", get(|| async { Html("<!doctype html><title>About</title><h1>About us</h1>") }))
            .with_state(Arc::clone(&words));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { words, url, folder: tempfile::tempdir().unwrap(), _serving: serving }
    }

    fn say(&self, words: &'static str) {
        *self.words.lock() = words;
    }

    /// The program in the shop's folder, outside of CI unless `ci`.
    async fn run(&self, arguments: &[&str], ci: bool) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
        for name in ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_STEP_SUMMARY", "TF_BUILD"] {
            command.env_remove(name);
        }
        if ci {
            command.env("CI", "true");
        }
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    }

    async fn test(&self, more: &[&str], ci: bool) -> (Option<i32>, String) {
        let (home, about) = (format!("{}/", self.url), format!("{}/about", self.url));
        self.run(&[&["visual", "test", &home, &about], more].concat(), ci).await
    }

    fn report(&self) -> VisualReport {
        read_report(&self.path("visual-report")).unwrap()
    }

    fn statuses(&self) -> Vec<(String, VisualStatus)> {
        self.report().comparisons.into_iter().map(|one| (one.page, one.status)).collect()
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }
}

fn named(statuses: [VisualStatus; 2]) -> Vec<(String, VisualStatus)> {
    ["home", "about"].map(str::to_owned).into_iter().zip(statuses).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_visual_a_changed_page_is_shown_and_approved_and_then_it_matches() {
    let _turn = turn().await;
    let shop = Shop::open().await;
    let (code, said) = shop.test(&[], false).await;
    assert_eq!((code, shop.statuses()), (Some(0), named([VisualStatus::New; 2])), "{said}");
    let (code, said) = shop.test(&[], true).await;
    assert_eq!((code, shop.statuses()), (Some(0), named([VisualStatus::Matched; 2])), "{said}");
    shop.say("Green tea 4.90");
    let (code, said) = shop.test(&[], true).await;
    assert_eq!((code, shop.statuses()), (Some(3), named([VisualStatus::Different, VisualStatus::Matched])), "{said}");
    let home = shop.report().comparisons.into_iter().next().unwrap();
    assert!(home.regions.iter().any(|region| region.change == "text changed"), "{home:?}");
    let pictures = ["baseline.png", "diff.png", "png"].map(|ending| format!("{}.{ending}", home.key));
    let reports = ["index.html", "junit.xml", "summary.md", "visual.json"].map(str::to_owned);
    assert_eq!(files(&shop.path("visual-report")), [&pictures[..], &reports].concat());
    let (code, said) = shop.run(&["visual", "approve", "visual-report", "about"], true).await;
    assert!(code == Some(2) && said.contains("\"about\" is matched: there is nothing to approve"), "{code:?} {said}");
    let (code, said) = shop.run(&["visual", "approve", "visual-report", "home"], true).await;
    assert!(code == Some(0) && said.contains(&format!("approved  {}", home.key)), "{code:?} {said}");
    let (code, said) = shop.test(&[], true).await;
    assert_eq!((code, shop.statuses()), (Some(0), named([VisualStatus::Matched; 2])), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_visual_ci_sets_no_baseline_and_a_page_that_fails_is_told_apart() {
    let _turn = turn().await;
    let shop = Shop::open().await;
    let (code, said) = shop.test(&["--update"], true).await;
    assert!(code == Some(2) && said.contains("give --update twice"), "{code:?} {said}");
    let (code, said) = shop.test(&[], true).await;
    assert_eq!((code, shop.statuses()), (Some(3), named([VisualStatus::Missing; 2])), "{said}");
    assert!(!shop.path("visual-baselines").exists());
    let (code, said) = shop.run(&["visual", "approve", "visual-report/visual.json", "--all"], true).await;
    assert_eq!((code, files(&shop.path("visual-baselines")).len()), (Some(0), 2), "{said}");
    let gone = format!("{}/gone", shop.url);
    let (code, said) = shop.test(&[&gone], true).await;
    let failed = shop.report().comparisons.pop().unwrap();
    assert_eq!((code, failed.status), (Some(1), VisualStatus::Failed), "{said}");
    assert!(failed.reason.starts_with("status 404: expected 200-299 (see "), "{failed:?}");
    assert!(shop.path("visual-report/runs").is_dir());
    // A baseline that is damaged is neither a difference nor a match.
    let baseline = shop.path("visual-baselines/home.1280x720.chromium.png");
    let names = files(&shop.path("visual-baselines"));
    let baseline = if baseline.exists() { baseline } else { shop.path("visual-baselines").join(&names[1]) };
    let whole = std::fs::read(&baseline).unwrap();
    std::fs::write(&baseline, &whole[..whole.len() / 2]).unwrap();
    let (code, said) = shop.test(&[], true).await;
    assert!(code == Some(4) && said.contains("is not the picture that was approved"), "{code:?} {said}");
    let (code, said) = shop.test(&["--report", "visual-baselines"], true).await;
    assert!(code == Some(4) && said.contains("is not the folder of an earlier report"), "{code:?} {said}");
    assert_eq!(files(&shop.path("visual-baselines")), names);
    let held = std::fs::File::open(shop.path("visual-report")).unwrap();
    held.lock().unwrap();
    let (code, said) = shop.test(&[], true).await;
    assert!(code == Some(4) && said.contains("another test is writing its report there"), "{code:?} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_visual_two_suites_that_set_one_baseline_at_once_lose_none() {
    let _turn = turn().await;
    let shop = Shop::open().await;
    let runs = ["one", "two"].map(|report| {
        let shop = &shop;
        async move { shop.test(&["--report", report, "--update"], false).await }
    });
    let [one, two] = runs;
    let (one, two) = tokio::join!(one, two);
    for (report, (code, said)) in [("one", one), ("two", two)] {
        assert_eq!(code, Some(0), "{said}");
        let report = read_report(&shop.path(report)).unwrap();
        assert!(report.comparisons.iter().all(|one| one.status.is_fine()), "{report:?}");
    }
    let (code, said) = shop.test(&[], true).await;
    assert_eq!((code, shop.statuses()), (Some(0), named([VisualStatus::Matched; 2])), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_visual_baselines_are_kept_on_a_branch() {
    let _turn = turn().await;
    let shop = Shop::open().await;
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci/visual");
    let run = async |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(shop.path("work")).env("CI", "true");
        command.env("SISKIN", env!("CARGO_BIN_EXE_siskin-runner")).env("SISKIN_BASELINES_BRANCH", "looks");
        for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TF_BUILD"] {
            command.env_remove(name);
        }
        for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
            command.env(name, "anna@shop.example");
        }
        let output = command.output().await.unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    std::fs::create_dir(shop.path("work")).unwrap();
    let git = async |arguments: &[&str]| {
        let (code, said) = run(Path::new("git"), arguments).await;
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        said
    };
    git(&["init", "--quiet", "--bare", "../origin.git"]).await;
    git(&["init", "--quiet"]).await;
    git(&["remote", "add", "origin", "../origin.git"]).await;
    git(&["commit", "--quiet", "--allow-empty", "-m", "code"]).await;
    let page = format!("{}/", shop.url);
    let test = async || run(&scripts.join("test.sh"), &[&page]).await;
    let (code, said) = test().await;
    assert!(code == Some(3) && said.contains("origin has no branch looks yet"), "{code:?} {said}");
    let (code, said) = run(&scripts.join("approve.sh"), &[]).await;
    assert!(code == Some(0) && said.contains("Pushed to looks"), "{code:?} {said}");
    let (code, said) = test().await;
    assert_eq!(code, Some(0), "{said}");
    shop.say("Black tea");
    assert_eq!(test().await.0, Some(3));
    let (code, said) = run(&scripts.join("approve.sh"), &["home"]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = test().await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        git(&["--git-dir=../origin.git", "log", "--format=%s", "looks"]).await,
        "Approve pictures: home\nApprove pictures: all\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_visual_a_canary_compares_pictures_with_its_own_baselines() {
    let _turn = turn().await;
    let shop = Shop::open().await;
    let file = format!(
        "[[canary]]\nname = \"looks\"\nblueprint = \"visual\"\nschedule = \"rate(1 hour)\"\n[canary.parameters]\n\
         url = \"{}/\"\nviewports = [\"1280x720\", \"390x844@2\"]\n",
        shop.url
    );
    std::fs::write(shop.path("canaries.toml"), file).unwrap();
    let (code, said) = shop.run(&["run", "looks"], false).await;
    assert_eq!((code, files(&shop.path("visual-baselines/looks")).len()), (Some(0), 2), "{said}");
    shop.say("Black tea");
    let (code, said) = shop.run(&["run", "looks", "--output", "json"], false).await;
    assert_eq!(code, Some(3), "{said}");
    let run: serde_json::Value = serde_json::from_str(&said).unwrap();
    let folder = run["directory"].as_str().unwrap();
    let reports = ["junit.xml", "summary.md", "report.html"].map(|name| shop.path(folder).join(name));
    let before = reports.clone().map(|report| std::fs::read(report).unwrap());
    let (code, said) = shop.run(&["visual", "approve", folder, "--all"], false).await;
    assert_eq!(reports.map(|report| std::fs::read(report).unwrap()), before, "the run's own reports stay");
    assert_eq!((code, said.matches("approved").count()), (Some(0), 2), "{said}");
    let (code, said) = shop.run(&["run", "looks"], true).await;
    assert_eq!(code, Some(0), "{said}");
}
