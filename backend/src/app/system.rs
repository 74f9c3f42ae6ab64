//! The backend, wired: store, bus, services, listeners and the workers between them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use tokio::net::{TcpListener, UdpSocket};
use tracing::{error, warn};

use super::StartError;
use super::cli::ServeArgs;
use super::endpoints::Endpoints;
use super::listen::Port;
use super::tasks::TaskSet;
use crate::base::{Clock, Scope};
use crate::bus::Bus;
use crate::edge::aws::{AwsEdge, Caller};
use crate::edge::console::{Addresses, CanaryDesk, ConsoleState, DemoControl};
use crate::edge::daemon::{DaemonEdge, DaemonSockets};
use crate::edge::health::Readiness;
use crate::edge::otlp::OtlpEdge;
use crate::edge::{aws, console, daemon, health, otlp};
use crate::service::{self, Context, cloudwatch};
use crate::store::{Store, StoreOptions};

/// How long workers and open connections may take to end.
const STOP_TIME: Duration = Duration::from_secs(5);

/// The backend with its ports bound. Connections wait in the kernel's queue until [`System::serve`].
#[derive(Debug)]
pub(super) struct System {
    data: PathBuf,
    store: Store,
    bus: Bus,
    clock: Clock,
    tasks: TaskSet,
    listeners: Option<Listeners>,
    endpoints: Endpoints,
}

#[derive(Debug)]
struct Listeners {
    api: TcpListener,
    xray: (TcpListener, UdpSocket),
    otlp: TcpListener,
}

/// What a start adds: the demo, and canaries.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// More routes on the console's port.
    pub(super) routes: Router,
    /// The switch on the console's overview.
    pub(super) demo: Option<Arc<dyn DemoControl>>,
    /// Where the shop listens, for the endpoints file.
    pub(super) shop: Option<SocketAddr>,
    /// Where the console's forms put canaries.
    pub(super) desk: Option<Arc<dyn CanaryDesk>>,
}

impl System {
    /// Opens the store, then binds the ports: neither a second process on the same data nor a port in use leaves
    /// anything half done.
    pub(super) async fn open(args: &ServeArgs) -> Result<Self, StartError> {
        let clock = Clock::system();
        let store = Store::open(StoreOptions::new(&args.data), clock.clone()).await?;
        let listeners = match Listeners::bind(args).await {
            Ok(listeners) => listeners,
            Err(error) => {
                close(&store).await;
                return Err(error);
            }
        };
        let endpoints = listeners.endpoints().map_err(|cause| StartError::Address { cause })?;
        let bus = Bus::new(store.clone(), clock.clone());
        let tasks = TaskSet::default();
        Ok(Self { data: args.data.clone(), store, bus, clock, tasks, listeners: Some(listeners), endpoints })
    }

    /// Where it can be reached.
    pub(super) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Below the data directory: where runs leave screenshots, reports and logs.
    pub(super) fn artifacts_dir(&self) -> PathBuf {
        self.data.join("artifacts")
    }

    /// Below the data directory: the runner's journal and spool.
    pub(super) fn runner_dir(&self) -> PathBuf {
        self.data.join("runner")
    }

    /// The tasks that end with the system; `siskin up` adds the runner.
    pub(super) fn tasks(&mut self) -> &mut TaskSet {
        &mut self.tasks
    }

    /// Starts workers and listeners, and says where they are in the endpoints file.
    pub(super) fn serve(&mut self, extras: Extras) -> Result<(), StartError> {
        let listeners = self.listeners.take().expect("serve is called once");
        self.start_workers();
        let scope = Scope::default;
        let aws = aws::router(AwsEdge::new(Arc::new(service::all()), self.clock.clone(), scope(), self.context()));
        let otlp = otlp::router(OtlpEdge::new(self.clock.clone(), scope(), self.context()));
        let xray = DaemonEdge::new(self.clock.clone(), scope(), self.context());
        let api = extras
            .routes
            .merge(self.health())
            .merge(console::router(self.console_state(extras.demo, extras.desk)))
            .merge(otlp.clone())
            .merge(aws.clone())
            .layer(from_fn(home));
        self.start_http("api listener", listeners.api, api);
        self.start_http("otlp listener", listeners.otlp, otlp);
        let (tcp, udp) = listeners.xray;
        let daemon = daemon::run(DaemonSockets { udp, tcp }, xray, aws, self.tasks.cancellation());
        self.tasks.spawn("x-ray listener", async move {
            if let Err(cause) = daemon.await {
                error!(%cause, "x-ray listener ended");
            }
        });
        self.endpoints.shop = extras.shop;
        self.endpoints.write(&self.data)
    }

