use super::Started;
pub(super) fn native() -> Started {
    super::under_tracing::none()
}
pub(super) fn behind_tracing() -> Result<Started, String> {
    Ok(super::under_tracing::none())
}
