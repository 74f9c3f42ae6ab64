//! A backend that takes whatever it is told.

use std::io::{BufRead, BufReader};

use axum::Router;
use tokio::net::TcpListener;

use crate::{Beside, Failure};

/// Starts it in a process of its own, and gives its port.
pub(crate) fn start() -> Result<(Beside, u16), Failure> {
    let mut beside = Beside::start("backend", &[])?;
    let output = beside.0.stdout.take().ok_or("no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok((beside, line.trim().parse()?))
}

pub(crate) fn serve() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?.port());
        axum::serve(listener, Router::new().fallback(|| async { "{}" })).await?;
        Ok(())
    })
}
