//! A service that demands a client certificate, over a real handshake.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, crypto, version};

use crate::program::{Ended, run_under};

/// An authority that vouches for the server and for the client; the stranger has another.
const AUTHORITY: &str = include_str!("mutual_tls/ca.pem");
const SERVER: (&str, &str) = (include_str!("mutual_tls/server.pem"), include_str!("mutual_tls/server.key.pem"));
const CLIENT: (&str, &str) = (include_str!("mutual_tls/client.pem"), include_str!("mutual_tls/client.key.pem"));
const STRANGER: (&str, &str) = (include_str!("mutual_tls/stranger.pem"), include_str!("mutual_tls/stranger.key.pem"));

const WITH: &str = "let certificate = http::client_certificate(secret::get(\"certificate\"), secret::get(\"key\"));\n\
                    let answer = http::get(variable(\"url\"), #{ client_certificate: certificate, status: 200 });\n\
                    assert::equal(answer.body, \"hello\");";
const WITHOUT: &str = "http::get(variable(\"url\"), #{ status: 200 });";

/// Serves one answer to each client that has a certificate of the authority.
pub(crate) async fn serve(tls: &'static SupportedProtocolVersion) -> String {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY.as_bytes()).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[tls])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(SERVER.0.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Who is refused hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 4096];
                drop(stream.read(&mut request).await);
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").await);
                drop(stream.shutdown().await);
            });
        }
    });
    url
}

async fn run(url: &str, script: &str, (certificate, key): (&str, &str), trusted: &Path) -> Ended {
    let url = format!("url={url}");
    let variables = [("CERTIFICATE", certificate), ("KEY", key), ("SSL_CERT_FILE", trusted.to_str().unwrap())];
    let arguments = [
        "run",
        "mutual.rhai",
        "--allow-host",
        "127.0.0.1",
        "--param",
        &url,
        "--secret",
        "certificate=CERTIFICATE",
        "--secret",
        "key=KEY",
        "--output",
        "json",
    ];
    run_under(&variables, &[("mutual.rhai", script)], &arguments).await
}

#[tokio::test]
async fn the_right_certificate_passes_and_none_and_a_strange_one_fail_clearly() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, AUTHORITY).unwrap();
    for tls in [&version::TLS13, &version::TLS12] {
        let url = serve(tls).await;
        let passed = run(&url, WITH, CLIENT, &trusted).await;
        assert_eq!(passed.code, 0, "{}", passed.stdout);
        let har = passed.json("results.har");
        let timings = &har["log"]["entries"][0]["timings"];
        let part = |name: &str| timings[name].as_f64().unwrap();
        assert!(part("ssl") > 0.0 && part("connect") >= part("ssl") && part("dns") < 0.0, "{timings}");
        for (script, pair, alert) in [(WITHOUT, CLIENT, "CertificateRequired"), (WITH, STRANGER, "UnknownCA")] {
            let failed = run(&url, script, pair, &trusted).await;
            let reason = failed.report()["reason"].as_str().unwrap_or_default().to_owned();
            let told = reason.starts_with(&format!("GET {url}: ")) && reason.contains(alert);
            assert!(failed.code == 1 && told, "{alert}: {reason}");
        }
    }
    let url = serve(&version::TLS13).await;
    let mismatched = run(&url, WITH, (CLIENT.0, STRANGER.1), &trusted).await;
    let reason = mismatched.report()["reason"].as_str().unwrap_or_default().to_owned();
    assert!(mismatched.code == 1 && reason.starts_with("the client certificate cannot be used: "), "{reason}");
}

#[tokio::test]
async fn an_api_canary_shows_its_certificate_by_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, AUTHORITY).unwrap();
    let url = serve(&version::TLS13).await;
    let config = format!(
        "[[canary]]\nname = \"mutual\"\nblueprint = \"api\"\nschedule = \"rate(1 minute)\"\n\
         [canary.secrets]\ncertificate = {{ env = \"CERTIFICATE\" }}\nkey = {{ env = \"KEY\" }}\n\
         [canary.parameters]\nsteps = [{{ url = \"{url}\", expect = [{{ of = \"text\", compare = \"equals\", value = \"hello\" }}, \
         {{ of = \"ssl_ms\", compare = \"greater_than\", value = 0 }}] }}]\n\
         client_certificate = {{ certificate = \"{{{{secret:certificate}}}}\", key = \"{{{{secret:key}}}}\" }}\n"
    );
    let variables = [("CERTIFICATE", CLIENT.0), ("KEY", CLIENT.1), ("SSL_CERT_FILE", trusted.to_str().unwrap())];
    let ended = run_under(&variables, &[("canaries.toml", &config)], &["run", "mutual", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
}
