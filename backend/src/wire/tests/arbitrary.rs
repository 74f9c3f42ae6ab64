//! Values as a proptest finds them.

use bytes::Bytes;
use proptest::prelude::*;

use crate::base::Timestamp;
use crate::wire::{Members, Value};

/// Scalars that JSON keeps as they are.
pub(super) fn json_scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        decimal().prop_map(Value::Float),
        any::<String>().prop_map(Value::String),
    ]
    .boxed()
}

/// Every finite number: what is read is what was written, to the last bit.
fn decimal() -> BoxedStrategy<f64> {
    (proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL).boxed()
}

/// Scalars that CBOR keeps as they are.
pub(super) fn cbor_scalar() -> BoxedStrategy<Value> {
    // From 1900 to 2100: beyond, an `f64` of seconds no longer keeps the microsecond.
    let millis = -2_208_988_800_000_i64..4_102_444_800_000_i64;
    prop_oneof![
        json_scalar(),
        Just(Value::Null),
        any::<f64>().prop_filter("it does not equal itself", |number| !number.is_nan()).prop_map(Value::Float),
        any::<Vec<u8>>().prop_map(|bytes| Value::Blob(Bytes::from(bytes))),
        millis.prop_map(|millis| Value::Timestamp(Timestamp::from_millis(millis))),
    ]
    .boxed()
}

/// Text whose type only the reader knows.
pub(super) fn untyped_scalar() -> BoxedStrategy<Value> {
    any::<String>().prop_map(Value::Untyped).boxed()
}

/// Lists and maps of scalars, a few levels deep; map names are what `name` finds.
pub(super) fn value(scalar: BoxedStrategy<Value>, name: &'static str, smallest: usize) -> BoxedStrategy<Value> {
    scalar
        .prop_recursive(4, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), smallest..6).prop_map(Value::List),
                map(inner, name, smallest),
            ]
        })
        .boxed()
}

/// A map with distinct names in their order.
pub(super) fn map(inner: BoxedStrategy<Value>, name: &'static str, smallest: usize) -> BoxedStrategy<Value> {
    prop::collection::btree_map(name, inner, smallest..6)
        .prop_map(|members| Value::Map(members.into_iter().collect::<Members>()))
        .boxed()
}
