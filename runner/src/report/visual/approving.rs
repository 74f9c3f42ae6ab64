//! How the reader of a report approves.

use crate::visual::{VisualComparison, VisualReport};

/// What stands behind the buttons of the page.
#[derive(Clone, Copy, Debug)]
pub enum Approving<'a> {
    /// The page shows the command to run.
    Command {
        /// Where `visual.json` is, as the reader's shell knows it.
        path: &'a str,
    },
    /// The page was opened by `siskin visual report`, and sends the keys to the server it came from.
    Server {
        /// Which the server wants back with each approval.
        token: &'a str,
    },
}

/// `siskin visual approve PATH KEY...`, as a POSIX shell reads it.
pub fn approve_command(path: &str, keys: &[&str]) -> String {
    let mut command = prefix(path, keys);
    for key in keys {
        command.push(' ');
        command.push_str(&quoted(key));
    }
    command
}

/// The command up to the keys; what begins like an option must not be taken for one.
pub(super) fn prefix(path: &str, keys: &[&str]) -> String {
    let ends = if path.starts_with('-') || keys.iter().any(|key| key.starts_with('-')) { "-- " } else { "" };
    format!("siskin visual approve {ends}{}", quoted(path))
}

/// A word of a command line: in quotes where a shell would see more in it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Those that can be approved, the worst first.
pub(super) fn approvable<'a>(worst_first: &[&'a VisualComparison]) -> Vec<&'a str> {
    worst_first.iter().filter(|one| one.status.can_be_approved()).map(|one| one.key.as_str()).collect()
}

/// The command that approves all there is to approve; `None` when there is nothing.
pub(super) fn approve_all(report: &VisualReport, path: &str) -> Option<String> {
    let keys = approvable(&super::words::worst_first(report));
    (!keys.is_empty()).then(|| approve_command(path, &keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_that_were_meant() {
        for (keys, command) in [
            (
                &["home.1280x720.chromium", "home.390x844@3.chromium"][..],
                "siskin visual approve out/visual.json home.1280x720.chromium home.390x844@3.chromium",
            ),
            (&["it's; $(reboot)"], r"siskin visual approve out/visual.json 'it'\''s; $(reboot)'"),
            (&["", "a b"], "siskin visual approve out/visual.json '' 'a b'"),
            (&["-rf"], "siskin visual approve -- out/visual.json -rf"),
        ] {
            assert_eq!(approve_command("out/visual.json", keys), command);
        }
        assert_eq!(approve_command("my report/visual.json", &["a"]), "siskin visual approve 'my report/visual.json' a");
    }

    #[test]
    fn a_real_shell_gets_each_key_as_it_is() {
        let keys =
            ["home.390x844@3.chromium", "it's", "$(exit 3)", "a\nb", "`x`", "*", "\\", "\"", "", "ü|&;<>(){}#~!", "-v"];
        let command = approve_command("out/visual.json", &keys);
        let script = format!("siskin() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let ran = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let words = String::from_utf8(ran.stdout).unwrap();
        let words: Vec<_> = words.split_terminator('\0').collect();
        let expected: Vec<_> = ["visual", "approve", "--", "out/visual.json"].into_iter().chain(keys).collect();
        assert_eq!(words, expected);
    }
}
