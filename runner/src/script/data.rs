//! Module `data`: variables, chance, time, digests, encodings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::tz::TimeZone;
use rand::Rng as _;
use rhai::{Dynamic, Map};
use uuid::Uuid;

use super::digest::{self, Algorithm};
use super::failure::HostError;
use super::table::{Answer, Call, Function, Table, from_json};

/// Longest text made by chance.
const RANDOM_CHARS_MAX: i64 = 10_000;

pub(super) static TABLE: Table =
    Table { name: "data", about: "Variables, chance, time, digests and encodings.", functions: &[VALUES, CODES] };

const VALUES: &[Function] = &[
    Function {
        name: "variables",
        takes: "",
        gives: "a map",
        about: "All variables of the canary; `variable(name)` is one of them.",
        fails: "",
        example: "assert::contains(data::variables(), \"url\");",
        run: |call| {
            let all = call.host.variables().iter();
            Ok(all.map(|(name, value)| (name.as_str().into(), value.clone().into())).collect::<Map>().into())
        },
    },
    Function {
        name: "uuid",
        takes: "",
        gives: "a text",
        about: "A UUID made by chance (version 4).",
        fails: "",
        example: "assert::equal(data::uuid().len(), 36);",
        run: |_| Ok(Uuid::new_v4().to_string().into()),
    },
    Function {
        name: "random",
        takes: "from: number, to: number",
        gives: "a whole number",
        about: "A whole number by chance, `from` and `to` among them.",
        fails: "",
        example: "assert::that(data::random(1, 6) <= 6, \"a die\");",
        run: |call| {
            let from = call.whole(0, i64::MIN..=i64::MAX)?;
            let to = call.whole(1, from..=i64::MAX)?;
            Ok(rand::rng().random_range(from..=to).into())
        },
    },
    Function {
        name: "random_text",
        takes: "length: number",
        gives: "a text",
        about: "Lower-case letters and digits by chance, at most 10,000.",
        fails: "",
        example: "let mail = `${data::random_text(10)}@shop.example`;\nelement::fill(\"#name\", mail);",
        run: |call| {
            const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
            let length = call.whole(0, 0..=RANDOM_CHARS_MAX)?;
            let mut chance = rand::rng();
            let letter = |_| char::from(LETTERS[chance.random_range(0..LETTERS.len())]);
            Ok((0..length).map(letter).collect::<String>().into())
        },
    },
    Function {
        name: "now",
        takes: "format?: text, zone?: text",
        gives: "a text",
        about: "The time in UTC, or in the zone of an IANA name; as RFC 3339, or in a format of strftime.",
        fails: "there is no such zone; the format has an unknown letter",
        example: "assert::matches(data::now(), `^\\d{4}-\\d\\d-\\d\\dT`);\n\
assert::matches(data::now(\"%d.%m.%Y\", \"Europe/Berlin\"), `^\\d\\d\\.\\d\\d\\.\\d{4}$`);",
        run: now,
    },
    Function {
        name: "now_ms",
        takes: "",
        gives: "a whole number",
        about: "Milliseconds since 1970.",
        fails: "",
        example: "assert::that(data::now_ms() > 1700000000000, \"it is late\");",
        run: |call| Ok(call.host.record().now().as_millisecond().into()),
    },
    Function {
        name: "to_json",
        takes: "value: any",
        gives: "a text",
        about: "Writes a value as JSON.",
        fails: "it holds a function",
        example: "assert::equal(data::to_json(#{ tea: [1, 2.5, ()] }), \"{\\\"tea\\\":[1,2.5,null]}\");",
        run: |call| Ok(call.json(0)?.to_string().into()),
    },
    Function {
        name: "from_json",
        takes: "text: text",
        gives: "a value",
        about: "Reads JSON.",
        fails: "the text is none",
        example: "assert::equal(data::from_json(\"[1, 2]\"), [1, 2]);",
        run: |call| {
            let value = serde_json::from_str(&call.text(0)?);
            from_json(value.map_err(|error| HostError::check(format!("the text is no JSON: {error}")))?)
        },
    },
];

