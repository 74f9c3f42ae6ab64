//! Amazon cloudwatch.
