use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tracing::{error, info_span};

use super::{Expect, Find, Receiver};
use crate::current_context;
use crate::id::TraceId;

/// The message of the assertion that fails in `test`.
fn refusal<R>(test: impl FnOnce() -> R) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).err().unwrap();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn what_is_not_there_is_drawn_beside_what_is() {
    let receiver = Receiver::start("shop");
    receiver.trace(|| {
        let _request = info_span!("request", annotation.tenant = "blue").entered();
        info_span!("pay", cents = 7).in_scope(|| error!("card refused"));
        info_span!("pay", cents = 8).in_scope(|| {});
    });
    let documents = receiver.documents();
    assert_eq!(documents.spans("pay").len(), 2);
    documents.span("shop").expect_annotation("tenant", "blue").expect_ok();
    let pay = documents.span("shop").span("pay");
    pay.expect_metadata("cents", 7).expect_exception("card").expect_fault();
    assert_eq!(
        refusal(|| documents.span("ship")),
        "no span \"ship\" in\nshop [segment] tenant=blue {span.name=request}\n  \
         pay FAULT {cents=7} cause: card refused\n  pay {cents=8}\n"
    );
    for message in [
        refusal(|| pay.expect_annotation("tenant", "blue")),
        refusal(|| pay.expect_metadata("cents", 8)),
        refusal(|| pay.expect_exception("bank")),
        refusal(|| pay.expect_ok()),
        refusal(|| documents.span("shop").expect_fault()),
    ] {
        assert!(message.contains('\n'), "{message}");
    }
}

#[test]
fn tests_that_share_a_receiver_get_their_own_traces() {
    let receiver = Receiver::global("shop");
    let trace = |name: &'static str| {
        let request = info_span!("request", annotation.name = name, otel.kind = "server");
        let trace_id = request.in_scope(|| current_context().unwrap().root.unwrap());
        // Elsewhere, and later than anyone waits for it.
        thread::spawn(move || request.in_scope(|| {}));
        trace_id
    };
    let (first, second) = (trace("first"), trace("second"));
    for (trace_id, name) in [(second, "second"), (first, "first")] {
        let documents = receiver.wait_for(trace_id, 1);
        assert_eq!(documents.len(), 1);
        documents.span("shop").expect_annotation("name", name);
    }
    assert_eq!(receiver.wait_for(TraceId::random(1), 0), []);
}
