//! Texts that are never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Limits of secrets.
pub mod limits {
    use std::time::Duration;

    /// Size of one secret.
    pub const SECRET_BYTES_MAX: usize = 64 * 1024;
    /// A command that gives a secret must end within this time.
    pub const COMMAND_WITHIN: Duration = Duration::from_secs(10);
}

/// How often a command is looked at while it runs.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Stands for a secret wherever one would be shown.
pub(super) const HIDDEN: &str = "[secret]";

/// A text that `Debug` and `Display` do not show.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever must use it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

/// The secrets of a canary by their names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Secrets(BTreeMap<String, Secret>);

impl Secrets {
    /// The texts themselves, for the script that is to use them.
    pub fn reveal(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, secret)| (name.clone(), secret.reveal().to_owned())).collect()
    }

    /// These and others; of two with one name the other counts.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl FromIterator<(String, Secret)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, Secret)>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

/// Where a secret comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum SecretSource {
    /// A variable of the runner's environment.
    Env(String),
    /// A file; relative to the configuration's.
    File(String),
    /// A program and its arguments; what it writes to its standard output.
    Command(Vec<String>),
}

impl SecretSource {
    /// Fetches the secret; line breaks at its end are no part of it. The error never tells what was read.
    pub(super) fn fetch(&self, directory: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, String> {
        let text = match self {
            Self::Env(name) => env(name).ok_or_else(|| format!("the environment has no variable {name}"))?,
            Self::File(path) => {
                let full = directory.join(path);
                let file = std::fs::File::open(&full).map_err(|error| format!("{}: {error}", full.display()))?;
                read(file).map_err(|rule| format!("{}: {rule}", full.display()))?
            }
            Self::Command(words) => output_of(words, directory)?,
        };
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() { Err("is empty".to_owned()) } else { Ok(Secret::new(text)) }
    }
}

fn read(from: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    let max = limits::SECRET_BYTES_MAX;
    from.take(max as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > max {
        return Err(format!("at most {max} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "is no UTF-8".to_owned())
}

fn output_of(words: &[String], directory: &Path) -> Result<String, String> {
    let Some((program, arguments)) = words.split_first() else { return Err("a program and its arguments".to_owned()) };
    let told = |error: std::io::Error| format!("{program}: {error}");
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(if directory.as_os_str().is_empty() { Path::new(".") } else { directory })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(told)?;
    let stdout = child.stdout.take().ok_or_else(|| format!("{program}: no output"))?;
    let reader = thread::spawn(move || read(stdout));
    let status = wait(&mut child).map_err(told)?;
    match status {
        None => return Err(format!("{program}: did not end within {} s", limits::COMMAND_WITHIN.as_secs())),
        Some(status) if !status.success() => return Err(format!("{program}: {status}")),
        Some(_) => {}
    }
    let text = reader.join().map_err(|_| format!("{program}: no output"))?;
    text.map_err(|rule| format!("{program}: {rule}"))
}

/// Waits for the end of `child`; kills it when it takes too long.
fn wait(child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > limits::COMMAND_WITHIN {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let secrets: Secrets = [("password".to_owned(), Secret::new("tea4two"))].into_iter().collect();
        let shown = format!("{secrets:?} {} {:?}", Secret::new("tea4two"), Secret::new("tea4two"));
        assert!(!shown.contains("tea4two") && shown.contains("password"), "{shown}");
        assert_eq!(secrets.reveal()["password"], "tea4two");
    }

    #[test]
    fn secrets_come_from_environment_file_and_command() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("token"), "from file\r\n").unwrap();
        std::fs::write(directory.path().join("large"), vec![b'x'; limits::SECRET_BYTES_MAX + 1]).unwrap();
        let env = |name: &str| (name == "TOKEN").then(|| "from env".to_owned());
        let command = |words: &[&str]| SecretSource::Command(words.iter().map(ToString::to_string).collect());
        let cases = [
            (SecretSource::Env("TOKEN".to_owned()), Ok("from env")),
            (SecretSource::Env("MISSING".to_owned()), Err("the environment has no variable MISSING")),
            (SecretSource::File("token".to_owned()), Ok("from file")),
            (SecretSource::File("large".to_owned()), Err("at most 65536 bytes")),
            (SecretSource::File("nowhere".to_owned()), Err("No such file")),
            (command(&["cat", "token"]), Ok("from file")),
            (command(&["sh", "-c", "echo tea4two; exit 3"]), Err("sh: exit status: 3")),
            (command(&["/no/such/program"]), Err("/no/such/program: No such file")),
            (command(&["true"]), Err("is empty")),
            (command(&[]), Err("a program and its arguments")),
        ];
        for (source, expected) in cases {
            match (source.fetch(directory.path(), &env), expected) {
                (Ok(secret), Ok(text)) => assert_eq!(secret.reveal(), text),
                (Err(error), Err(text)) => assert!(error.contains(text) && !error.contains("tea4two"), "{error}"),
                (got, expected) => panic!("{source:?}: {got:?}, not {expected:?}"),
            }
        }
    }
}
