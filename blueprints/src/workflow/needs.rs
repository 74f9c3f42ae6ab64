//! What a script asks for, read off its texts.

use url::Url;

use super::expression::text_of;
use super::read::{Unreadable, pieces_of};
use super::token::{Piece, Token};
use crate::{HostPattern, Needs};

/// Hosts, secrets and variables that a script names by literal texts, also in code that no form has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Named {
    /// Of each address, once, in their order.
    pub hosts: Vec<HostPattern>,
    /// Of `secret::get` and `variable`.
    pub needs: Needs,
}

/// Looks a script through.
///
/// # Errors
/// When it cannot be taken apart.
pub fn named_in(source: &str) -> Result<Named, Unreadable> {
    let pieces = pieces_of(source)?;
    let text = |piece: &Piece| source.get(piece.at.clone()).unwrap_or_default();
    let mut named = Named::default();
    for (at, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.token == Token::Text) {
        let Some(value) = text_of(text(piece)) else { continue };
        let called = at.checked_sub(2).and_then(|from| pieces.get(from..at));
        match called.map(|before| before.iter().map(text).collect::<Vec<_>>()).as_deref() {
            Some(["secret::get", "("]) => drop(named.needs.secrets.insert(value)),
            Some(["variable", "("]) => drop(named.needs.variables.insert(value)),
            _ => {
                let url = Url::parse(&value).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "ws" | "wss"));
                if let Some(host) = url.as_ref().and_then(HostPattern::of)
                    && !named.hosts.contains(&host)
                {
                    named.hosts.push(host);
                }
            }
        }
    }
    Ok(named)
}
