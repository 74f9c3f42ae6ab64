//! The interceptor: a span from before serialization until after execution.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;
use tracing::{Span, field, info_span};

use super::{answer, resource};
use crate::lock::Mutex;
use crate::pending::Pending;
use crate::propagation::{Sampling, X_AMZN_TRACE_ID};
use crate::{SpanExt, current_context};

/// Traces the calls of the client it is given to.
///
/// It never fails a call: what cannot be told is left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interceptor(());

impl Interceptor {
    /// Traces every call.
    pub fn new() -> Self {
        Self::default()
    }
}

/// One call, kept with its configuration; dropped with it, if the call is given up.
#[derive(Debug, Clone)]
struct Call {
    pending: Arc<Mutex<Option<Pending>>>,
    span: Span,
    service: Arc<str>,
    operation: Arc<str>,
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

impl Call {
    fn begin(metadata: Option<&Metadata>, region: Option<&Region>) -> Self {
        let service = metadata.map_or("AWS", Metadata::service);
        let operation = metadata.map_or("", Metadata::name);
        let span = call_span(service, operation, region);
        Self {
            pending: Arc::new(Mutex::new(Some(Pending::new(span.clone(), "before the response")))),
            span,
            service: service.into(),
            operation: operation.into(),
        }
    }

    /// The call's span, where it is recorded: reading bodies is not for free.
    fn recorded(&self) -> Option<&Span> {
        let context = self.span.trace_context()?;
        (context.sampling == Sampling::Sampled).then_some(&self.span)
    }

    fn finish(self) {
        let pending = self.pending.lock().take();
        if let Some(pending) = pending {
            drop(pending.finish());
        }
    }
}

fn call_span(service: &str, operation: &str, region: Option<&Region>) -> Span {
    info_span!(
        "aws call",
        otel.kind = "client",
        otel.name = format_args!("{service}.{operation}"),
        rpc.system = "aws-api",
        rpc.service = service,
        rpc.method = operation,
        aws.region = region.map(AsRef::<str>::as_ref),
        aws.request_id = field::Empty,
        aws.id_2 = field::Empty,
        aws.retries = field::Empty,
        aws.table_name = field::Empty,
        aws.table_names = field::Empty,
        aws.table_count = field::Empty,
        aws.index_name = field::Empty,
        aws.consistent_read = field::Empty,
        aws.limit = field::Empty,
        aws.count = field::Empty,
        aws.scanned_count = field::Empty,
        aws.queue_url = field::Empty,
        aws.queue_name = field::Empty,
        aws.queue_count = field::Empty,
        aws.message_id = field::Empty,
        aws.message_count = field::Empty,
        aws.failed_count = field::Empty,
        aws.successful_count = field::Empty,
        aws.topic_arn = field::Empty,
        aws.function_name = field::Empty,
        aws.invocation_type = field::Empty,
        aws.endpoint_name = field::Empty,
        aws.bucket_name = field::Empty,
        aws.key = field::Empty,
        http.response.status_code = field::Empty,
        http.response.body.size = field::Empty,
        http.cancelled = field::Empty,
        xray.throttle = field::Empty,
        "error.type" = field::Empty,
        error = field::Empty,
    )
}

impl Intercept for Interceptor {
    fn name(&self) -> &'static str {
        "siskin"
    }

    // Not `read_before_execution`: the operation's name is not yet known there.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let call = Call::begin(bag.load::<Metadata>(), bag.load::<Region>());
        bag.interceptor_state().store_put(call);
        Ok(())
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = bag.load::<Call>()
            && let Some(span) = call.recorded()
        {
            resource::record_request(&call.service, context.request(), span);
        }
        Ok(())
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = bag.load::<Call>() else { return Ok(()) };
        // Where no layer records the span, the trace around goes on.
        if let Some(header) = call.span.in_scope(current_context).filter(|header| header.root.is_some()) {
            let header = header.to_string();
            // What a caller sent and we pass on came out of a header, so it fits into one again.
            let _refused = context.request_mut().headers_mut().try_insert(X_AMZN_TRACE_ID, header);
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_retry = bag.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1);
        if let Some(call) = bag.load::<Call>().filter(|call| !is_retry && &*call.service == "S3")
            && let Some(span) = call.recorded()
        {
            resource::record_object(&call.operation, context.request().uri(), span);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = bag.load::<Call>().cloned() else { return Ok(()) };
        if let Some(span) = call.recorded() {
            answer::record(context, span);
            let attempts = bag.load::<RequestAttempts>().map(RequestAttempts::attempts);
            span.record("aws.retries", attempts.map(|attempts| attempts.saturating_sub(1)));
            if let Some(body) = context.response().and_then(|response| response.body().bytes()) {
                resource::record_response(&call.service, body, span);
            }
        }
        call.finish();
        Ok(())
    }
}
