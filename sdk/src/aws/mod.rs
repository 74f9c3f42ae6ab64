//! Calls of the AWS SDK for Rust, as subsegments of namespace `aws`.
//!
//! Add [`Interceptor`] to a client's configuration, and each call through it is a subsegment named
//! after the service, with the operation, region, request id, retries and the resources that X-Ray
//! knows (tables, queues, buckets, topics, functions). The call carries `X-Amzn-Trace-Id`, so that
//! services which are traced themselves (SQS, Lambda, API Gateway...) take part in the trace.
//!
//! ```
//! # fn example(shared: aws_sdk_sqs::Config) {
//! let config = shared.to_builder().interceptor(siskin_sdk::aws::Interceptor::new()).build();
//! let queues = aws_sdk_sqs::Client::from_conf(config);
//! # }
//! ```
//!
//! Resources are read from what goes over the wire, and only for traces that are recorded: from bodies
//! up to [`BODY_BYTES_MAX`], and never from streams. Parameters outside of the list, such as keys
//! and messages, are not looked at.
//!
//! The AWS SDK opens spans of its own at level DEBUG; with [`Config::span_level`](crate::Config::span_level)
//! at INFO, as it is unless set, they do not show.

mod answer;
mod interceptor;
mod members;
mod resource;
#[cfg(test)]
mod tests;

pub use interceptor::Interceptor;
pub use members::BODY_BYTES_MAX;
