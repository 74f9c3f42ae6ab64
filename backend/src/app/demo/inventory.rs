//! The shop's downstream service: knows what is in stock, and can be broken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use siskin_sdk::http::tower::TraceLayer;
use tracing::{Instrument, error, info_span};

use super::product::{PRODUCTS, Product, Stock};

/// What one query of the store room's database costs.
const QUERY_TIME: Duration = Duration::from_millis(4);

/// What the service answers with while it is broken; also what its traces show.
const FAULT: &str = "connection pool exhausted: 0 of 8 connections free after 250 ms";

#[derive(Clone, Default)]
struct Inventory {
    broken: Arc<AtomicBool>,
}

/// The inventory's routes.
pub(super) fn router() -> Router {
    Router::new()
        .route("/stock", get(all_stock))
        .route("/stock/{product}", get(stock_of))
        .layer(TraceLayer::new())
        .route("/admin/broken", get(is_broken).post(set_broken))
        .with_state(Inventory::default())
}

async fn all_stock(State(inventory): State<Inventory>) -> Response {
    match inventory.query("SELECT product, in_stock FROM stock", PRODUCTS).await {
        Ok(stock) => Json(stock).into_response(),
        Err(fault) => fault.into_response(),
    }
}

async fn stock_of(State(inventory): State<Inventory>, Path(id): Path<String>) -> Response {
    let Some(product) = PRODUCTS.iter().position(|product| product.id == id) else {
        return (StatusCode::NOT_FOUND, "no such product").into_response();
    };
    let rows = &PRODUCTS[product..=product];
    match inventory.query("SELECT product, in_stock FROM stock WHERE product = ?", rows).await {
        Ok(mut stock) => Json(stock.remove(0)).into_response(),
        Err(fault) => fault.into_response(),
    }
}

async fn is_broken(State(inventory): State<Inventory>) -> Json<bool> {
    Json(inventory.broken.load(Ordering::Relaxed))
}

async fn set_broken(State(inventory): State<Inventory>, Json(broken): Json<bool>) -> Json<bool> {
    inventory.broken.store(broken, Ordering::Relaxed);
    Json(broken)
}

impl Inventory {
    /// Asks the store room's database: a subsegment with its statement, as a traced database client makes it.
    async fn query(&self, statement: &'static str, rows: &[Product]) -> Result<Vec<Stock>, (StatusCode, &'static str)> {
        let span = info_span!(
            "stock@store-room",
            otel.kind = "client",
            db.system = "postgresql",
            db.statement = statement,
            annotation.rows = rows.len(),
        );
        async {
            tokio::time::sleep(QUERY_TIME).await;
            if self.broken.load(Ordering::Relaxed) {
                error!(error.type = "PoolTimeout", "{FAULT}");
                return Err((StatusCode::INTERNAL_SERVER_ERROR, FAULT));
            }
            Ok(rows.iter().map(in_stock).collect())
        }
        .instrument(span)
        .await
    }
}

/// A stable number that looks like a store room.
fn in_stock(product: &Product) -> Stock {
    let in_stock = product.id.bytes().fold(7_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 83) + 4;
    Stock { product: product.id.to_owned(), in_stock }
}
