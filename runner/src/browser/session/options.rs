//! How a session is set up.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::install::Programs;
use crate::browser::os;
use crate::browser::trace::TraceContext;

/// Chrome's word for it in its preferences.
const PREDICT_NOTHING: u32 = 2;

/// Set-up of one [`super::Session`].
#[derive(Debug, Clone)]
pub struct SessionOptions {
    pub programs: Programs,
    pub viewport: Viewport,
    /// Longest wait for a page's `load`, also for answers of a page that hangs.
    pub page_load_timeout: Duration,
    /// Longest run of one script given to `execute`.
    pub script_timeout: Duration,
    /// Opens pages whose certificate nobody vouches for.
    pub accept_insecure_certs: bool,
    /// Folder in which the session makes one of its own, removed when it ends. Its path must be
    /// short (some 30 bytes), because the browser puts sockets below it.
    pub work_dir: PathBuf,
    /// Added to the browser's own user agent, so that a site can tell canaries from people.
    pub user_agent_suffix: Option<String>,
    pub trace: Option<TraceContext>,
    pub driver: DriverStart,
}

/// When ChromeDriver is started, which only some commands need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DriverStart {
    /// With the first command that needs it, which then takes a tenth of a second longer.
    #[default]
    WhenNeeded,
    /// With the session, for a script that is known to need it.
    AtOnce,
}

/// Size of the page's visible part in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewport {
    pub width: u32,
    pub height: u32,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { width: 1280, height: 720 }
    }
}

impl SessionOptions {
    /// The usual set-up: 1280 x 720, 30 s for pages, 15 s for scripts, a folder in `TMPDIR`, else in memory if there is
    /// room, else in `/tmp`.
    pub fn new(programs: impl Into<Programs>) -> Self {
        Self {
            programs: programs.into(),
            viewport: Viewport::default(),
            page_load_timeout: Duration::from_secs(30),
            script_timeout: Duration::from_secs(15),
            accept_insecure_certs: false,
            work_dir: os::browser_root(),
            user_agent_suffix: None,
            trace: None,
            driver: DriverStart::default(),
        }
    }

    /// Preferences of the profile, as ChromeDriver sets them and more.
    pub(super) fn preferences(&self) -> Value {
        json!({
            "alternate_error_pages": {"enabled": false},
            "autofill": {"enabled": false},
            "browser": {"check_default_browser": false},
            "distribution": {
                "import_bookmarks": false,
                "import_history": false,
                "import_search_engine": false,
                "make_chrome_default_for_user": false,
                "skip_first_run_ui": true,
            },
            "dns_prefetching": {"enabled": false},
            // Connections made in advance would hide what connecting costs.
            "net": {"network_prediction_options": PREDICT_NOTHING},
            // Downloads are refused, but Chrome makes the user's folder for them all the same; this one is there.
            "download": {"default_directory": self.work_dir},
            "savefile": {"default_directory": self.work_dir},
            "profile": {
                "default_content_setting_values": {"geolocation": 1},
                "default_content_settings": {"geolocation": 1, "mouselock": 1, "notifications": 1, "popups": 1},
                "password_manager_enabled": false,
            },
            "safebrowsing": {"enabled": false},
            "search": {"suggest_enabled": false},
            "translate": {"enabled": false},
        })
    }

    /// The capabilities that ask ChromeDriver for a session on a Chrome that runs already.
    pub(super) fn capabilities_at(&self, devtools_port: u16) -> serde_json::Map<String, Value> {
        let capabilities = json!({
            "browserName": "chrome",
            "acceptInsecureCerts": self.accept_insecure_certs,
            "timeouts": {
                "pageLoad": self.page_load_timeout.as_millis() as u64,
                "script": self.script_timeout.as_millis() as u64,
                "implicit": 0,
            },
            // A dialog is the page's doing: the script shall see it, not lose it.
            "unhandledPromptBehavior": "ignore",
            "goog:chromeOptions": {"debuggerAddress": format!("127.0.0.1:{devtools_port}")},
        });
        match capabilities {
            Value::Object(capabilities) => capabilities,
            _ => serde_json::Map::new(),
        }
    }

    /// All flags that Chrome is started with but for profile and port.
    pub(super) fn all_arguments(&self) -> Vec<String> {
        // What ChromeDriver starts Chrome with.
        const AUTOMATION: &[&str] = &[
            "--allow-pre-commit-input",
            "--disable-background-timer-throttling",
            "--disable-backgrounding-occluded-windows",
            "--disable-client-side-phishing-detection",
            "--disable-default-apps",
            "--disable-features=IgnoreDuplicateNavs,Prewarm",
            "--disable-hang-monitor",
            "--disable-popup-blocking",
            "--disable-prompt-on-repost",
            "--enable-automation",
            "--no-service-autorun",
            "--password-store=basic",
            "--test-type=webdriver",
            "--use-mock-keychain",
            // Bytes, since it may lie in memory.
            "--disk-cache-size=67108864",
        ];
        let mut arguments = self.arguments();
        arguments.extend(AUTOMATION.iter().map(|flag| (*flag).to_owned()));
        arguments
    }

    /// The command line flags that make pages look and behave as canaries want them.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // Kept for the next start, which a profile of one run has not: 18 files and folders to make and remove.
            "--disable-gpu-shader-disk-cache",
            // Without these the same page gives different pictures.
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
            "--font-render-hinting=none",
            "--disable-lcd-text",
            "--force-color-profile=srgb",
            // A full-page picture would lack the images nobody scrolled to.
            "--blink-settings=lazyLoadEnabled=false",
            // Scripts look for elements by the role and name that assistive software is told.
            "--enable-blink-features=ComputedAccessibilityInfo",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--window-size={},{}", self.viewport.width, self.viewport.height));
        if os::is_root() {
            // Chrome's sandbox refuses to run as root.
            arguments.push("--no-sandbox".to_owned());
        }
        arguments
    }
}
