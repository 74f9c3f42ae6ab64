//! DNS checks: one question to one server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::dial;
use super::facts::DnsAnswer;
use super::fields::Fields;
use super::number::{Number, Range};
use super::probe::ProbeError;
use super::template::Template;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DnsCheck {
    pub(super) domain: Template,
    pub(super) kind: RecordType,
    /// The machine's own without one.
    pub(super) nameserver: Option<Template>,
    pub(super) port: Number,
    pub(super) transport: Transport,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

const KINDS: &[(&str, RecordType)] = &[
    ("A", RecordType::A),
    ("AAAA", RecordType::AAAA),
    ("CNAME", RecordType::CNAME),
    ("MX", RecordType::MX),
    ("TXT", RecordType::TXT),
    ("NS", RecordType::NS),
];
const PORT: u32 = 53;
/// A datagram may be lost: after this long the question is asked again (RFC 1123, 6.1.3.3, has 5 s; checks are shorter).
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Largest message (RFC 1035, 4.2.2).
const MESSAGE_BYTES_MAX: usize = 65_535;
/// Where the machine's resolvers are listed, resolv.conf(5).
const RESOLVERS: &str = "/etc/resolv.conf";

impl DnsCheck {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let domain = fields.text("domain", "the name that is asked for");
        if domain.as_ref().and_then(Template::fixed).is_some_and(|text| name_of(text).is_none()) {
            fields.fault("domain", "a domain name");
        }
        let kind = fields.word("recordType", KINDS, Some(RecordType::A));
        let nameserver = fields.text_if_given("nameserver");
        let port = fields.number("port", Range::PORT, Some(PORT));
        if let (Some(nameserver), Some(port)) = (&nameserver, &port) {
            if nameserver.fixed().is_some_and(|text| super::fields::address(text, 1).is_none()) {
                fields.fault("nameserver", "a host name or address, without port");
            }
            fields.reader.note_host(nameserver, port);
        }
        let transports = [("UDP", Transport::Udp), ("TCP", Transport::Tcp)];
        let transport = fields.word("protocol", &transports, Some(Transport::Udp));
        Some(Self { domain: domain?, kind: kind?, nameserver, port: port?, transport: transport? })
    }
}

fn name_of(domain: &str) -> Option<Name> {
    let mut name = Name::from_utf8(domain).ok().filter(|_| !domain.is_empty())?;
    name.set_fqdn(true);
    Some(name)
}

/// A question, all texts filled.
pub(super) struct Question<'a> {
    pub(super) domain: &'a str,
    pub(super) kind: RecordType,
    pub(super) nameserver: Option<&'a str>,
    pub(super) port: u16,
    pub(super) transport: Transport,
}

pub(super) async fn ask(threads: &Handle, question: &Question<'_>) -> Result<DnsAnswer, ProbeError> {
    let failed = |reason: String| ProbeError::Failed(reason);
    let name = name_of(question.domain).ok_or_else(|| failed(format!("\"{}\" is no domain name", question.domain)))?;
    let server = server(threads, question).await?;
    let mut asked = Message::query();
    asked.metadata.recursion_desired = true;
    asked.add_query(Query::query(name, question.kind));
    let bytes = asked.to_vec().map_err(|error| failed(format!("the question cannot be written: {error}")))?;
    let from = |reason: String| ProbeError::Failed(format!("{server}: {reason}"));
    let mut answer = match question.transport {
        Transport::Udp => over_udp(&asked, &bytes, server).await.map_err(from)?,
        Transport::Tcp => over_tcp(&asked, &bytes, server).await.map_err(from)?,
    };
    if answer.metadata.truncation && question.transport == Transport::Udp {
        // RFC 7766, 5: the whole answer is to be had over TCP.
        answer = over_tcp(&asked, &bytes, server).await.map_err(from)?;
    }
    match answer.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        code => return Err(from(format!("the server answers {} ({code})", u16::from(code)))),
    }
    let records: Vec<&Record> = answer.answers.iter().filter(|one| one.record_type() == question.kind).collect();
    Ok(DnsAnswer {
        records: records.iter().map(|record| spellings(&record.data)).collect(),
        folds_case: question.kind != RecordType::TXT,
        is_authoritative: answer.metadata.authoritative,
        ttl: records.iter().map(|record| record.ttl).min(),
    })
}