const CODES: &[Function] = &[
    Function {
        name: "base64",
        takes: "text: text",
        gives: "a text",
        about: "Base64 of a text's UTF-8 (RFC 4648, 4).",
        fails: "",
        example: "assert::equal(data::base64(\"tea\"), \"dGVh\");",
        run: |call| Ok(BASE64.encode(call.text(0)?).into()),
    },
    Function {
        name: "from_base64",
        takes: "text: text",
        gives: "a text",
        about: "The UTF-8 text in base64.",
        fails: "it is no base64, or no UTF-8 in it",
        example: "assert::equal(data::from_base64(\"dGVh\"), \"tea\");",
        run: |call| {
            let bytes = BASE64.decode(call.text(0)?.trim());
            let bytes = bytes.map_err(|error| HostError::check(format!("the text is no base64: {error}")))?;
            let text = String::from_utf8(bytes);
            Ok(text.map_err(|_| HostError::check("the base64 holds no UTF-8 text"))?.into())
        },
    },
    Function {
        name: "url_encode",
        takes: "text: text",
        gives: "a text",
        about: "A text as it is written in a query (`application/x-www-form-urlencoded`).",
        fails: "",
        example: "assert::equal(data::url_encode(\"a b&c\"), \"a+b%26c\");",
        run: |call| Ok(form_urlencoded::byte_serialize(call.text(0)?.as_bytes()).collect::<String>().into()),
    },
    Function {
        name: "sha256",
        takes: "text: text",
        gives: "hexadecimal digits",
        about: "SHA-256 of a text's UTF-8.",
        fails: "",
        example: "assert::equal(data::sha256(\"\").sub_string(0, 8), \"e3b0c442\");",
        run: |call| Ok(digest::hex(&digest::sha256(call.text(0)?.as_bytes())).into()),
    },
    Function {
        name: "hmac",
        takes: "algorithm: text, key: text, text: text",
        gives: "hexadecimal digits",
        about: "Message authentication code (RFC 2104) by `sha256`, `sha512` or `sha1`.",
        fails: "",
        example: "assert::equal(data::hmac(\"sha256\", \"key\", \"tea\").len(), 64);",
        run: |call| {
            let algorithm = Algorithm::parse(&call.text(0)?).ok_or_else(|| call.wrong(0, "sha256, sha512 or sha1"))?;
            Ok(digest::hex(&digest::hmac(algorithm, call.text(1)?.as_bytes(), call.text(2)?.as_bytes())).into())
        },
    },
    Function {
        name: "totp",
        takes: "secret: text, options?: map",
        gives: "digits",
        about: "The one-time code of now (RFC 6238) of a base32 secret, as authenticator apps show it. `digits` (6), \
`period_seconds` (30), `algorithm` (`sha1`, `sha256`, `sha512`). The secret is redacted from now on.",
        fails: "the secret is no base32",
        example: "assert::matches(data::totp(\"JBSWY3DPEHPK3PXP\"), `^\\d{6}$`);",
        run: totp,
    },
];

fn now(call: &Call<'_>) -> Answer {
    let now = call.host.record().now();
    let zone = match call.text_if_given(1)? {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(&name).map_err(|_| call.wrong(1, "an IANA time zone"))?,
    };
    let Some(format) = call.text_if_given(0)? else { return Ok(now.to_string().into()) };
    let text = jiff::fmt::strtime::format(&format, &now.to_zoned(zone));
    text.map(Dynamic::from).map_err(|error| HostError::script(format!("`format` of data::now: {error}")))
}

fn totp(call: &Call<'_>) -> Answer {
    let secret = call.text(0)?;
    call.host.add_secret(&secret);
    let mut options = call.options(1)?;
    let digits = options.whole("digits", 6..=9)?.unwrap_or(6);
    let period = options.whole("period_seconds", 1..=3_600)?.unwrap_or(30);
    let word = options.text("algorithm")?.unwrap_or_else(|| "sha1".to_owned());
    let algorithm =
        Algorithm::parse(&word).ok_or_else(|| options.wrong("algorithm", "sha1, sha256 or sha512", &word))?;
    options.end(&["digits", "period_seconds", "algorithm"])?;
    let key = digest::from_base32(&secret).filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| HostError::script("`secret` of data::totp is no base32"))?;
    let now = call.host.record().now().as_second().max(0) as u64;
    Ok(digest::totp(algorithm, &key, now, period as u64, digits as u32).into())
}
