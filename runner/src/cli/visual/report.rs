//! `visual report`: a report in whose page pictures are approved.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::ReportArgs;
use super::approve::{folder_of, set_all, stop};
use super::baselines::open;
use crate::cli::output::{Stop, complain, exit, say};
use crate::visual::{Approve, read_report, serve};

pub(in crate::cli) async fn run(arguments: ReportArgs) -> Result<u8, Stop> {
    // What is wrong with report or baselines is told now, not in the page.
    let report = read_report(&arguments.folder).map_err(stop)?;
    open(arguments.baselines.as_ref(), &report, &arguments.region)?;
    let listener = TcpListener::bind(arguments.listen).await;
    let listener = listener.map_err(|error| Stop::tooling(format_args!("--listen {}: {error}", arguments.listen)))?;
    let address = listener.local_addr().map_err(Stop::tooling)?;
    say(format_args!("http://{address}/\nPress Ctrl-C to end."));
    let stop = CancellationToken::new();
    let folder = folder_of(&arguments.folder);
    let serving = serve(listener, folder, approver(arguments), stop.clone());
    let mut serving = std::pin::pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        _ = tokio::signal::ctrl_c() => {
            stop.cancel();
            serving.await
        }
    };
    served.map_err(Stop::tooling)?;
    Ok(exit::FINE)
}

/// Called on a thread that may block.
fn approver(arguments: ReportArgs) -> Approve {
    let runtime = Handle::current();
    Arc::new(move |keys| {
        runtime.block_on(async {
            let mut report = read_report(&arguments.folder).map_err(|error| error.to_string())?;
            let baselines = open(arguments.baselines.as_ref(), &report, &arguments.region);
            let baselines = baselines.map_err(|stop| stop.message)?;
            let (done, error) = set_all(&mut report, keys, &folder_of(&arguments.folder), &baselines).await;
            match error {
                Some(error) if done.is_empty() => Err(error.to_string()),
                Some(error) => {
                    // The page tells which were not approved, and here is why.
                    complain(error);
                    Ok(done)
                }
                None => Ok(done),
            }
        })
    })
}
