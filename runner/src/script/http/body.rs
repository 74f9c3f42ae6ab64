//! Bodies other than text and JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rhai::{Array, Dynamic, Map};
use uuid::Uuid;

use super::request::plain;
use crate::script::failure::HostError;

/// `application/x-www-form-urlencoded`.
pub(super) fn form(fields: &Map) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, &plain(value));
    }
    form.finish().into_bytes()
}

/// `multipart/form-data` (RFC 7578): its content type and bytes.
pub(super) fn multipart(parts: Dynamic) -> Result<(String, Vec<u8>), HostError> {
    let wrong = || HostError::script("multipart of a request is a list of maps with name, and text or base64");
    let boundary = format!("siskin-{}", Uuid::new_v4().simple());
    let mut bytes = Vec::new();
    for part in parts.try_cast::<Array>().ok_or_else(wrong)? {
        let part = part.try_cast::<Map>().ok_or_else(wrong)?;
        let text = |name: &str| part.get(name).and_then(|value| value.clone().into_string().ok());
        let content = match (text("text"), text("base64")) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(base64)) => BASE64.decode(base64.trim()).map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        let name = text("name").ok_or_else(wrong)?;
        bytes.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&name)).bytes());
        if let Some(file_name) = text("file_name") {
            bytes.extend(format!("; filename=\"{}\"", quoted(&file_name)).bytes());
        }
        let kind = text("type").or_else(|| text("file_name").map(|_| "application/octet-stream".to_owned()));
        if let Some(kind) = kind {
            bytes.extend(format!("\r\nContent-Type: {}", quoted(&kind)).bytes());
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend(content);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend(format!("--{boundary}--\r\n").bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), bytes))
}

/// As browsers write names, <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data>.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
