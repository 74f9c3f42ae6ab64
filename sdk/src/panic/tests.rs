use std::panic::catch_unwind;

use tracing::info_span;

use super::{frames, install};
use crate::segment::Cause;
use crate::testing::Receiver;

/// Not inlined, so that the frame has a name in optimised builds, too.
#[inline(never)]
fn divide(by: Option<u32>) -> u32 {
    7 / by.expect("a divisor")
}

#[test]
fn a_panic_is_an_exception_of_its_span_with_frames() {
    install();
    install();
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!("request", otel.kind = "server").entered();
        info_span!("divide").in_scope(|| catch_unwind(|| divide(None)).unwrap_err());
    });
    let documents = receiver.documents();
    let divide = &documents[0].subsegments[0];
    assert!(divide.fault && documents[0].cause.is_none());
    let Some(Cause::Detail(cause)) = divide.cause.as_deref() else { panic!("{divide:?}") };
    assert_eq!(cause.exceptions[0].kind.as_deref(), Some("panic"));
    assert_eq!(cause.exceptions[0].message.as_deref(), Some("a divisor"));
    let first = &cause.exceptions[0].stack[0];
    assert!(first.path.as_deref().is_some_and(|path| path.ends_with("panic/tests.rs")), "{first:?}");
}

#[test]
fn a_panic_without_text_or_span_is_harmless() {
    install();
    catch_unwind(|| std::panic::panic_any(7)).unwrap_err();
    let receiver = Receiver::start("shop");
    receiver.trace(|| catch_unwind(|| std::panic::panic_any(7)).unwrap_err());
    assert_eq!(receiver.documents(), []);
}

#[test]
fn what_the_hook_writes_can_be_read() {
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt;

    /// Keeps the stack traces of events.
    struct Stacks(Arc<Mutex<Vec<String>>>);
    impl tracing_core::field::Visit for Stacks {
        fn record_debug(&mut self, _: &tracing_core::Field, _: &dyn std::fmt::Debug) {}
        fn record_str(&mut self, field: &tracing_core::Field, value: &str) {
            if field.name() == "exception.stacktrace" {
                self.0.lock().unwrap().push(value.to_owned());
            }
        }
    }
    impl<S: tracing_core::Subscriber> tracing_subscriber::Layer<S> for Stacks {
        fn on_event(&self, event: &tracing_core::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            event.record(&mut Self(Arc::clone(&self.0)));
        }
    }

    install();
    let stacks = Arc::default();
    let subscriber = tracing_subscriber::registry().with(Stacks(Arc::clone(&stacks)));
    tracing::subscriber::with_default(subscriber, || catch_unwind(|| divide(None)).unwrap_err());
    let stack = frames::parse(&stacks.lock().unwrap()[0]).unwrap();
    let first = &stack.frames[0];
    assert!(first.path.as_deref().is_some_and(|path| path.ends_with("tests.rs")), "{stack:?}");
    assert!(first.line.is_some());
    #[cfg(feature = "panic")]
    assert!(first.label.as_deref().is_some_and(|label| label.ends_with("panic::tests::divide")), "{stack:?}");
}
