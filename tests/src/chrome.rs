//! A real Chrome that looks at pages as a person would.

use std::path::Path;
use std::time::Duration;

use siskin_runner::browser::{
    Area, ConsoleLevel, InstallOptions, Installation, Reaper, Selector, Session, SessionOptions,
};
use tokio::time::Instant;
use url::Url;

use crate::Siskin;

/// How long one page may take on a busy machine.
const PAGE_TIME: Duration = Duration::from_mins(1);

/// A browser with one tab.
#[derive(Debug)]
pub struct Chrome {
    session: Session,
    reaper: Reaper,
}

/// What a page showed.
#[derive(Debug)]
pub struct Look {
    /// HTTP status of the document.
    pub status: Option<u16>,
    /// The text a person reads.
    pub text: String,
}

impl Chrome {
    /// Starts a browser; the program under test lends its guardian process.
    ///
    /// # Panics
    /// When there is no Chrome: it is part of what the tests need.
    pub async fn launch(siskin: &Siskin) -> Self {
        let installation = Installation::find(&InstallOptions::default()).await.expect("Chrome is installed");
        let reaper = Reaper::spawn(&siskin.0).expect("the guardian starts");
        let options = SessionOptions::new(installation);
        let session = Session::launch(&reaper, &options, Instant::now() + PAGE_TIME).await.expect("Chrome starts");
        Self { session, reaper }
    }

    /// Opens a page and reads it.
    ///
    /// # Panics
    /// When the page cannot be opened, or logs an error to its console.
    pub async fn look_at(&self, url: &str) -> Look {
        let deadline = Instant::now() + PAGE_TIME;
        let seen = self.session.evidence().await.console.len();
        let page = Url::parse(url).expect("tests write URLs right");
        let navigation = self.session.goto(&page, deadline).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let script = "return document.body.innerText";
        let text = self.session.execute(script, Vec::new(), deadline).await.expect("a page has a body");
        let console = self.session.evidence().await.console;
        let errors: Vec<_> = console.iter().skip(seen).filter(|line| line.level == ConsoleLevel::Error).collect();
        assert!(errors.is_empty(), "{url}: {errors:?}");
        Look { status: navigation.status, text: text.as_str().unwrap_or_default().to_owned() }
    }

    /// Clicks what a CSS selector finds.
    ///
    /// # Panics
    /// When nothing is found.
    pub async fn click(&self, selector: &str) {
        let deadline = Instant::now() + PAGE_TIME;
        let selector = Selector::Css(selector.to_owned());
        let element = self.session.find(&selector, deadline).await.expect("the element is there");
        self.session.click(&element, deadline).await.expect("the element can be clicked");
    }

    /// Writes a picture of the whole page, for people who look at what the tests saw.
    ///
    /// # Panics
    /// When the page cannot be painted or the file not be written.
    pub async fn picture(&self, file: &Path) {
        let deadline = Instant::now() + PAGE_TIME;
        let picture = self.session.screenshot(Area::FullPage, deadline).await.expect("the page can be painted");
        std::fs::write(file, &picture.png).expect("the picture can be written");
    }

    /// Ends the browser.
    ///
    /// # Panics
    /// When something of it is left.
    pub async fn close(self) {
        self.session.close().await.expect("the browser ends");
        self.reaper.close().await.expect("the guardian ends");
    }
}
