//! A bare AWS client over HTTP, for what the tests need to ask in Rust.

use serde_json::Value;

/// Speaks awsJson and rest-json to one endpoint, unsigned.
#[derive(Clone, Debug)]
pub struct Aws {
    endpoint: String,
    client: reqwest::Client,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The JSON body; null when there was none.
    pub body: Value,
}

impl Aws {
    /// A client of the backend at `endpoint`, such as `http://127.0.0.1:4747`.
    pub fn at(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), client: reqwest::Client::new() }
    }

    /// An operation of a service that speaks awsJson 1.0 or 1.1.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn json(&self, target: &str, input: &Value) -> reqwest::Result<Answer> {
        let version = if target.starts_with("Granite") { "1.0" } else { "1.1" };
        let request = self
            .client
            .post(&self.endpoint)
            .header("X-Amz-Target", target)
            .header("Content-Type", format!("application/x-amz-json-{version}"))
            .body(input.to_string());
        answer(request).await
    }

    /// An operation of a rest-json service, X-Ray's for one.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post(&self, path: &str, input: &Value) -> reqwest::Result<Answer> {
        answer(self.client.post(format!("{}{path}", self.endpoint)).json(input)).await
    }

    /// A `CloudWatch` operation that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn cloudwatch(&self, operation: &str, input: Value) -> Value {
        self.expect(&format!("GraniteServiceVersion20100801.{operation}"), input).await
    }

    /// A `CloudWatch` Logs operation that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn logs(&self, operation: &str, input: Value) -> Value {
        self.expect(&format!("Logs_20140328.{operation}"), input).await
    }

    /// An X-Ray operation that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn xray(&self, path: &str, input: Value) -> Value {
        let answer = self.post(path, &input).await.expect("the backend answers");
        assert_eq!(answer.status, 200, "{path} {input}: {}", answer.body);
        answer.body
    }

    async fn expect(&self, target: &str, input: Value) -> Value {
        let answer = self.json(target, &input).await.expect("the backend answers");
        assert_eq!(answer.status, 200, "{target} {input}: {}", answer.body);
        answer.body
    }
}

async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
}
