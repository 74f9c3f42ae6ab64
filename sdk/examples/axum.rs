//! A shop on axum: `SQLite` behind it, another service beside it. Nine lines are the SDK's.
//!
//! ```text
//! cargo run -p siskin-sdk --example axum --features http,sqlx,panic
//! curl -i http://127.0.0.1:3000/orders/7
//! ```
//! The traces go to the X-Ray daemon's port; `PORT` is where the shop listens.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use siskin_sdk::http::reqwest::RequestBuilderExt;
use siskin_sdk::http::tower::TraceLayer;
use siskin_sdk::sqlx::TracedPool;
use sqlx::Sqlite;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[derive(Clone)]
struct Shop {
    pool: TracedPool<Sqlite>,
    stock: String,
    client: reqwest::Client,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (layer, guard) = siskin_sdk::layer(siskin_sdk::Config::from_env("shop")?)?;
    siskin_sdk::panic::install();
    tracing_subscriber::registry().with(layer).init();

    let pool = TracedPool::connect("sqlite::memory:").await?;
    sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)").execute(&pool).await?;
    sqlx::query("INSERT INTO orders VALUES (7, 'tea'), (8, 'milk')").execute(&pool).await?;

    let listener = TcpListener::bind(("127.0.0.1", port()?)).await?;
    let address = listener.local_addr()?;
    let shop = Shop { pool, stock: format!("http://{address}/stock"), client: reqwest::Client::new() };
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .with_state(shop)
        .layer(TraceLayer::new().route(|request| request.get::<MatchedPath>().map(MatchedPath::as_str)))
        // In the same process for once; the map shows two services.
        .merge(Router::new().route("/stock/{item}", get(stock)).layer(TraceLayer::for_service("stock")));
    writeln!(std::io::stdout(), "listening on {address}")?;
    axum::serve(listener, app).with_graceful_shutdown(stop()).await?;
    guard.flush(Duration::from_secs(5));
    Ok(())
}

async fn order(State(shop): State<Shop>, Path(id): Path<i64>) -> Result<String, StatusCode> {
    siskin_sdk::annotate("order", id);
    let query = sqlx::query_as("SELECT item FROM orders WHERE id = ?").bind(id);
    let found: Option<(String,)> = query.fetch_optional(&shop.pool).await.map_err(internal)?;
    let (item,) = found.ok_or(StatusCode::NOT_FOUND)?;
    let call = shop.client.get(format!("{}/{item}", shop.stock)).send_traced();
    let pieces = call.await.map_err(internal)?.text().await.map_err(internal)?;
    Ok(format!("{item}: {pieces} left\n"))
}

async fn stock(Path(item): Path<String>) -> String {
    assert_ne!(item, "milk", "somebody drank it");
    "3".to_owned()
}

fn internal(error: impl Error + 'static) -> StatusCode {
    tracing::error!(error = &error as &(dyn Error + 'static), "the order cannot be told");
    StatusCode::INTERNAL_SERVER_ERROR
}

fn port() -> Result<u16, Box<dyn Error>> {
    Ok(std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?)
}

async fn stop() {
    // Without the signal the service runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
