//! Which database a query goes to.

use super::Dialect;

/// A database, as far as traces tell of it; no password is ever kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Database {
    system: String,
    host: Option<String>,
    port: Option<u16>,
    name: Option<String>,
    user: Option<String>,
}

impl Database {
    /// A database of this system, by OpenTelemetry's names such as `postgresql`, `mysql`, `sqlite`:
    /// <https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-system-name>.
    pub fn new(system: impl Into<String>) -> Self {
        Self { system: system.into(), ..Self::default() }
    }

    /// Reads a connection URL such as `postgres://user:password@host:5432/name`, `sqlite:file.db` or
    /// `sqlite::memory:`; what cannot be read is left out.
    pub fn from_url(url: &str) -> Self {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        let system = match scheme {
            "postgres" | "postgresql" => "postgresql",
            "mssql" | "sqlserver" => "microsoft.sql_server",
            _ => scheme,
        };
        let database = Self::new(system);
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        if system == "sqlite" {
            return database.of_file(rest.strip_prefix("//").unwrap_or(rest));
        }
        let Some(rest) = rest.strip_prefix("//") else { return database };
        // The last one: a password may hold the sign without being encoded, as it should be.
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (user.split(':').next(), rest),
            None => (None, rest),
        };
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            Some(_) | None => (address, None),
        };
        let is_host = |host: &&str| !host.contains(':') || host.ends_with(']');
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            host: Some(host).filter(is_host).and_then(given),
            port,
            name: given(path),
            user: user.and_then(given),
            ..database
        }
    }

    /// The file's name without its folder, which says little of the service and much of the machine.
    fn of_file(self, path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(":memory:");
        self.name(name)
    }

    /// The host it runs on; the second half of the subsegment's name.
    #[must_use]
    pub fn host(self, host: impl Into<String>) -> Self {
        Self { host: Some(host.into()), ..self }
    }

    /// The port on that host.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// The database's name; the first half of the subsegment's name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The user that queries it.
    #[must_use]
    pub fn user(self, user: impl Into<String>) -> Self {
        Self { user: Some(user.into()), ..self }
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.system.as_str() {
            "mysql" | "mariadb" => Dialect::MySql,
            _ => Dialect::Standard,
        }
    }

    pub(super) fn parts(&self) -> Parts<'_> {
        Parts {
            system: &self.system,
            host: self.host.as_deref(),
            port: self.port,
            // Without any name, the system is one.
            name: self.name.as_deref().or_else(|| self.host.is_none().then_some(self.system.as_str())),
            user: self.user.as_deref(),
        }
    }
}

/// A database's parts as a span has them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) system: &'a str,
    pub(super) host: Option<&'a str>,
    pub(super) port: Option<u16>,
    pub(super) name: Option<&'a str>,
    pub(super) user: Option<&'a str>,
}

impl From<&str> for Database {
    fn from(url: &str) -> Self {
        Self::from_url(url)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_are_read_without_their_secrets() {
        let database = Database::new;
        for (url, read) in [
            (
                "postgres://me:p@ss@db:5433/orders?sslmode=require",
                database("postgresql").host("db").port(5433).name("orders").user("me"),
            ),
            ("mysql://[::1]:3306/shop", database("mysql").host("[::1]").port(3306).name("shop")),
            ("mariadb://[::1]/", database("mariadb").host("[::1]")),
            ("postgresql:///orders?host=/run/pg", database("postgresql").name("orders")),
            ("sqlite::memory:", database("sqlite").name(":memory:")),
            ("sqlite://", database("sqlite").name(":memory:")),
            ("sqlite:///var/lib/orders.db?mode=rwc", database("sqlite").name("orders.db")),
            ("sqlite:orders.db", database("sqlite").name("orders.db")),
            ("postgres", database("postgresql")),
        ] {
            assert_eq!(Database::from(url), read, "{url}");
        }
        assert_eq!(database("sqlite").parts().name, Some("sqlite"));
    }

    proptest! {
        #[test]
        fn no_password_survives(url in "[a-z]{1,8}://[a-z]{0,3}:SECRET[@a-z:/]{0,9}@[a-z:/@.]{0,9}") {
            let database = format!("{:?}", Database::from_url(&url));
            prop_assert!(!database.contains("SECRET"), "{}", database);
        }

        #[test]
        fn any_text_is_read(url: String) {
            Database::from_url(&url).parts();
        }
    }
}
