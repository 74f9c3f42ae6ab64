//! Form bodies of the query protocol: `MetricData.member.1.MetricName=Latency`.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use std::collections::BTreeMap;

use super::{DEPTH_MAX, Malformed, Members, VALUES_MAX, Value};

/// Reads a form, or the query string of a GET. Every scalar is [`Value::Untyped`].
///
/// `X.member.N` is a list in the order of its numbers, `X.entry.N.key` with `.value` a map; all else are structures.
///
/// # Errors
/// A name that contradicts another one, nested deeper than [`DEPTH_MAX`], or more than [`VALUES_MAX`] fields.
pub fn decode(form: &[u8]) -> Result<Value, Malformed> {
    // Counted before anything is taken apart: each field costs far more memory than its bytes.
    if form.split(|byte| *byte == b'&').nth(VALUES_MAX).is_some() {
        return Err(Malformed(format!("more than {VALUES_MAX} fields")));
    }
    let mut root = BTreeMap::new();
    for (name, text) in form_urlencoded::parse(form) {
        if !matches!(name.as_ref(), "Action" | "Version") {
            insert(&mut root, &name, text.into_owned())?;
        }
    }
    structure(root)
}

/// The first value of a field.
pub(super) fn field<'f>(form: &'f [u8], name: &str) -> Option<std::borrow::Cow<'f, str>> {
    form_urlencoded::parse(form).find(|(own, _)| own == name).map(|(_, text)| text)
}

/// A form's names, taken apart at their dots. A tree map: the count of names is the sender's choice.
enum Node {
    Leaf(String),
    Branch(BTreeMap<String, Self>),
}

fn insert(root: &mut BTreeMap<String, Node>, name: &str, text: String) -> Result<(), Malformed> {
    let contradiction = || Malformed(format!("{name} is given twice, or both as a value and as a structure"));
    if name.split('.').count() > DEPTH_MAX {
        return Err(Malformed(format!("nested deeper than {DEPTH_MAX}")));
    }
    let (path, last) = name.rsplit_once('.').unwrap_or(("", name));
    let mut branch = root;
    for step in path.split('.').filter(|_| !path.is_empty()) {
        let next = branch.entry(step.to_owned()).or_insert_with(|| Node::Branch(BTreeMap::new()));
        let Node::Branch(next) = next else { return Err(contradiction()) };
        branch = next;
    }
    match branch.insert(last.to_owned(), Node::Leaf(text)) {
        None => Ok(()),
        Some(_) => Err(contradiction()),
    }
}

fn value(node: Node) -> Result<Value, Malformed> {
    let mut branch = match node {
        Node::Leaf(text) => return Ok(Value::Untyped(text)),
        Node::Branch(branch) => branch,
    };
    if branch.len() == 1 {
        if let Some(Node::Branch(elements)) = branch.get_mut("member") {
            return numbered(std::mem::take(elements))?
                .into_iter()
                .map(value)
                .collect::<Result<_, _>>()
                .map(Value::List);
        }
        if let Some(Node::Branch(entries)) = branch.get_mut("entry") {
            let entries = numbered(std::mem::take(entries))?.into_iter().map(entry);
            return entries.collect::<Result<Members, _>>().map(Value::Map);
        }
    }
    structure(branch)
}

fn structure(branch: BTreeMap<String, Node>) -> Result<Value, Malformed> {
    let members = branch.into_iter().map(|(name, node)| Ok((name, value(node)?)));
    members.collect::<Result<Members, _>>().map(Value::Map)
}

/// The nodes in the order of their numbers. Gaps are closed, as AWS does.
fn numbered(elements: BTreeMap<String, Node>) -> Result<Vec<Node>, Malformed> {
    let numbers = elements.into_iter().map(|(number, node)| match number.parse::<u64>() {
        Ok(number) => Ok((number, node)),
        Err(_) => Err(Malformed(format!("{number:?} is not the number of a list's element"))),
    });
    let mut numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    numbers.sort_by_key(|(number, _)| *number);
    Ok(numbers.into_iter().map(|(_, node)| node).collect())
}

fn entry(node: Node) -> Result<(String, Value), Malformed> {
    let Node::Branch(mut pair) = node else { return Err(Malformed("a map's entry has no key".to_owned())) };
    match (pair.remove("key"), pair.remove("value")) {
        (Some(Node::Leaf(key)), Some(node)) => Ok((key, value(node)?)),
        _ => Err(Malformed("a map's entry needs a key and a value".to_owned())),
    }
}
