//! Scripts in the page.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::drive::ELEMENT_KEY;
use super::launch::Session;
use crate::browser::error::{BrowserError, PageError};

/// Runs a script and makes its result plain, as <https://www.w3.org/TR/webdriver/#dfn-json-clone> has it.
const CALL: &str = include_str!("call.js");
/// Gives WebDriver what a script's result holds and only WebDriver can name: elements.
const TAKE: &str = "const [key] = arguments; const held = window[key]; delete window[key]; \
    return held ? [held.value] : null;";
/// A page that leaves with what it held is asked anew.
const ATTEMPTS_MAX: usize = 3;

impl Session {
    /// Runs `script` as the body of a function in the page and returns what it returns; `arguments`
    /// are its `arguments`, and a promise is awaited.
    ///
    /// # Errors
    /// `Page` with the script's own error; `Deadline` when it did not end in time.
    pub async fn execute(&self, script: &str, arguments: Vec<Value>, deadline: Instant) -> Result<Value, BrowserError> {
        if self.webdriver.is_in_frame() || arguments.iter().any(names_element) {
            return self.guard("execute", deadline, async |client| client.execute(script, arguments).await).await;
        }
        let key = format!("__siskin{}", uuid::Uuid::new_v4().simple());
        let given = Value::Array(arguments);
        let call = format!("({CALL})(function() {{\n{script}\n}}, {given}, \"{key}\")");
        for _ in 0..ATTEMPTS_MAX {
            match self.call(&call, deadline).await? {
                Returned::Plain(value) => return Ok(value),
                Returned::Held => {
                    let key = vec![Value::from(key.as_str())];
                    let taken = self.guard("execute", deadline, async |client| client.execute(TAKE, key).await).await?;
                    if let Value::Array(mut taken) = taken
                        && let Some(value) = taken.pop()
                    {
                        return Ok(value);
                    }
                }
            }
        }
        Err(BrowserError::Page(PageError::Stale))
    }

    async fn call(&self, call: &str, deadline: Instant) -> Result<Returned, BrowserError> {
        let by = deadline.min(Instant::now() + self.limits.script);
        let params = json!({"expression": call, "awaitPromise": true, "returnByValue": true});
        let answer = self.guard_call("execute", by, async |by| self.ask_page(params, by).await).await?;
        if let Some(details) = answer.get("exceptionDetails") {
            return Err(BrowserError::Page(PageError::Script(reason(details))));
        }
        match answer.pointer("/result/value") {
            Some(Value::Array(parts)) if !parts.is_empty() => Ok(Returned::Plain(parts[0].clone())),
            _ => Ok(Returned::Held),
        }
    }
}

enum Returned {
    Plain(Value),
    /// It holds elements and waits in the page.
    Held,
}

fn names_element(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(names_element),
        Value::Object(fields) => fields.contains_key(ELEMENT_KEY) || fields.values().any(names_element),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What was thrown, without the stack: its places are those of our own wrapping.
fn reason(details: &Value) -> String {
    let of = |pointer: &str| details.pointer(pointer).and_then(Value::as_str);
    let thrown = of("/exception/description").or_else(|| of("/exception/value")).or_else(|| of("/text"));
    let thrown = thrown.unwrap_or("it threw something without a text");
    let message = thrown.split_once("\n    at ").map_or(thrown, |(message, _)| message);
    // Says nothing, unlike a `TypeError`.
    message.strip_prefix("Error: ").unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_seen_however_deep() {
        assert!(names_element(&json!([{"a": [{(ELEMENT_KEY): "1"}]}])));
        assert!(!names_element(&json!([{"a": [ELEMENT_KEY]}])));
    }

    #[test]
    fn what_was_thrown_is_told_without_its_stack() {
        let error = json!({"text": "Uncaught", "exception": {"description": "Error: no\n    at <anonymous>:3:1"}});
        assert_eq!(reason(&error), "no");
        assert_eq!(reason(&json!({"text": "Uncaught", "exception": {"value": "just a text"}})), "just a text");
    }
}
