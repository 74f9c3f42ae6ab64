//! Finding Chrome and ChromeDriver, checking that they fit, and installing them where we may.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::os;
use super::text::truncated;

/// Where browsers are looked for, best first. `chromium-headless-shell` starts in half the time and
/// memory; Debian's `/usr/bin/chromium` is a shell script around the real program and costs 90 ms.
const BROWSERS: &[(&str, BrowserKind)] = &[
    ("chromium-headless-shell", BrowserKind::HeadlessShell),
    ("/usr/lib/chromium/chromium", BrowserKind::Chromium),
    ("/usr/bin/chromium", BrowserKind::Chromium),
    ("google-chrome", BrowserKind::Chrome),
];
const DRIVERS: &[&str] = &["chromedriver", "/usr/lib/chromium/chromedriver"];
/// Debian keeps the sandbox and any font out of `chromium` itself; a page without fonts shows no text.
const PACKAGES: &[&str] = &["chromium", "chromium-driver", "chromium-sandbox", "fonts-liberation"];
/// A first start of Chrome reads some 300 MB from disk.
const VERSION_PATIENCE: Duration = Duration::from_secs(20);
/// Some 100 MB over a slow line.
const INSTALL_PATIENCE: Duration = Duration::from_mins(15);
const OUTPUT_BYTES_MAX: usize = 4_000;

/// Which browser and driver the user asked for; what is not named is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallOptions {
    pub browser: Option<PathBuf>,
    pub driver: Option<PathBuf>,
}

/// A browser and a driver, as far as their files tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    pub browser: PathBuf,
    pub kind: BrowserKind,
    pub driver: PathBuf,
}

/// A browser and a driver of the same major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub programs: Programs,
    pub browser_version: Version,
    pub driver_version: Version,
}

/// A browser that was started, with the version that it tells itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningBrowser {
    pub programs: Programs,
    pub version: Version,
}

/// The flavour of Chrome. Pictures of different flavours are never compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BrowserKind {
    HeadlessShell,
    Chromium,
    Chrome,
}

/// A version such as `156.0.7300.2`; browser and driver fit when the first number is the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    major: u32,
    text: String,
}

/// Why there is no usable browser; each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstallError {
    #[error("no {what} found; {remedy}")]
    Missing { what: &'static str, remedy: String },
    #[error("{path} is not a usable {what}: {why}")]
    Unusable { what: &'static str, path: PathBuf, why: String },
    #[error(
        "browser and driver differ: {browser} is version {browser_version}, {driver} is version \
         {driver_version}; install both from one place (`browser install` as root on Debian and Ubuntu), or name a pair of \
         one major version by --browser-binary and --driver-binary"
    )]
    Mismatch { browser: PathBuf, browser_version: Version, driver: PathBuf, driver_version: Version },
    #[error("`{command}` failed: {why}")]
    InstallFailed { command: String, why: String },
}

impl Programs {
    /// Finds the programs without starting either: once started they tell their versions at no cost.
    ///
    /// # Errors
    /// `Missing` or `Unusable`; a configured path is never replaced by another.
    pub fn locate(options: &InstallOptions) -> Result<Self, InstallError> {
        let configured = |what, path: &PathBuf| {
            if path.is_file() {
                Ok(path.clone())
            } else {
                Err(InstallError::Unusable { what, path: path.clone(), why: "there is no such file".to_owned() })
            }
        };
        let (browser, kind) = match &options.browser {
            Some(path) => (configured("browser", path)?, BrowserKind::of(path)),
            None => BROWSERS
                .iter()
                .find_map(|(name, kind)| Some((locate(name)?, *kind)))
                .ok_or_else(|| missing("Chrome or Chromium"))?,
        };
        let driver = match &options.driver {
            Some(path) => configured("driver", path)?,
            None => DRIVERS.iter().find_map(|name| locate(name)).ok_or_else(|| missing("ChromeDriver"))?,
        };
        Ok(Self { browser, kind, driver })
    }
}

