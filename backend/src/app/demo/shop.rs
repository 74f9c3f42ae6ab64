//! The demo shop: a few server-rendered pages and a JSON API, which ask the inventory for every answer.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Json, Router};
use maud::Markup;
use serde::{Deserialize, Serialize};
use siskin_sdk::http::reqwest::RequestBuilderExt as _;
use siskin_sdk::http::tower::TraceLayer;
use tracing::{Instrument, info, info_span};

use super::pages;
use super::product::{Product, Stock};

/// Where the inventory is, and the client that calls it.
#[derive(Clone)]
pub(super) struct Shop {
    inventory: String,
    client: reqwest::Client,
}

/// Why a page could not be made.
enum Trouble {
    NoSuchProduct,
    BadOrder(&'static str),
    Inventory(String),
}

#[derive(Deserialize)]
struct Order {
    product: String,
    quantity: u32,
}

#[derive(Serialize)]
struct Offer {
    #[serde(flatten)]
    product: &'static Product,
    in_stock: u32,
}

/// The shop's routes.
pub(super) fn router(inventory: String) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/product/{id}", get(product))
        .route("/cart", get(cart).post(order))
        .route("/api/products", get(api_products))
        .route("/api/products/{id}", get(api_product))
        .fallback(no_such_page)
        .layer(TraceLayer::new())
        // The switch is no part of the shop: behind the layer, it leaves no traces.
        .route("/admin/broken", get(is_broken).post(set_broken))
        .with_state(Shop { inventory, client: reqwest::Client::new() })
}

async fn home(State(shop): State<Shop>) -> Response {
    page(async {
        let stock: Vec<Stock> = shop.ask("/stock").await?;
        let render = info_span!("render-home", annotation.products = stock.len());
        Ok(render.in_scope(|| {
            let shelf: Vec<_> =
                stock.into_iter().filter_map(|stock| Some((Product::find(&stock.product)?, stock))).collect();
            pages::home(&shelf)
        }))
    })
    .await
}

async fn product(State(shop): State<Shop>, Path(id): Path<String>) -> Response {
    page(async {
        let (product, stock) = shop.offer(&id).await?;
        Ok(pages::product(product, &stock))
    })
    .await
}

async fn cart() -> Markup {
    pages::cart(None)
}

async fn order(State(shop): State<Shop>, Form(order): Form<Order>) -> Response {
    page(async {
        if !(1..=9).contains(&order.quantity) {
            return Err(Trouble::BadOrder("the quantity must be 1 to 9"));
        }
        let (product, stock) = shop.offer(&order.product).await?;
        if stock.in_stock < order.quantity {
            return Err(Trouble::BadOrder("not enough in stock"));
        }
        info!(product = product.id, quantity = order.quantity, "ordered");
        Ok(pages::cart(Some((product, order.quantity))))
    })
    .await
}

async fn api_products(State(shop): State<Shop>) -> Response {
    json(async {
        let stock: Vec<Stock> = shop.ask("/stock").await?;
        let offer = |stock: Stock| Some(Offer { product: Product::find(&stock.product)?, in_stock: stock.in_stock });
        Ok(stock.into_iter().filter_map(offer).collect::<Vec<_>>())
    })
    .await
}

async fn api_product(State(shop): State<Shop>, Path(id): Path<String>) -> Response {
    json(async {
        let (product, stock) = shop.offer(&id).await?;
        Ok(Offer { product, in_stock: stock.in_stock })
    })
    .await
}

async fn is_broken(State(shop): State<Shop>) -> Response {
    json(async { Ok(shop.client.get(shop.switch()).send().await?.error_for_status()?.json::<bool>().await?) }).await
}

async fn set_broken(State(shop): State<Shop>, Json(broken): Json<bool>) -> Response {
    json(async {
        let answer = shop.client.post(shop.switch()).json(&broken).send().await?;
        Ok(answer.error_for_status()?.json::<bool>().await?)
    })
    .await
}

async fn no_such_page() -> Response {
    (StatusCode::NOT_FOUND, pages::failure(404, "There is nothing here")).into_response()
}

impl Shop {
    fn switch(&self) -> String {
        format!("{}/admin/broken", self.inventory)
    }

    async fn offer(&self, id: &str) -> Result<(&'static Product, Stock), Trouble> {
        let product = Product::find(id).ok_or(Trouble::NoSuchProduct)?;
        let stock = self.ask(&format!("/stock/{id}")).await?;
        Ok((product, stock))
    }

    /// One traced call to the inventory.
    async fn ask<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, Trouble> {
        let answer = self.client.get(format!("{}{path}", self.inventory)).send_traced().await?;
        if answer.status().is_success() {
            return Ok(answer.json().await?);
        }
        let status = answer.status().as_u16();
        Err(Trouble::Inventory(format!("inventory answered {status}: {}", answer.text().await?)))
    }
}

async fn page(content: impl Future<Output = Result<Markup, Trouble>>) -> Response {
    match content.in_current_span().await {
        Ok(markup) => markup.into_response(),
        Err(trouble) => {
            let (status, message) = trouble.answer();
            (status, pages::failure(status.as_u16(), message)).into_response()
        }
    }
}

async fn json<T: Serialize>(content: impl Future<Output = Result<T, Trouble>>) -> Response {
    match content.in_current_span().await {
        Ok(value) => ([(header::CACHE_CONTROL, "no-store")], Json(value)).into_response(),
        Err(trouble) => {
            let (status, message) = trouble.answer();
            (status, Json(serde_json::json!({ "error": message }))).into_response()
        }
    }
}

impl Trouble {
    /// What the shopper is told; the cause goes into the trace.
    fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchProduct => (StatusCode::NOT_FOUND, "We do not sell that"),
            Self::BadOrder(rule) => (StatusCode::UNPROCESSABLE_ENTITY, rule),
            Self::Inventory(cause) => {
                tracing::error!(error.type = "InventoryUnavailable", "{cause}");
                (StatusCode::INTERNAL_SERVER_ERROR, "The store room does not answer")
            }
        }
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(cause: reqwest::Error) -> Self {
        Self::Inventory(cause.to_string())
    }
}
