//! Finding elements by role and accessible name, which only DevTools can.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::drive::ELEMENT_KEY;
use super::element::ElementRef;
use super::launch::Session;
use crate::browser::cdp::{CdpError, Connection};
use crate::browser::error::BrowserError;

/// Elements of one look-up.
const MATCHES_MAX: usize = 50;
/// Holds our references within Chrome until they are released together.
const OBJECT_GROUP: &str = "siskin-role";
/// Hands elements over to WebDriver, whose references are other ones than DevTools'.
const HAND_OVER: &str = "function(key, ...elements) { \
    Object.defineProperty(window, key, {value: elements, configurable: true}); }";
const TAKE: &str = "const [key] = arguments; const elements = window[key]; \
    delete window[key]; return elements || [];";

impl Session {
    pub(super) async fn find_by_role(
        &self,
        role: &str,
        name: Option<&str>,
        deadline: Instant,
    ) -> Result<Vec<ElementRef>, BrowserError> {
        let key = format!("__siskin{}", uuid::Uuid::new_v4().simple());
        let handed_over = self
            .guard_call("find", deadline, async |by| hand_over(&self.connection, role, name, &key, by).await)
            .await?;
        if handed_over == 0 {
            return Ok(Vec::new());
        }
        let taken = self.guard("find", deadline, async |client| client.execute(TAKE, vec![json!(key)]).await).await?;
        Ok(taken
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|element| element.get(ELEMENT_KEY)?.as_str())
            .map(|id| ElementRef::from_id(id.to_owned()))
            .collect())
    }
}

/// Puts the matching elements into the page's variable `key`, and returns how many.
pub(super) async fn hand_over(
    connection: &Connection,
    role: &str,
    name: Option<&str>,
    key: &str,
    by: Instant,
) -> Result<usize, CdpError> {
    let params = json!({"expression": "document", "objectGroup": OBJECT_GROUP});
    let document = connection.call("Runtime.evaluate", params, by).await?;
    let Some(document) = document.pointer("/result/objectId").cloned() else {
        return Ok(0);
    };
    let mut query = json!({"objectId": document});
    if let Some(fields) = query.as_object_mut() {
        fields.extend((role != "*").then(|| ("role".to_owned(), json!(role))));
        fields.extend(name.map(|name| ("accessibleName".to_owned(), json!(name))));
    }
    let tree = connection.call("Accessibility.queryAXTree", query, by).await?;
    let mut arguments = vec![json!({"value": key})];
    let nodes = tree.get("nodes").and_then(Value::as_array);
    for node in nodes.into_iter().flatten().take(MATCHES_MAX) {
        let is_ignored = node.get("ignored").and_then(Value::as_bool) == Some(true);
        let Some(node) = node.get("backendDOMNodeId").filter(|_| !is_ignored) else {
            continue;
        };
        let params = json!({"backendNodeId": node, "objectGroup": OBJECT_GROUP});
        match connection.call("DOM.resolveNode", params, by).await {
            Ok(resolved) => {
                if let Some(object) = resolved.pointer("/object/objectId") {
                    arguments.push(json!({"objectId": object}));
                }
            }
            // The page removed it meanwhile.
            Err(CdpError::Refused { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    let count = arguments.len() - 1;
    if count > 0 {
        let params = json!({
            "functionDeclaration": HAND_OVER,
            "objectId": document,
            "arguments": arguments,
        });
        connection.call("Runtime.callFunctionOn", params, by).await?;
    }
    let params = json!({"objectGroup": OBJECT_GROUP});
    connection.call("Runtime.releaseObjectGroup", params, by).await?;
    Ok(count)
}
