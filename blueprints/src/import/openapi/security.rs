//! How a document says that calls are to be proven.

use serde_json::{Map, Value, json};

use super::document::{At, Document};
use crate::Invalid;
use crate::import::Imported;
use crate::import::sensitive::secret_name;

/// What the first requirement of an operation asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Proof {
    /// `auth` of the blueprint.
    pub(super) auth: Option<Value>,
    pub(super) headers: Map<String, Value>,
    pub(super) query: Map<String, Value>,
}

/// Reads the first of the requirements, which are alternatives.
pub(super) fn proof(document: &Document, requirements: &At<'_>, imported: &mut Imported) -> Result<Proof, Invalid> {
    let mut proof = Proof::default();
    let Some(first) = requirements.items().into_iter().next() else { return Ok(proof) };
    for (name, scopes) in first.entries() {
        let schemes = document.root().get("components").and_then(|components| components.get("securitySchemes"));
        let Some(scheme) = schemes.and_then(|schemes| schemes.get(name)) else {
            let rule = "no such scheme in #/components/securitySchemes";
            return Err(Invalid::new(&scopes.place, format!("\"{name}\""), rule));
        };
        let scheme = document.resolve(&scheme)?;
        add(&mut proof, name, &scheme, &scopes, imported);
    }
    Ok(proof)
}

fn add(proof: &mut Proof, name: &str, scheme: &At<'_>, scopes: &At<'_>, imported: &mut Imported) {
    let word = scheme.text("scheme").unwrap_or_default().to_ascii_lowercase();
    match (scheme.text("type").unwrap_or_default(), word.as_str()) {
        ("http", "basic") => {
            let [user, password] = ["user", "password"].map(|name| imported.secret(name));
            proof.auth = Some(json!({"kind": "basic", "user": user, "password": password}));
        }
        ("http", "bearer") => {
            proof.auth = Some(json!({"kind": "bearer", "token": imported.secret("token")}));
        }
        ("apiKey", _) => {
            let key = scheme.text("name").unwrap_or_default();
            let place = imported.secret(&secret_name(key));
            match scheme.text("in").unwrap_or_default() {
                "query" => proof.query.insert(key.to_owned(), place.into()),
                "cookie" => proof.headers.insert("cookie".to_owned(), format!("{key}={place}").into()),
                _ => proof.headers.insert(key.to_owned(), place.into()),
            };
        }
        ("oauth2", _) => {
            let flow = scheme.get("flows").and_then(|flows| flows.get("clientCredentials"));
            let token_url = flow.and_then(|flow| flow.text("tokenUrl")).filter(|url| url.contains("://"));
            let Some(token_url) = token_url else {
                imported.note(format!("{name} is left out: of OAuth 2 only client credentials work without a person"));
                return;
            };
            let scopes: Vec<_> = scopes.value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut auth = json!({
                "kind": "oauth2",
                "token_url": token_url,
                "client_id": imported.secret("client_id"),
                "client_secret": imported.secret("client_secret"),
            });
            if !scopes.is_empty() {
                auth["scope"] = scopes.join(" ").into();
            }
            proof.auth = Some(auth);
        }
        (kind, word) => imported.note(format!("{name} is left out: there is no {kind} {word} in steps")),
    }
}
