//! Datagrams to sockets that listen, and that do not.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::{ExportError, Exporter};
use super::UdpExporter;
use super::socket::DaemonSocket;
use crate::DropReason;

fn receiver() -> (UdpSocket, String) {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let address = receiver.local_addr().unwrap().to_string();
    (receiver, address)
}

/// An address nobody listens on.
fn nowhere() -> String {
    receiver().1
}

fn received(receiver: &UdpSocket) -> String {
    let mut buffer = [0; 256];
    let bytes = receiver.recv(&mut buffer).unwrap();
    String::from_utf8(buffer.get(..bytes).unwrap().to_vec()).unwrap()
}

#[test]
fn a_datagram_is_header_newline_document() {
    let (receiver, address) = receiver();
    UdpExporter::connect(&address).unwrap().export(b"{\"name\":\"a\"}").unwrap();
    assert_eq!(received(&receiver), "{\"format\":\"json\",\"version\":1}\n{\"name\":\"a\"}");
}

#[test]
fn the_largest_document_fits_a_datagram_and_a_larger_one_is_refused() {
    let (_receiver, address) = receiver();
    let exporter = UdpExporter::connect(&address).unwrap();
    let largest = exporter.document_bytes_max();
    exporter.export(&vec![b'x'; largest]).unwrap();
    assert!(matches!(exporter.export(&vec![b'x'; largest + 1]), Err(ExportError::TooLarge)));
    assert!(exporter.document_bytes_max() < largest / 2 + 100);
    assert!(exporter.document_bytes_max() > largest / 4);
}

#[test]
fn an_address_without_port_is_refused() {
    assert!(UdpExporter::connect("localhost").is_err());
}

#[test]
fn every_document_counts_once_whether_sent_or_refused() {
    let exporter = UdpExporter::connect(&nowhere()).unwrap();
    let (mut sent, mut refused) = (0, 0);
    for taken in [1, 7, 0, 3] {
        (0..taken).for_each(|_| exporter.export(b"{}").unwrap());
        let settled = exporter.settle(taken);
        sent += settled.sent;
        refused += settled.dropped.count(DropReason::Refused);
        assert_eq!(settled.sent + settled.dropped.total(), taken);
    }
    assert_eq!((sent, refused), (0, 11), "on one machine each refusal is known at once");
}

#[test]
fn a_daemon_that_moved_is_found_again() {
    let (old, moved) = (nowhere(), receiver());
    let place: Arc<Mutex<String>> = Arc::new(Mutex::new(old));
    let known = Arc::clone(&place);
    let resolve = move |_name: &str| Ok(vec![known.lock().unwrap().parse::<SocketAddr>().unwrap()]);
    let exporter = UdpExporter::new(DaemonSocket::with_resolver("daemon:2000", Arc::new(resolve), Duration::ZERO));
    exporter.export(b"lost").unwrap();
    assert_eq!(exporter.settle(1).dropped.count(DropReason::Refused), 1);
    place.lock().unwrap().clone_from(&moved.1);
    exporter.export(b"found").unwrap();
    assert_eq!(exporter.settle(1).sent, 1);
    assert!(received(&moved.0).ends_with("\nfound"));
}

#[test]
fn a_successor_has_a_socket_of_its_own() {
    let (receiver, address) = receiver();
    let successor = UdpExporter::connect(&address).unwrap().successor().unwrap();
    successor.export(b"child").unwrap();
    assert!(received(&receiver).ends_with("\nchild"));
}
