//! What a form was sent with.

/// Fields and their values, in the order of the form.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        // Browsers end lines of a form by two characters.
        Self(pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect())
    }

    /// The value of a field; empty when it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The same without blanks around it.
    pub(super) fn trimmed(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// Fields whose names begin so, by the rest of their names.
    pub(super) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.get(name).parse().ok()
    }

    /// What the button that sent it is for, and of what: `add:steps` is `("add", "steps")`.
    pub(super) fn operation(&self) -> (&str, &str) {
        let told = self.get("op");
        told.split_once(':').unwrap_or((told, ""))
    }
}
