use super::Started;
pub(super) enum Options {
    Default,
    Off,
}
pub(super) enum Sampled {
    All,
    None,
}
pub(super) fn native() -> Started {
    super::under_tracing::none()
}
pub(super) fn behind_tracing(_: Options, _: Sampled) -> Result<Started, String> {
    Ok(super::under_tracing::none())
}
