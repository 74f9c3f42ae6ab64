//! Signatures that others made.

use std::time::Duration;

use super::credentials::{Credentials, Profile};
use super::sigv4::{Signable, sign};
use super::variables::Variables;
use super::{AwsAccess, AwsSigner};
use crate::Clock;

/// 2015-08-30 12:36:00, when AWS's examples were signed.
const AT: Duration = Duration::new(1_440_938_160, 0);

fn credentials(token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: token.map(str::to_owned),
        expires_at: None,
    }
}

fn signature(signable: &Signable<'_>, token: Option<&str>) -> String {
    let signature = sign(signable, &credentials(token), AT);
    assert_eq!(signature.date, "20150830T123600Z");
    signature.authorization.rsplit_once("Signature=").unwrap().1.to_owned()
}

#[test]
fn awss_own_examples_are_signed_alike() {
    // "get-vanilla" and "post-vanilla" of the test suite AWS published.
    let host = "example.amazonaws.com";
    for (method, expected) in [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ] {
        let signable =
            Signable { method, host, path: "/", region: "us-east-1", service: "service", headers: &[], body: b"" };
        assert_eq!(signature(&signable, None), expected, "{method}");
    }
}

#[test]
fn requests_to_xray_are_signed_as_botocore_signs_them() {
    let body = br#"{"TraceSegmentDocuments":["{}"]}"#;
    let (host, path) = ("xray.us-east-1.amazonaws.com", "/TraceSegments");
    let xray = Signable { method: "POST", host, path, region: "us-east-1", service: "xray", headers: &[], body };
    assert_eq!(signature(&xray, None), "fffe4a2567a33a3fedf0f07ca7ddd0f2b40a46dc80db1ccf2c57ac3511ad658e");
    assert_eq!(signature(&xray, Some("to/ken=")), "c016e1bb6c2be5b7de41931cd35d132fce5a216bd0876674fa194eed386be01e");
    let (host, path) = ("127.0.0.1:8000", "/base%20path/TraceSegments");
    let own = Signable { method: "POST", host, path, region: "eu-west-1", service: "xray", headers: &[], body: b"" };
    assert_eq!(signature(&own, None), "3d0fc22e9e450bea96aae37076776e2d277aad4410c2c84139fc002fb4d90313");
    let whole = sign(&xray, &credentials(Some("to/ken=")), AT).authorization;
    let head = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/xray/aws4_request, \
                SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=";
    assert!(whole.starts_with(head), "{whole}");
}

#[test]
fn requests_of_others_are_signed_as_botocore_signs_them() {
    let access = AwsAccess::from_variables(|name| match name {
        "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        "AWS_SESSION_TOKEN" => Some("tok".to_owned()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        _ => None,
    });
    let signer = AwsSigner::new("logs", access.unwrap()).clock(Clock::manual(AT).0);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = [
        header("x-amz-target", "Logs_20140328.PutLogEvents"),
        header("content-type", "application/x-amz-json-1.1"),
        header("accept", "not signed"),
    ];
    let signed = signer.headers("POST", "https://logs.eu-west-1.amazonaws.com/", &headers, b"{}").unwrap();
    let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/logs/aws4_request, \
                    SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
                    Signature=d7ea898b883af67d876afbfd72e2f0ac7f78f0b1bbed71c1f7dece4e3d759c1a";
    let date = header("x-amz-date", "20150830T123600Z");
    assert_eq!(signed, [date, header("authorization", expected), header("x-amz-security-token", "tok")]);
    assert!(signer.headers("POST", "https://h/?a=b", &[], b"").unwrap_err().contains("without query"));
    let nobody = AwsAccess::from_variables(|name| match name {
        "AWS_EC2_METADATA_DISABLED" => Some("true".to_owned()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        _ => None,
    });
    let error = AwsSigner::new("logs", nobody.unwrap()).headers("POST", "https://h/", &[], b"").unwrap_err();
    assert_eq!(error, "no AWS credentials: neither in the environment nor in the shared files");
}

/// Reads a profile from two files.
fn profile(name: Option<&str>, config: &str, credentials: &str) -> Result<Profile, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(".aws")).unwrap();
    std::fs::write(dir.path().join(".aws/config"), config).unwrap();
    std::fs::write(dir.path().join("creds"), credentials).unwrap();
    let home = dir.path().to_str().unwrap().to_owned();
    Profile::read(&Variables::read(|variable| match variable {
        "HOME" => Some(home.clone()),
        "AWS_SHARED_CREDENTIALS_FILE" => Some("~/creds".to_owned()),
        "AWS_PROFILE" => name.map(str::to_owned),
        _ => None,
    }))
}

#[test]
fn profiles_are_read_as_awss_tools_write_them() {
    let config = "
# comment
[default]
region = eu-west-1
[profile  shop]
region=eu-north-1 # near
s3 =
  region = nested
endpoint_url = http://127.0.0.1:8000
aws_access_key_id = from-config
[shop]
region = not a profile
";
    let credentials = "[shop]\naws_access_key_id = id\nAWS_SECRET_ACCESS_KEY = se#cret\n";
    let shop = profile(Some("shop"), config, credentials).unwrap();
    assert_eq!(shop.get("region"), Some("eu-north-1"));
    assert_eq!(shop.get("aws_access_key_id"), Some("id"));
    assert_eq!(shop.get("aws_secret_access_key"), Some("se#cret"));
    assert_eq!(shop.get("endpoint_url"), Some("http://127.0.0.1:8000"));
    assert_eq!(profile(None, config, credentials).unwrap().get("region"), Some("eu-west-1"));
    let missing = profile(Some("other"), config, credentials).unwrap_err();
    assert_eq!(missing, "AWS_PROFILE=\"other\": no such profile in the shared files");
    assert!(profile(None, "", "").unwrap().get("region").is_none());
}