/// Finds a Chrome that can show a window, without starting it.
///
/// # Errors
/// As [`Programs::locate`].
pub(crate) fn locate_visible(configured: Option<&Path>) -> Result<PathBuf, InstallError> {
    const WHAT: &str = "browser";
    let unusable =
        |path: &Path, why: &str| Err(InstallError::Unusable { what: WHAT, path: path.to_owned(), why: why.to_owned() });
    match configured {
        Some(path) if !path.is_file() => unusable(path, "there is no such file"),
        Some(path) if BrowserKind::of(path) == BrowserKind::HeadlessShell => unusable(path, "it can show no window"),
        Some(path) => Ok(path.to_owned()),
        None => BROWSERS
            .iter()
            .filter(|(_, kind)| *kind != BrowserKind::HeadlessShell)
            .find_map(|(name, _)| locate(name))
            .ok_or_else(|| missing("Chrome or Chromium that can show a window")),
    }
}

impl From<Installation> for Programs {
    fn from(installation: Installation) -> Self {
        installation.programs
    }
}

impl Installation {
    /// Finds the browser and its driver, starting each once to read its version.
    ///
    /// # Errors
    /// `Missing`, `Unusable` or `Mismatch`; a configured path is never replaced by another.
    pub async fn find(options: &InstallOptions) -> Result<Self, InstallError> {
        let programs = Programs::locate(options)?;
        let (browser_version, driver_version) =
            tokio::try_join!(version("browser", &programs.browser), version("driver", &programs.driver))?;
        Self::pair(programs, browser_version, driver_version)
    }

    /// Puts programs and their versions together, if they fit.
    pub(crate) fn pair(
        programs: Programs,
        browser_version: Version,
        driver_version: Version,
    ) -> Result<Self, InstallError> {
        if browser_version.major == driver_version.major {
            return Ok(Self { programs, browser_version, driver_version });
        }
        let Programs { browser, driver, .. } = programs;
        Err(InstallError::Mismatch { browser, browser_version, driver, driver_version })
    }

    /// Finds the browser, installing it first when it is missing or does not fit its driver, and may be installed.
    ///
    /// Installs Debian packages by `apt-get`, as root only, and tells `progress` each line of it.
    ///
    /// # Errors
    /// As [`Installation::find`]; `InstallFailed` with the command and its last words.
    pub async fn ensure(
        options: &InstallOptions,
        progress: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Self, InstallError> {
        match Self::find(options).await {
            Err(InstallError::Missing { what, .. }) if may_install() => {
                progress(&format!("{what} is missing: installing it"));
            }
            // Two packages of one version: an update of only one of them is what parted them.
            Err(InstallError::Mismatch { .. }) if may_install() && *options == InstallOptions::default() => {
                progress("browser and driver are of different versions: updating both");
            }
            found => return found,
        }
        run_apt(&["update"], progress).await?;
        let mut install = vec!["install", "--yes", "--no-install-recommends"];
        install.extend(PACKAGES);
        run_apt(&install, progress).await?;
        Self::find(options).await
    }
}

impl BrowserKind {
    fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if name.contains("headless") {
            Self::HeadlessShell
        } else if name.contains("chromium") {
            Self::Chromium
        } else {
            Self::Chrome
        }
    }

    /// The name used in reports and in folders of pictures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HeadlessShell => "chromium-headless-shell",
            Self::Chromium => "chromium",
            Self::Chrome => "chrome",
        }
    }
}

impl Version {
    /// Reads the first dotted number in what `--version` prints.
    pub fn parse(output: &str) -> Option<Self> {
        output.split_ascii_whitespace().find_map(|word| {
            let (major, _) = word.split_once('.')?;
            let all_numbers = word.chars().all(|c| c.is_ascii_digit() || c == '.');
            let major = major.parse().ok().filter(|_| all_numbers)?;
            Some(Self { major, text: word.to_owned() })
        })
    }

