//! What is switched on in each target before it runs anything.

use serde_json::{Value, json};

use crate::browser::trace::Tracer;
use crate::browser::vitals;

/// Post data Chrome puts into its events, in bytes.
const POST_BYTES_MAX: u32 = 64 * 1024;
/// What Chrome itself keeps of bodies for `Network.getResponseBody`, in bytes: all and each.
const BUFFER_BYTES_MAX: u32 = 16 * 1024 * 1024;
const RESOURCE_BYTES_MAX: u32 = 1024 * 1024;

/// One command to send.
pub(super) type Setup = (&'static str, Value);

/// For the page, before its first navigation.
pub(super) fn page(tracer: Option<&Tracer>) -> Vec<Setup> {
    let mut setup = vec![
        ("Page.enable", json!({})),
        ("Page.setLifecycleEventsEnabled", json!({"enabled": true})),
        ("Inspector.enable", json!({})),
        ("Runtime.addBinding", json!({"name": vitals::BINDING, "executionContextName": vitals::WORLD})),
        ("Page.addScriptToEvaluateOnNewDocument", json!({"source": vitals::SCRIPT, "worldName": vitals::WORLD})),
        ("Emulation.setEmulatedMedia", json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})),
    ];
    setup.extend(any_target(tracer));
    setup
}

/// For a frame or worker the page opened, which waits for the last of these.
pub(super) fn child(kind: &str, tracer: Option<&Tracer>) -> Vec<Setup> {
    let mut setup = match kind {
        "iframe" | "worker" | "shared_worker" | "service_worker" => any_target(tracer),
        // Other kinds have no network of their own, and refuse to be asked.
        _ => Vec::new(),
    };
    setup.push(("Runtime.runIfWaitingForDebugger", json!({})));
    setup
}

fn any_target(tracer: Option<&Tracer>) -> Vec<Setup> {
    let mut setup = vec![
        (
            "Network.enable",
            json!({
                "maxPostDataSize": POST_BYTES_MAX,
                "maxTotalBufferSize": BUFFER_BYTES_MAX,
                "maxResourceBufferSize": RESOURCE_BYTES_MAX,
            }),
        ),
        ("Runtime.enable", json!({})),
        ("Log.enable", json!({})),
        // Frames of other sites run in targets of their own, and so do workers.
        ("Target.setAutoAttach", json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true})),
    ];
    if let Some(tracer) = tracer {
        setup.push(("Fetch.enable", json!({"patterns": tracer.fetch_patterns()})));
    }
    setup
}
