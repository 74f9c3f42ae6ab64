//! A receiver behind TLS, and who vouches for it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use siskin_sdk::export::{Exporter, OtlpHttp, Outbox, OutboxSettings};

use crate::daemon::PATIENCE;

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/export/cert.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/export/key.pem");

/// Answers every request with 200, over TLS.
fn start() -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // Who does not trust the certificate breaks off.
            if stream.read(&mut [0; 4_096]).is_ok_and(|bytes| bytes > 0) {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            }
        }
    });
    address
}

fn outbox(address: &str, certificate: Option<&str>) -> Outbox {
    let otlp = OtlpHttp::from_variables(|name| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(format!("https://{address}")),
        "OTEL_EXPORTER_OTLP_CERTIFICATE" => certificate.map(str::to_owned),
        _ => None,
    });
    Outbox::new(otlp.unwrap(), OutboxSettings::default()).unwrap()
}

#[test]
fn a_certificate_that_is_named_is_trusted_and_no_other() {
    let address = start();
    let trusting = outbox(&address, Some(CERTIFICATE));
    trusting.export(b"spans").unwrap();
    trusting.flush(Instant::now() + PATIENCE);
    assert_eq!(trusting.settle(1).sent, 1);
    let wary = outbox(&address, None);
    wary.export(b"spans").unwrap();
    wary.flush(Instant::now() + Duration::from_millis(300));
    assert_eq!((wary.settle(1).sent, wary.settle(0).kept), (0, 1));
}
