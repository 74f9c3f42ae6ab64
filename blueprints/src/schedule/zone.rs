//! Time zones by their names.

use jiff::tz::TimeZone;

use crate::Invalid;

/// Finds a zone of the IANA database; UTC without a name.
pub(super) fn named(name: Option<&str>) -> Result<(TimeZone, String), Invalid> {
    let name = name.unwrap_or("UTC");
    let zone = TimeZone::get(name).map_err(|_| {
        Invalid::new("timezone", format!("\"{name}\""), "a time zone of the IANA database, such as Europe/Berlin")
    })?;
    Ok((zone, name.to_owned()))
}