    pub fn major(&self) -> u32 {
        self.major
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Finds a program by its absolute path or in `PATH`.
fn locate(name: &str) -> Option<PathBuf> {
    let named = Path::new(name);
    if named.is_absolute() {
        return named.is_file().then(|| named.to_owned());
    }
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

async fn version(what: &'static str, path: &Path) -> Result<Version, InstallError> {
    let unusable = |why: String| InstallError::Unusable { what, path: path.to_owned(), why };
    let output = Command::new(path).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(VERSION_PATIENCE, output)
        .await
        .map_err(|_| unusable(format!("`--version` gave no answer in {} s", VERSION_PATIENCE.as_secs())))?
        .map_err(|error| unusable(error.to_string()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    Version::parse(&printed).ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        unusable(format!(
            "`--version` printed no version: {}",
            truncated(format!("{printed}{said}").trim(), OUTPUT_BYTES_MAX)
        ))
    })
}

fn missing(what: &'static str) -> InstallError {
    let command = format!("apt-get install {}", PACKAGES.join(" "));
    let remedy = if locate("apt-get").is_none() {
        "install Chromium and the ChromeDriver of the same version, and name both in the \
         configuration if they are not in PATH"
            .to_owned()
    } else if os::is_root() {
        format!("run `{command}`")
    } else {
        format!("run `sudo {command}`")
    };
    InstallError::Missing { what, remedy }
}

fn may_install() -> bool {
    os::is_root() && locate("apt-get").is_some()
}

async fn run_apt(arguments: &[&str], progress: &mut (dyn FnMut(&str) + Send)) -> Result<(), InstallError> {
    let command = format!("apt-get {}", arguments.join(" "));
    let failed = |why: String| InstallError::InstallFailed { command: command.clone(), why };
    let mut child = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", OsStr::new("noninteractive"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(failed("it has no output".to_owned()));
    };
    let mut output = BufReader::new(output).lines();
    let mut errors = BufReader::new(errors).lines();
    let mut last_words = String::new();
    let conversation = async {
        let (mut output_open, mut errors_open) = (true, true);
        while output_open || errors_open {
            tokio::select! {
                line = output.next_line(), if output_open => match line? {
                    Some(line) => progress(&line),
                    None => output_open = false,
                },
                line = errors.next_line(), if errors_open => match line? {
                    Some(line) => {
                        progress(&line);
                        if last_words.len() < OUTPUT_BYTES_MAX {
                            last_words.push_str(&truncated(&line, OUTPUT_BYTES_MAX));
                            last_words.push(' ');
                        }
                    }
                    None => errors_open = false,
                },
            }
        }
        child.wait().await
    };
    let status = tokio::time::timeout(INSTALL_PATIENCE, conversation)
        .await
        .map_err(|_| failed(format!("not done after {} min", INSTALL_PATIENCE.as_secs() / 60)))?
        .map_err(|error| failed(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    Err(failed(format!("{status}: {}", last_words.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_the_programs_print_them() {
        let major = |text| Version::parse(text).map(|version| version.major());
        assert_eq!(major("Chromium 156.0.7300.2 built on Debian GNU/Linux 12 (bookworm)"), Some(156));
        assert_eq!(major("ChromeDriver 155.0.1.0 (abcdef-refs/branch-heads/1@{#2})"), Some(155));
        assert_eq!(major("Google Chrome 99.0.1.2 beta"), Some(99));
        assert_eq!(major("command not found"), None);
    }

    #[tokio::test]
    async fn a_configured_path_is_not_replaced() {
        let options = InstallOptions {
            browser: Some(PathBuf::from("/nonexistent/chromium")),
            driver: Some(PathBuf::from("/nonexistent/chromedriver")),
        };
        let error = Installation::find(&options).await.unwrap_err();
        assert!(matches!(&error, InstallError::Unusable { path, .. } if path.starts_with("/nonexistent")), "{error}");
    }

    #[tokio::test]
    async fn a_pair_of_different_versions_is_refused_with_what_to_do() {
        // Two programs of every Linux that print versions, never of one major.
        let options = InstallOptions { browser: Some("/bin/true".into()), driver: Some("/bin/sed".into()) };
        let error = Installation::find(&options).await.unwrap_err();
        assert!(matches!(&error, InstallError::Mismatch { .. }), "{error}");
        let text = error.to_string();
        for part in ["/bin/true is version ", "/bin/sed is version ", "`browser install`", "--driver-binary"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn kind_follows_the_file_name() {
        assert_eq!(BrowserKind::of(Path::new("/opt/chrome-headless-shell")), BrowserKind::HeadlessShell);
        assert_eq!(BrowserKind::of(Path::new("/usr/bin/google-chrome-stable")), BrowserKind::Chrome);
    }
}
