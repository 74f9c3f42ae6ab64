//! A service as there are many, after the `RealWorld` specification (<https://realworld-docs.netlify.app>):
//! users, articles, comments, tags; axum, sqlx, and `tracing` as it was before Siskin came. What was
//! added for it is marked with `siskin`.
//!
//! ```text
//! cargo run -p siskin-sdk --example realworld --features http,sqlx,panic
//! ```
//! `PORT` is where it listens, `DATABASE_URL` an `SQLite` file.

mod app;
mod articles;
mod comments;
mod error;
mod users;

use std::io::Write;

use sqlx::migrate::MigrateDatabase;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (siskin, _guard) = siskin_sdk::layer(siskin_sdk::Config::from_env("realworld")?)?; // siskin
    siskin_sdk::panic::install(); // siskin
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(siskin) // siskin
        .init();

    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".to_owned());
    if !sqlx::Sqlite::database_exists(&url).await? {
        sqlx::Sqlite::create_database(&url).await?;
    }
    let pool = app::Pool::connect(&url).await?;
    app::create_tables(&pool).await?;
    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    writeln!(std::io::stdout(), "listening on {}", listener.local_addr()?)?;
    axum::serve(listener, app::router(pool)).await?;
    Ok(())
}
