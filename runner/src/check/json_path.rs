//! What stands at a `JSONPath` (RFC 9535).

use serde_json::Value;
use serde_json_path::JsonPath;

/// The one value at `path`, the list of several, or `None`.
///
/// # Errors
/// Why `path` is no `JSONPath`.
pub(crate) fn at(value: &Value, path: &str) -> Result<Option<Value>, String> {
    let path = JsonPath::parse(path).map_err(|error| format!("\"{path}\" is no JSONPath: {error}"))?;
    let nodes = path.query(value).all();
    Ok(match nodes[..] {
        [] => None,
        [one] => Some(one.clone()),
        ref several => Some(several.iter().map(|&node| node.clone()).collect()),
    })
}
