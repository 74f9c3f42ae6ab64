//! The table of a service's operations: typed functions by their AWS name.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::fault::{Fault, ServiceError, fault_of, input_fault};
use crate::wire::typed::{from_value, to_value};
use crate::wire::{RestRoute, ServiceId, Value};

/// An operation: `async fn(&Context, Input) -> Result<Output, E>`.
///
/// The lifetime is a parameter because the future borrows the context: no closure bound can name that future for
/// every lifetime, a trait with an associated type can.
pub trait Operation<'a, I>: Send + Sync + 'static {
    /// What it answers.
    type Output: Serialize;
    /// The service's error.
    type Error: ServiceError;
    /// The function's future.
    type Future: Future<Output = Result<Self::Output, Self::Error>> + Send + 'a;

    /// Runs the operation.
    fn call(&self, cx: &'a Context, input: I) -> Self::Future;
}

impl<'a, F, I, Fut, O, E> Operation<'a, I> for F
where
    F: Fn(&'a Context, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, E>> + Send + 'a,
    O: Serialize,
    E: ServiceError,
{
    type Output = O;
    type Error = E;
    type Future = Fut;

    fn call(&self, cx: &'a Context, input: I) -> Fut {
        self(cx, input)
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Value, Fault>> + Send + 'a>>;
type Erased = Box<dyn for<'a> Fn(&'a Context, Value) -> Answer<'a> + Send + Sync>;

/// The operations of one service.
pub struct Operations {
    service: ServiceId,
    by_name: BTreeMap<&'static str, Erased>,
    rest_routes: &'static [RestRoute],
}

impl Operations {
    /// An empty table.
    pub fn new(service: ServiceId) -> Self {
        Self { service, by_name: BTreeMap::new(), rest_routes: &[] }
    }

    /// Adds an operation under its AWS name.
    ///
    /// # Panics
    /// When the name is taken: the table is written by hand, once.
    #[must_use]
    pub fn on<I, F>(mut self, name: &'static str, operation: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        F: for<'a> Operation<'a, I>,
    {
        let service = self.service;
        let operation = std::sync::Arc::new(operation);
        let erased: Erased = Box::new(move |cx, input| {
            let operation = std::sync::Arc::clone(&operation);
            Box::pin(answer(service, name, operation, cx, input))
        });
        let replaced = self.by_name.insert(name, erased);
        assert!(replaced.is_none(), "operation {name} stands twice in the table of {service:?}");
        self
    }

    /// Names the paths of a rest-json service; the table is a `const` beside [`Operations`].
    ///
    /// # Panics
    /// When a route leads to an operation that is not in the table.
    #[must_use]
    pub fn rest(mut self, routes: &'static [RestRoute]) -> Self {
        for route in routes {
            let known = self.by_name.contains_key(route.operation);
            assert!(known, "route {} leads to no operation of {:?}", route.path, self.service);
        }
        self.rest_routes = routes;
        self
    }

    /// Whose operations these are.
    pub fn service(&self) -> ServiceId {
        self.service
    }

    /// The AWS names of the operations, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_name.keys().copied()
    }

    /// The paths of a rest-json service.
    pub fn rest_routes(&self) -> &'static [RestRoute] {
        self.rest_routes
    }

    /// Runs the operation `name`.
    ///
    /// # Errors
    /// The operation's own error, or the protocol-neutral one for an unknown name, an input that does not fit, or a
    /// panic inside (logged; the caller's connection lives on).
    pub async fn call(&self, name: &str, cx: &Context, input: Value) -> Result<Value, Fault> {
        let Some(operation) = self.by_name.get(name) else { return Err(Fault::unknown_operation(name)) };
        match AssertUnwindSafe(operation(cx, input)).catch_unwind().await {
            Ok(answer) => answer,
            Err(panic) => {
                let reason = panic_text(panic.as_ref());
                tracing::error!(service = ?self.service, operation = name, request_id = %cx.request_id, reason, "operation panicked");
                Err(Fault::internal())
            }
        }
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations")
            .field("service", &self.service)
            .field("names", &self.by_name.keys())
            .finish_non_exhaustive()
    }
}

async fn answer<'a, I, F>(
    service: ServiceId,
    name: &'static str,
    operation: std::sync::Arc<F>,
    cx: &'a Context,
    input: Value,
) -> Result<Value, Fault>
where
    I: DeserializeOwned + Send + 'static,
    F: Operation<'a, I>,
{
    let input: I = from_value(input).map_err(|error| input_fault(service, &error))?;
    let output = operation.call(cx, input).await.map_err(|error| {
        let fault = fault_of(&error);
        if fault.status >= 500 {
            tracing::error!(?service, operation = name, request_id = %cx.request_id, error = ?error, "operation failed");
        }
        fault
    })?;
    to_value(&output).map_err(|error| {
        tracing::error!(?service, operation = name, request_id = %cx.request_id, %error, "output cannot be written");
        Fault::internal()
    })
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}
