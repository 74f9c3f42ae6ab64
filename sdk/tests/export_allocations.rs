//! Exporters that send at once take no memory for a document, once they have what they need.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]
#![expect(unsafe_code, reason = "an allocator is counted by being one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::UdpSocket;

use siskin_sdk::export::{Exporter, FileExporter, UdpExporter};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is the system allocator's; counting touches a cell of the thread only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(exporter: &dyn Exporter) -> u64 {
    let document = [b'x'; 2_000];
    let export = || {
        (0..10).for_each(|_| exporter.export(&document).unwrap());
        exporter.settle(10)
    };
    export();
    let before = ALLOCATIONS.get();
    for _ in 0..100 {
        export();
    }
    ALLOCATIONS.get() - before
}

#[test]
fn exporters_that_send_at_once_allocate_nothing() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let udp = UdpExporter::connect(&receiver.local_addr().unwrap().to_string()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = FileExporter::append(dir.path().join("segments.jsonl")).unwrap();
    assert_eq!((allocations(&udp), allocations(&file)), (0, 0));
    // Nor where every datagram is refused.
    drop(receiver);
    assert_eq!(allocations(&udp), 0);
}
