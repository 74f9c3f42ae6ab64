//! The way to a bucket: S3, Google Cloud Storage, Azure Blob Storage.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
use url::Url;

use crate::config::StoreUrl;

/// How long one request may take, with its body of up to ten MiB.
const WAITS: [(ClientConfigKey, &str); 2] =
    [(ClientConfigKey::ConnectTimeout, "5s"), (ClientConfigKey::Timeout, "60s")];
/// What fails longer waits on disk.
const RETRY_WITHIN: Duration = Duration::from_secs(5);

/// A place on an object store.
#[derive(Clone)]
pub struct ArtifactStore {
    store: Arc<dyn ObjectStore>,
    address: StoreUrl,
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("\"{address}\": {reason}")]
pub struct StoreError {
    address: String,
    pub(crate) reason: String,
}

impl ArtifactStore {
    /// Prepares the way to a store; nothing is sent. Keys, tokens and endpoints are those of the environment:
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, a web identity, a container's or an instance's role, and
    /// `AWS_ENDPOINT_URL_S3`; `GOOGLE_SERVICE_ACCOUNT` or `GOOGLE_APPLICATION_CREDENTIALS`;
    /// `AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY`. `region` is S3's without `AWS_REGION`.
    ///
    /// # Errors
    /// What is missing or does not fit.
    pub fn connect(address: StoreUrl, region: &str) -> Result<Self, StoreError> {
        let store = connect(address.url(), region)
            .map_err(|error| StoreError { address: address.to_string(), reason: error.to_string() })?;
        Ok(Self { store, address })
    }

    /// A store that is there already.
    #[cfg(test)]
    pub(crate) fn of(store: impl ObjectStore, address: &str) -> Self {
        let Ok(crate::config::ArtifactPlace::Store(address)) =
            crate::config::ArtifactPlace::parse("artifacts", address, std::path::Path::new(""))
        else {
            panic!("{address} is no store")
        };
        Self { store: Arc::new(store), address }
    }

    /// The object with these names below the prefix.
    pub(crate) fn path<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> Path {
        self.address.prefix().chain(below).collect()
    }

    pub(crate) fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The address of what has these names below the prefix, for people.
    pub(crate) fn address_of(&self, below: &str) -> String {
        format!("{}/{below}", self.address)
    }
}

fn connect(url: &Url, region: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: 2, retry_timeout: RETRY_WITHIN };
    Ok(match url.scheme() {
        "gs" => {
            let builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).with_retry(retry);
            let waits = WAITS.iter().map(|(key, wait)| (GoogleConfigKey::Client(*key), *wait));
            Arc::new(waits.fold(builder, |builder, (key, wait)| builder.with_config(key, wait)).build()?)
        }
        "az" => {
            let builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str()).with_retry(retry);
            let waits = WAITS.iter().map(|(key, wait)| (AzureConfigKey::Client(*key), *wait));
            Arc::new(waits.fold(builder, |builder, (key, wait)| builder.with_config(key, wait)).build()?)
        }
        _ => {
            let builder = s3(region).with_url(url.as_str()).with_retry(retry);
            let waits = WAITS.iter().map(|(key, wait)| (AmazonS3ConfigKey::Client(*key), *wait));
            Arc::new(waits.fold(builder, |builder, (key, wait)| builder.with_config(key, wait)).build()?)
        }
    })
}

fn s3(region: &str) -> AmazonS3Builder {
    let mut builder = AmazonS3Builder::new().with_region(region);
    for (name, value) in std::env::vars() {
        match name.as_str() {
            // That of CloudWatch and its like: mostly the runner's backend, which is no object store.
            "AWS_ENDPOINT_URL" => {}
            "AWS_ENDPOINT_URL_S3" => {
                builder = builder.with_allow_http(value.starts_with("http://")).with_endpoint(value);
            }
            _ if name.starts_with("AWS_") => {
                if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
                    builder = builder.with_config(key, value);
                }
            }
            _ => {}
        }
    }
    builder
}

impl fmt::Debug for ArtifactStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ArtifactStore of {}", self.address)
    }
}