async fn server(threads: &Handle, question: &Question<'_>) -> Result<SocketAddr, ProbeError> {
    let port = question.port;
    if let Some(host) = question.nameserver {
        let found = dial::look_up(threads, host, port).await;
        let first = found.ok().and_then(|found| found.first().copied());
        return first.ok_or_else(|| ProbeError::Failed(format!("the nameserver {host} has no address")));
    }
    let text = std::fs::read_to_string(RESOLVERS)
        .map_err(|error| ProbeError::Broken(format!("{RESOLVERS}: {}", dial::told(&error))))?;
    let none = || ProbeError::Broken(format!("{RESOLVERS} names no nameserver: give the check one"));
    first_resolver(&text).map(|address| SocketAddr::new(address, port)).ok_or_else(none)
}

pub(super) fn first_resolver(text: &str) -> Option<IpAddr> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        if words.next() != Some("nameserver") {
            return None;
        }
        words.next()?.parse().ok()
    })
}

async fn over_udp(asked: &Message, bytes: &[u8], server: SocketAddr) -> Result<Message, String> {
    let any: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let told = |error: std::io::Error| dial::told(&error);
    let socket = UdpSocket::bind(any).await.map_err(told)?;
    socket.connect(server).await.map_err(told)?;
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    // Ends with the time of the check.
    loop {
        socket.send(bytes).await.map_err(told)?;
        let heard = timeout(ASK_AGAIN_AFTER, async {
            loop {
                let count = socket.recv(&mut buffer).await.map_err(told)?;
                // What does not belong to this question may come from somebody else.
                if let Ok(answer) = Message::from_vec(&buffer[..count])
                    && belongs(&answer, asked)
                {
                    return Ok(answer);
                }
            }
        });
        if let Ok(answer) = heard.await {
            return answer;
        }
    }
}

async fn over_tcp(asked: &Message, bytes: &[u8], server: SocketAddr) -> Result<Message, String> {
    let told = |error: std::io::Error| dial::told(&error);
    let mut stream = tokio::net::TcpStream::connect(server).await.map_err(told)?;
    let length = u16::try_from(bytes.len()).map_err(|_| "the question is too long".to_owned())?;
    stream.write_all(&[&length.to_be_bytes()[..], bytes].concat()).await.map_err(told)?;
    let length = stream.read_u16().await.map_err(told)?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await.map_err(told)?;
    let answer = Message::from_vec(&buffer).map_err(|error| format!("the answer cannot be read: {error}"))?;
    if belongs(&answer, asked) { Ok(answer) } else { Err("the answer is to another question".to_owned()) }
}

fn belongs(answer: &Message, asked: &Message) -> bool {
    answer.metadata.id == asked.metadata.id && (answer.queries.is_empty() || answer.queries == asked.queries)
}

/// How people may write a record; the first is how it is told.
fn spellings(data: &RData) -> Vec<String> {
    match data {
        RData::MX(mx) => vec![format!("{} {}", mx.preference, bare(&mx.exchange)), bare(&mx.exchange)],
        RData::TXT(txt) => {
            let whole: Vec<u8> = txt.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
            vec![String::from_utf8_lossy(&whole).into_owned()]
        }
        RData::CNAME(name) => vec![bare(&name.0)],
        RData::NS(name) => vec![bare(&name.0)],
        other => vec![other.to_string()],
    }
}

/// In lower case, without the dot of the root.
fn bare(name: &Name) -> String {
    name.to_utf8().trim_end_matches('.').to_lowercase()
}