    fn start_workers(&mut self) {
        let cancel = || self.tasks.cancellation();
        let (store, bus) = (self.store.clone(), self.bus.clone());
        let flushes = {
            let cancel = cancel();
            async move { store.run(cancel).await }
        };
        let deliveries = {
            let cancel = cancel();
            async move {
                if let Err(error) = bus.run(cancel).await {
                    error!(%error, "event delivery ended");
                }
            }
        };
        let alarms = cloudwatch::alarm::run(self.store.clone(), self.bus.clone(), self.clock.clone(), cancel());
        self.tasks.spawn("flushes", flushes);
        self.tasks.spawn("event delivery", deliveries);
        self.tasks.spawn("alarm evaluation", alarms);
    }

    fn start_http(&mut self, name: &'static str, listener: TcpListener, router: Router) {
        let ended = self.tasks.cancellation().cancelled_owned();
        self.tasks.spawn(name, async move {
            if let Err(cause) = axum::serve(listener, router).with_graceful_shutdown(ended).await {
                error!(%cause, name, "listener ended");
            }
        });
    }

    /// Adds to a caller the parts of the system that operations use.
    fn context(&self) -> impl Fn(Caller) -> Context + Send + Sync + 'static {
        let (store, bus) = (self.store.clone(), self.bus.clone());
        move |caller: Caller| Context {
            scope: caller.scope,
            request_id: caller.request_id,
            now: caller.now,
            store: store.clone(),
            bus: bus.clone(),
        }
    }

    fn health(&self) -> Router {
        let store = self.store.clone();
        health::router(move || {
            let status = store.status();
            if status.memory_bytes < status.memory_bytes_max {
                return Readiness::Ready;
            }
            Readiness::NotReady("the store's memory is full until its next flush ends".to_owned())
        })
    }

    fn console_state(&self, demo: Option<Arc<dyn DemoControl>>, desk: Option<Arc<dyn CanaryDesk>>) -> ConsoleState {
        ConsoleState {
            store: self.store.clone(),
            bus: self.bus.clone(),
            clock: self.clock.clone(),
            scope: Scope::default(),
            addresses: Addresses { api: self.endpoints.api, xray: self.endpoints.xray, otlp: self.endpoints.otlp },
            artifacts_dir: self.artifacts_dir(),
            demo,
            desk,
            version: env!("CARGO_PKG_VERSION"),
            shutdown: self.tasks.cancellation(),
        }
    }

    /// Ends listeners and workers, then closes the store: what was acknowledged is on disk either way.
    pub(super) async fn shutdown(self) {
        self.tasks.shutdown(STOP_TIME).await;
        close(&self.store).await;
        if let Err(cause) = Endpoints::remove(&self.data) {
            warn!(%cause, "the endpoints file could not be removed");
        }
    }
}

async fn close(store: &Store) {
    if let Err(error) = store.close().await {
        warn!(%error, "the store did not close cleanly; its log will be replayed at the next start");
    }
}

impl Listeners {
    async fn bind(args: &ServeArgs) -> Result<Self, StartError> {
        let port = |purpose, flag, address| Port { purpose, flag, address };
        Ok(Self {
            api: port("AWS APIs and console", "--listen", args.listen).tcp().await?,
            xray: port("the X-Ray daemon protocol", "--xray-listen", args.xray_listen).tcp_and_udp().await?,
            otlp: port("OTLP", "--otlp-listen", args.otlp_listen).tcp().await?,
        })
    }

    fn endpoints(&self) -> std::io::Result<Endpoints> {
        Ok(Endpoints {
            pid: std::process::id(),
            api: self.api.local_addr()?,
            xray: self.xray.0.local_addr()?,
            otlp: self.otlp.local_addr()?,
            shop: None,
        })
    }
}

/// A person's browser that opens the port's root gets the console; everything else there is an AWS client.
async fn home(request: Request, next: Next) -> Response {
    let wants_page = request
        .headers()
        .get(http::header::ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
    let is_root =
        request.method() == http::Method::GET && request.uri().path() == "/" && request.uri().query().is_none();
    if is_root && wants_page {
        return Redirect::temporary("/console").into_response();
    }
    next.run(request).await
}
