//! Mistakes that can be told before a script runs.

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};
use siskin_blueprints::Script;

use super::built_in::BUILT_IN;
use super::engine::{TABLES, compile};
use super::failure::Failure;
use super::table::Table;

/// Checks a script without running it: it compiles, and every function that it calls is there and takes so many
/// arguments.
///
/// # Errors
/// The first mistake, with its place.
pub(crate) fn check(script: &Script) -> Result<(), Failure> {
    mistakes(script).into_iter().next().map_or(Ok(()), Err)
}

/// All mistakes of a script, in the order of its lines.
pub(crate) fn mistakes(script: &Script) -> Vec<Failure> {
    let tree = match compile(script) {
        Ok(tree) => tree,
        Err(failure) => return vec![failure],
    };
    let own: Vec<Own> =
        tree.iter_functions().map(|one| Own { name: one.name.to_owned(), takes: one.params.len() }).collect();
    let mut found = Vec::new();
    walk(&tree, &mut |call, is_method, position| {
        if let Some(message) = mistake(call, is_method, &own) {
            found.push((position, message));
        }
    });
    found.sort_by_key(|(position, _)| (position.line(), position.position()));
    found.dedup();
    found.into_iter().map(|(position, message)| Failure::at(script, position, message)).collect()
}

/// A function of the script.
struct Own {
    name: String,
    takes: usize,
}

pub(super) fn walk(tree: &AST, see: &mut dyn FnMut(&FnCallExpr, bool, Position)) {
    tree.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::FnCall(call, position)) | ASTNode::Expr(Expr::FnCall(call, position))) => {
                see(call, false, *position);
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => see(call, true, *position),
            _ => {}
        }
        true
    });
}

fn mistake(call: &FnCallExpr, is_method: bool, own: &[Own]) -> Option<String> {
    if call.op_token.is_some() {
        return None;
    }
    let name = call.name.as_str();
    let given = call.args.len();
    let path: Vec<_> = call.namespace.path.iter().map(rhai::Ident::as_str).collect();
    match path[..] {
        [] => unqualified(name, given, is_method, own),
        [module] => {
            if let Some(table) = TABLES.iter().find(|table| table.name == module) {
                return qualified(table, name, given);
            }
            let known = TABLES.iter().map(|table| table.name).filter(|name| !name.is_empty());
            Some(format!("there is no module {module}{}", hint(module, known)))
        }
        _ => Some(format!("there is no module {}", path.join("::"))),
    }
}

fn qualified(table: &Table, name: &str, given: usize) -> Option<String> {
    let Some(function) = table.all().find(|function| function.name == name) else {
        let elsewhere = TABLES.iter().find(|other| other.all().any(|function| function.name == name));
        let hint = match elsewhere {
            Some(other) if hint(name, table.all().map(|function| function.name)).is_empty() => {
                let full = if other.name.is_empty() { name.to_owned() } else { format!("{}::{name}", other.name) };
                format!("; there is {full}")
            }
            _ => hint(name, table.all().map(|function| function.name)),
        };
        return Some(format!("there is no function {}::{name}{hint}", table.name));
    };
    let (fewest, most) = function.arity();
    wrong_count(&table.full_name(function), function.takes, given, fewest..=most)
}

fn unqualified(name: &str, given: usize, is_method: bool, own: &[Own]) -> Option<String> {
    let global: Vec<_> = TABLES.iter().filter(|table| table.name.is_empty()).flat_map(|table| table.all()).collect();
    if let Some(function) = global.iter().find(|function| function.name == name) {
        let (fewest, most) = function.arity();
        return wrong_count(name, function.takes, given + usize::from(is_method), fewest..=most);
    }
    let mine: Vec<_> = own.iter().filter(|one| one.name == name).collect();
    if BUILT_IN.binary_search(&name).is_ok()
        || (!mine.is_empty() && (is_method || mine.iter().any(|one| one.takes == given)))
    {
        return None;
    }
    if let Some(one) = mine.first() {
        return wrong_count(name, "", given, one.takes..=one.takes);
    }
    let in_module =
        TABLES.iter().find(|table| !table.name.is_empty() && table.all().any(|function| function.name == name));
    let known = global.iter().map(|function| function.name).chain(own.iter().map(|one| one.name.as_str()));
    let hint = match in_module {
        Some(table) if !is_method => format!("; there is {}::{name}", table.name),
        _ => hint(name, known.chain(BUILT_IN.iter().copied())),
    };
    Some(format!("there is no function {name}{hint}"))
}

fn wrong_count(name: &str, takes: &str, given: usize, right: std::ops::RangeInclusive<usize>) -> Option<String> {
    if right.contains(&given) {
        return None;
    }
    let count = match (*right.start(), *right.end()) {
        (1, 1) => "1 argument".to_owned(),
        (fewest, most) if fewest == most => format!("{fewest} arguments"),
        (fewest, most) => format!("{fewest} to {most} arguments"),
    };
    let takes = if takes.is_empty() { String::new() } else { format!(" ({takes})") };
    Some(format!("{name} takes {count}{takes}, not {given}"))
}

/// The nearest known name, when it is near.
fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    let nearest = known.map(|one| (distance(name, one), one)).filter(|(distance, _)| *distance <= limit).min();
    nearest.map(|(_, one)| format!("; did you mean {one}?")).unwrap_or_default()
}

/// Edits from one word to the other, two swapped letters counting as one.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut least = (rows[i][j + 1] + 1).min(row[j] + 1).min(rows[i][j] + usize::from(a != b));
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}
