use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{CatalogError, Change, Document, Expected, Versioned};
use crate::base::{AccountId, Scope};
use crate::store::tests::open;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Alarm {
    name: String,
    threshold: f64,
}

impl Document for Alarm {
    const KIND: &'static str = "alarm";

    fn key(&self) -> String {
        self.name.clone()
    }
}

fn alarm(name: &str, threshold: f64) -> Alarm {
    Alarm { name: name.to_owned(), threshold }
}

fn other_scope() -> Scope {
    Scope { account: AccountId::parse("999999999999").unwrap(), ..Scope::default() }
}

#[tokio::test]
async fn documents_survive_reopening_and_keep_to_their_scope() {
    let dir = TempDir::new().unwrap();
    let scope = Scope::default();
    {
        let store = open(&dir).await;
        let put = Change::put(&alarm("a", 1.0), Expected::Absent);
        store.catalog.commit(&scope, vec![put]).await.unwrap();
    }
    let store = open(&dir).await;
    let found = store.catalog.get::<Alarm>(&scope, "a").await.unwrap().unwrap();
    assert_eq!(found.document, alarm("a", 1.0));
    assert_eq!(store.catalog.get::<Alarm>(&other_scope(), "a").await.unwrap(), None);
}

#[tokio::test]
async fn transaction_with_one_conflict_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let scope = Scope::default();
    let catalog = open(&dir).await.catalog;
    catalog.commit(&scope, vec![Change::put(&alarm("a", 1.0), Expected::Absent)]).await.unwrap();
    let first = catalog.get::<Alarm>(&scope, "a").await.unwrap().unwrap();
    catalog.commit(&scope, vec![Change::put(&alarm("a", 2.0), Expected::Version(first.version))]).await.unwrap();
    let stale = vec![
        Change::put(&alarm("b", 1.0), Expected::Absent),
        Change::put(&alarm("a", 3.0), Expected::Version(first.version)),
    ];
    let error = catalog.commit(&scope, stale).await.unwrap_err();
    assert!(matches!(error, CatalogError::Conflict { ref key, .. } if key == "a"), "{error}");
    assert_eq!(catalog.get::<Alarm>(&scope, "b").await.unwrap(), None);
    assert_eq!(catalog.get::<Alarm>(&scope, "a").await.unwrap().unwrap().document, alarm("a", 2.0));
}

#[tokio::test]
async fn version_of_a_recreated_document_is_new() {
    let dir = TempDir::new().unwrap();
    let scope = Scope::default();
    let catalog = open(&dir).await.catalog;
    let put = || Change::put(&alarm("a", 1.0), Expected::Absent);
    catalog.commit(&scope, vec![put()]).await.unwrap();
    let Versioned { version, .. } = catalog.get::<Alarm>(&scope, "a").await.unwrap().unwrap();
    catalog.commit(&scope, vec![Change::delete::<Alarm>("a", Expected::Version(version))]).await.unwrap();
    catalog.commit(&scope, vec![put()]).await.unwrap();
    assert_ne!(catalog.get::<Alarm>(&scope, "a").await.unwrap().unwrap().version, version);
}

#[tokio::test]
async fn lists_page_through_a_prefix_by_key() {
    let dir = TempDir::new().unwrap();
    let scope = Scope::default();
    let catalog = open(&dir).await.catalog;
    let names = ["web-2", "web-1", "db-1", "web-3", "wec"];
    let changes = names.map(|name| Change::put(&alarm(name, 0.0), Expected::Any)).to_vec();
    catalog.commit(&scope, changes).await.unwrap();
    catalog.commit(&other_scope(), vec![Change::put(&alarm("web-9", 0.0), Expected::Any)]).await.unwrap();
    let page = |after| {
        let (catalog, scope) = (catalog.clone(), scope.clone());
        async move {
            let rows = catalog.list::<Alarm>(&scope, "web-", after, 2).await.unwrap();
            rows.into_iter().map(|row| row.document.name).collect::<Vec<_>>()
        }
    };
    assert_eq!(page(None).await, ["web-1", "web-2"]);
    assert_eq!(page(Some("web-2")).await, ["web-3"]);
    assert!(page(Some("web-3")).await.is_empty());
    let everywhere = catalog.list_all_scopes::<Alarm>().await.unwrap();
    assert_eq!(everywhere.len(), 6);
    assert_eq!(everywhere[5].0, other_scope());
}
