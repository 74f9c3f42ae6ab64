//! Where credentials come from, and how long they are used.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::super::variables::Variables;
use super::container::Container;
use super::{Credentials, CredentialsError, Instance, Profile};
use crate::client::HttpClient;

/// New ones are asked for so long before the old ones end.
const REFRESH_BEFORE: Duration = Duration::from_mins(5);
/// After asking in vain.
const RETRY_INTERVAL: Duration = Duration::from_secs(30);

/// Gives credentials when asked; it is asked again before they end, on a thread of the SDK.
///
/// The way in for what is not built in: single sign-on, assumed roles, web identities. Any closure
/// that returns credentials will do.
pub trait CredentialsSource: Send + Sync + 'static {
    /// Gives credentials; may block for a while.
    ///
    /// # Errors
    /// [`CredentialsError`] says why there are none; it will be asked again.
    fn credentials(&self) -> Result<Credentials, CredentialsError>;
}

impl<F> CredentialsSource for F
where
    F: Fn() -> Result<Credentials, CredentialsError> + Send + Sync + 'static,
{
    fn credentials(&self) -> Result<Credentials, CredentialsError> {
        self()
    }
}

/// Credentials, kept as long as they last.
#[derive(Clone)]
pub(in crate::signing) struct Keyring {
    source: Source,
    kept: Option<Credentials>,
    asked_at: Option<Duration>,
}

#[derive(Clone)]
enum Source {
    Standard(Variables),
    Own(Arc<dyn CredentialsSource>),
}

impl Keyring {
    /// Credentials from the usual places.
    pub(in crate::signing) fn standard(variables: Variables) -> Self {
        Self { source: Source::Standard(variables), kept: None, asked_at: None }
    }

    /// Credentials from elsewhere.
    pub(in crate::signing) fn own(source: impl CredentialsSource) -> Self {
        Self { source: Source::Own(Arc::new(source)), kept: None, asked_at: None }
    }

    /// Credentials that are good at `now`, the time since the Unix epoch.
    ///
    /// # Errors
    /// There are none, and those that were kept have ended.
    pub(in crate::signing) fn credentials(
        &mut self,
        client: &HttpClient,
        now: Duration,
    ) -> Result<Credentials, CredentialsError> {
        let lasting = |kept: &&Credentials, margin| kept.expires_at.is_none_or(|at| at > now + margin);
        if let Some(kept) = self.kept.as_ref().filter(|kept| lasting(kept, REFRESH_BEFORE)) {
            return Ok(kept.clone());
        }
        let usable = self.kept.as_ref().filter(|kept| lasting(kept, Duration::ZERO)).cloned();
        // The old ones are still good: no need to ask all the time.
        if let Some(usable) = &usable
            && self.asked_at.is_some_and(|at| now.saturating_sub(at) < RETRY_INTERVAL)
        {
            return Ok(usable.clone());
        }
        self.asked_at = Some(now);
        match self.ask(client) {
            Ok(fresh) => {
                self.kept = Some(fresh.clone());
                Ok(fresh)
            }
            Err(error) => usable.ok_or(error),
        }
    }

    /// Forgets what is kept: AWS does not take it.
    pub(in crate::signing) fn forget(&mut self) {
        self.kept = None;
    }

    fn ask(&self, client: &HttpClient) -> Result<Credentials, CredentialsError> {
        match &self.source {
            Source::Own(source) => source.credentials(),
            Source::Standard(variables) => standard(variables, client).map_err(CredentialsError),
        }
    }
}

fn standard(variables: &Variables, client: &HttpClient) -> Result<Credentials, String> {
    if let Some(credentials) = environment(variables)? {
        return Ok(credentials);
    }
    if let Some(credentials) = Profile::read(variables)?.credentials()? {
        return Ok(credentials);
    }
    if variables.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() {
        return Err("AWS_WEB_IDENTITY_TOKEN_FILE: web identities need a CredentialsSource of your own".to_owned());
    }
    if let Some(container) = Container::read(variables)? {
        return container.credentials(client);
    }
    match Instance::read(variables) {
        Some(instance) => instance.credentials(client),
        None => Err("neither in the environment nor in the shared files".to_owned()),
    }
}

fn environment(variables: &Variables) -> Result<Option<Credentials>, String> {
    match (variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(key)) => Ok(Some(Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: key.to_owned(),
            session_token: variables.get("AWS_SESSION_TOKEN").map(str::to_owned),
            expires_at: None,
        })),
        (None, None) => Ok(None),
        (Some(_), None) => Err("AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY".to_owned()),
        (None, Some(_)) => Err("AWS_SECRET_ACCESS_KEY without AWS_ACCESS_KEY_ID".to_owned()),
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("kept", &self.kept).finish_non_exhaustive()
    }
}
