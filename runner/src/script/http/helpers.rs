//! Functions that prove who calls, and the run's cookies.

use rhai::{Dynamic, Map};

use super::oauth2::Grant;
use crate::script::table::{Answer, Call, Function};

const OAUTH2: &[&str] = &["token_url", "client_id", "client_secret", "scope", "audience", "resource", "send_in"];
const SIGV4: &[&str] = &["service", "region", "access_key_id", "secret_access_key", "session_token"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "basic",
        takes: "user: text, password: text",
        gives: "a value for `auth`",
        about: "User and password by the Basic scheme (RFC 7617). As any `auth`, it is not sent on to other hosts.",
        fails: "",
        example: "let auth = http::basic(\"ada\", \"secret\");\n\
http::get(\"https://shop.example/private\", #{ auth: auth, status: 200 });",
        run: |call| {
            call.host.add_secret(&call.text(1)?);
            Ok(kind("basic", [("user", call.text(0)?), ("password", call.text(1)?)]))
        },
    },
    Function {
        name: "bearer",
        takes: "token: text",
        gives: "a value for `auth`",
        about: "A token by the Bearer scheme (RFC 6750).",
        fails: "",
        example: "let answer = http::get(\"https://shop.example/echo\", #{ auth: http::bearer(\"t0ken\") });\n\
assert::equal(http::json(answer).authorization, \"Bearer t0ken\");",
        run: |call| {
            call.host.add_secret(&call.text(0)?);
            Ok(kind("bearer", [("token", call.text(0)?)]))
        },
    },
    Function {
        name: "oauth2",
        takes: "options: map",
        gives: "a value for `auth`",
        about: "Fetches a token by client credentials (RFC 6749, 4.4) and gives it as `bearer` does. `token_url`, \
`client_id`, `client_secret`; if wanted `scope`, `audience`, `resource`, and `send_in`: `header` (Basic, unless told \
otherwise) or `body`.",
        fails: "the server gives no token",
        example: "let auth = http::oauth2(#{ token_url: \"https://shop.example/token\", client_id: \"siskin\", client_secret: \"hush-hush\" });\n\
let answer = http::get(\"https://shop.example/echo\", #{ auth: auth });\n\
assert::equal(http::json(answer).authorization, \"Bearer granted\");",
        run: oauth2,
    },
    Function {
        name: "sigv4",
        takes: "options: map",
        gives: "a value for `auth`",
        about: "Signs requests as AWS wants it (Signature Version 4): `service`, `region`, `access_key_id`, \
`secret_access_key`, and `session_token` of temporary keys.",
        fails: "",
        example: "let auth = http::sigv4(#{ service: \"execute-api\", region: \"eu-central-1\", access_key_id: \"AKIDEXAMPLE\", secret_access_key: \"hush-hush\" });\n\
let answer = http::get(\"https://shop.example/echo\", #{ auth: auth });\n\
assert::contains(http::json(answer).authorization, \"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\");",
        run: |call| {
            let mut options = call.options(0)?;
            let mut pairs = Vec::new();
            for name in SIGV4 {
                match options.text(name)? {
                    Some(value) => pairs.push((*name, value)),
                    None if *name == "session_token" => {}
                    None => return Err(options.missing(name)),
                }
            }
            options.end(SIGV4)?;
            for (name, value) in &pairs {
                if matches!(*name, "secret_access_key" | "session_token") {
                    call.host.add_secret(value);
                }
            }
            Ok(kind("sigv4", pairs))
        },
    },
    Function {
        name: "client_certificate",
        takes: "certificate: text, key: text",
        gives: "a value for `client_certificate`",
        about: "A certificate (with its chain) and its key, PEM, that servers ask for (mutual TLS).",
        fails: "they are no PEM, or do not fit each other",
        example: "let certificate = http::client_certificate(secret::get(\"certificate\"), secret::get(\"key\"));\n\
http::get(\"https://shop.example/stock\", #{ client_certificate: certificate, status: 200 });",
        run: |call| {
            let (certificate, key) = (call.text(0)?, call.text(1)?);
            call.host.add_secret(&key);
            call.host.caller().check_certificate(&certificate, &key)?;
            Ok(kind("certificate", [("certificate", certificate), ("key", key)]))
        },
    },
    Function {
        name: "cookie",
        takes: "url: text, name: text",
        gives: "the value, or `()` when there is none",
        about: "A cookie that would be sent to an address.",
        fails: "",
        example: "http::get(\"https://shop.example/cookie\");\nassert::equal(http::cookie(\"https://shop.example/\", \"basket\"), \"b1\");",
        run: |call| {
            let url = call.host.allowed_url(&call.text(0)?)?;
            let found = call.host.caller().cookie(&url, &call.text(1)?);
            Ok(found.map_or(Dynamic::UNIT, Dynamic::from))
        },
    },
    Function {
        name: "clear_cookies",
        takes: "",
        gives: "",
        about: "Forgets all cookies of `http`; those of the browser are others.",
        fails: "",
        example: "http::get(\"https://shop.example/cookie\");\nhttp::clear_cookies();\n\
assert::equal(http::cookie(\"https://shop.example/\", \"basket\"), ());",
        run: |call| {
            call.host.caller().clear_cookies()?;
            Ok(Dynamic::UNIT)
        },
    },
];

fn kind(kind: &str, pairs: impl IntoIterator<Item = (&'static str, String)>) -> Dynamic {
    let mut map = Map::from([("kind".into(), kind.to_owned().into())]);
    map.extend(pairs.into_iter().map(|(name, value)| (name.into(), value.into())));
    map.into()
}

fn oauth2(call: &Call<'_>) -> Answer {
    let mut options = call.options(0)?;
    let token_url = options.text("token_url")?.ok_or_else(|| options.missing("token_url"))?;
    let id = options.text("client_id")?.ok_or_else(|| options.missing("client_id"))?;
    let secret = options.text("client_secret")?.ok_or_else(|| options.missing("client_secret"))?;
    let mut more = Vec::new();
    for name in ["scope", "audience", "resource"] {
        more.extend(options.text(name)?.map(|value| (name, value)));
    }
    let send_in = options.text("send_in")?.unwrap_or_else(|| "header".to_owned());
    let (in_header, in_body) = match send_in.as_str() {
        "header" => (true, false),
        "body" => (false, true),
        other => return Err(options.wrong("send_in", "\"header\" or \"body\"", other)),
    };
    options.end(OAUTH2)?;
    let token_url = call.host.allowed_url(&token_url)?;
    let token = Grant { token_url, id, secret, more, in_header, in_body }.token(call.host)?;
    Ok(kind("bearer", [("token", token)]))
}
