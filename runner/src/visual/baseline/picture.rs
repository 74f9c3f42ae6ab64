//! A PNG that tells what it was made with.
//!
//! The facts are a text chunk behind the header: file and facts are replaced as one, and whoever has the picture has both.
//! Without the chunk the file is, byte for byte, what the browser gave.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use jiff::Timestamp;

use crate::visual::{BaselineFacts, Environment};

/// Signature, and the header chunk with its length, type and checksum.
const HEADER_BYTES: usize = 8 + 12 + 13;
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const CHUNK: &[u8; 4] = b"iTXt";
/// Keyword; not compressed, no language, no translated keyword.
const KEYWORD: &[u8] = b"siskin-baseline\0\0\0\0\0";
/// How a file begins that Git LFS has not fetched.
const LFS_POINTER: &[u8] = b"version https://git-lfs";

#[derive(Deserialize, Serialize)]
struct Text {
    sha256: String,
    set: Timestamp,
    environment: Environment,
}

/// Hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes any text");
        text
    })
}

pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.len() > HEADER_BYTES && bytes.starts_with(SIGNATURE) && &bytes[12..16] == b"IHDR"
}

/// The picture with the facts in it.
pub(super) fn with_facts(png: &[u8], facts: &BaselineFacts) -> Vec<u8> {
    let text = Text { sha256: facts.sha256.clone(), set: facts.set, environment: facts.environment.clone() };
    let text = serde_json::to_vec(&text).expect("texts and numbers are written in memory");
    let mut content = Vec::with_capacity(CHUNK.len() + KEYWORD.len() + text.len());
    content.extend_from_slice(CHUNK);
    content.extend_from_slice(KEYWORD);
    content.extend_from_slice(&text);
    let length = (content.len() - CHUNK.len()) as u32;
    let (header, rest) = png.split_at(HEADER_BYTES);
    let mut whole = Vec::with_capacity(png.len() + content.len() + 8);
    whole.extend_from_slice(header);
    whole.extend_from_slice(&length.to_be_bytes());
    whole.extend_from_slice(&content);
    whole.extend_from_slice(&crc32fast::hash(&content).to_be_bytes());
    whole.extend_from_slice(rest);
    whole
}

/// The picture as the browser gave it, and its facts; the error is for people.
pub(super) fn split(file: &[u8]) -> Result<(Vec<u8>, BaselineFacts), String> {
    if file.starts_with(LFS_POINTER) {
        return Err("is a pointer of Git LFS: run `git lfs pull`".to_owned());
    }
    if !is_png(file) {
        return Err("is no PNG, or is cut off".to_owned());
    }
    let not_ours =
        || "has no facts of a baseline in it: it was not set by Siskin, set it anew with --update".to_owned();
    let rest = &file[HEADER_BYTES..];
    let length = rest.first_chunk().map(|length| u32::from_be_bytes(*length) as usize).ok_or_else(not_ours)?;
    let end = length.checked_add(8).filter(|end| rest.len() >= end + 4).ok_or_else(not_ours)?;
    let content = &rest[4..end];
    let text = content.strip_prefix(CHUNK).and_then(|text| text.strip_prefix(KEYWORD)).ok_or_else(not_ours)?;
    if rest[end..end + 4] != crc32fast::hash(content).to_be_bytes() {
        return Err("is damaged: the checksum of its facts is wrong".to_owned());
    }
    let text: Text = serde_json::from_slice(text).map_err(|error| format!("has facts that make no sense: {error}"))?;
    let png = [&file[..HEADER_BYTES], &rest[end + 4..]].concat();
    if sha256(&png) != text.sha256 {
        return Err("is not the picture that was approved: its SHA-256 is another".to_owned());
    }
    Ok((png, BaselineFacts { sha256: text.sha256, set: text.set, environment: text.environment }))
}
