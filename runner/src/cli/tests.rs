use clap::{CommandFactory, Parser};

use super::*;

#[derive(Debug, Parser)]
#[command(name = "siskin-runner")]
struct Mounted {
    #[command(subcommand)]
    command: Command,
}

#[test]
fn the_commands_are_consistent() {
    Mounted::command().debug_assert();
}

#[test]
fn every_command_shows_an_example() {
    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = format!("{path} {}", sub.get_name());
            if sub.has_subcommands() {
                leaves(sub, &path, found);
            } else {
                found.push((path, sub.clone().render_long_help().to_string()));
            }
        }
    }
    let mut found = Vec::new();
    leaves(&Mounted::command(), "", &mut found);
    assert_eq!(found.len(), 15);
    for (path, help) in found {
        assert!(help.contains("Example"), "{path}:\n{help}");
    }
}
