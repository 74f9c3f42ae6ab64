//! Certificates of hosts, over real handshakes.

use tokio_rustls::rustls::version;

use crate::mutual_tls::serve;
use crate::program::{run, run_under, run_with};

#[tokio::test]
async fn a_certificate_is_looked_at_whatever_it_is_worth() {
    let url = serve(&version::TLS13).await;
    let script = "let found = http::certificate(variable(\"url\"));\n\
                  assert::that(!found.is_trusted, `${found}`);\n\
                  assert::truthy(found.problem);\n\
                  assert::truthy(found.subject);\n\
                  assert::that(found.days_left > 0, `${found}`);\n\
                  assert::matches(found.not_after, `^\\d{4}-\\d\\d-\\d\\dT`);";
    let ended = run_with(&[("look.rhai", script)], &["run", "look.rhai", "--url", &url]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    let plain = url.replace("https", "http");
    let ended = run_with(&[("look.rhai", script)], &["run", "look.rhai", "--url", &plain]).await;
    assert!(
        ended.code == 1 && ended.stdout.contains("`url` of http::certificate is an address of https"),
        "{}",
        ended.stdout
    );
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = format!("https://{closed}/");
    let ended = run_with(&[("look.rhai", script)], &["run", "look.rhai", "--url", &nobody]).await;
    assert!(ended.code == 1 && ended.stdout.contains("Connection refused"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, include_str!("mutual_tls/ca.pem")).unwrap();
    let url = serve(&version::TLS12).await;
    let script = "let found = http::certificate(variable(\"url\"));\n\
                  assert::that(found.is_trusted, `${found}`);\nassert::equal(found.problem, ());";
    let variables = [("SSL_CERT_FILE", trusted.to_str().unwrap())];
    let ended = run_under(&variables, &[("look.rhai", script)], &["run", "look.rhai", "--url", &url]).await;
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
}

#[tokio::test]
async fn browser_heartbeat_fails_when_a_certificate_has_too_few_days_left() {
    let url = serve(&version::TLS13).await;
    let ended =
        run(&["run", "heartbeat", "--url", &url, "--param", "certificate_days.fail=100000", "--output", "json"]).await;
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    let report = ended.report();
    let reason = report["reason"].as_str().unwrap();
    assert!(reason.contains(" days left: expected at least 100000"), "{reason}");
    assert_eq!(report["steps"][0]["name"], format!("certificate of {}", url.trim_end_matches('/')));
    assert_eq!(report["metrics"][0]["name"], "CertificateDaysLeft");
}
