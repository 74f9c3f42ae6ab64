//! `import`: a recording of Chrome DevTools becomes a script.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use siskin_blueprints::recorder::{ReadOptions, ScriptOptions, limits, read, write_script};

use super::output::{Stop, complain, exit};
use super::script_file::{Content, ScriptFile};

/// Arguments of `import`.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// The JSON that DevTools' Recorder exports; `-` reads it from the standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The script; without it the script goes to the standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replaces a script that is there
    #[arg(long)]
    pub force: bool,
    /// Fields whose selectors contain this are for secrets, beside those that are called password, pin, token and the
    /// like; may be given several times
    #[arg(long, value_name = "WORD")]
    pub secret_field: Vec<String>,
    /// Clicks go to where in the element they were recorded, not to its middle
    #[arg(long)]
    pub positions: bool,
}

pub(super) fn run(arguments: &ImportArgs) -> Result<u8, Stop> {
    let shown = arguments.file.display();
    if let Some(empty) = arguments.secret_field.iter().find(|word| word.trim().is_empty()) {
        return Err(Stop::usage(format_args!("--secret-field = \"{empty}\": a word that selectors contain")));
    }
    let json = text(&arguments.file).map_err(|error| Stop::usage(format_args!("{shown}: {error}")))?;
    let options = ReadOptions { secret_words: arguments.secret_field.clone() };
    let imported = read(&json, &options).map_err(|invalid| Stop::usage(format_args!("{shown}: {invalid}")))?;
    let file = ScriptFile::prepare(arguments.out.as_deref(), Content::Script, arguments.force)?;
    let name = file.name();
    let script = write_script(&imported.recording, &ScriptOptions { file: &name, positions: arguments.positions });
    file.write(script)?;
    for warning in &imported.warnings {
        complain(format_args!("{shown}: warning: {warning}"));
    }
    if let Some(out) = &arguments.out {
        complain(format_args!(
            "{}: {} steps; its first lines tell how to run it",
            out.display(),
            imported.recording.steps.len()
        ));
    }
    Ok(exit::FINE)
}

/// Reads no more than a recording may have, and a byte by which its limit is told.
fn text(file: &Path) -> std::io::Result<String> {
    let source: Box<dyn std::io::Read> =
        if file == Path::new("-") { Box::new(std::io::stdin().lock()) } else { Box::new(std::fs::File::open(file)?) };
    let mut text = String::new();
    source.take(limits::JSON_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}
