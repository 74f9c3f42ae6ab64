//! A nameserver over UDP and TCP.

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

const TTL_SECONDS: u32 = 300;
const LONG_PARTS: usize = 40;

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn zone(asked: &str, kind: RecordType) -> Vec<RData> {
    match (asked, kind) {
        ("shop.test.", RecordType::A) => {
            vec![RData::A(A::new(192, 0, 2, 10)), RData::A(A::new(192, 0, 2, 11))]
        }
        ("shop.test.", RecordType::AAAA) => vec![RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))],
        ("shop.test.", RecordType::MX) => vec![RData::MX(MX::new(10, name("Mail.shop.test.")))],
        ("shop.test.", RecordType::NS) => vec![RData::NS(NS(name("ns1.shop.test.")))],
        ("shop.test.", RecordType::TXT) => {
            vec![RData::TXT(TXT::new(vec!["v=spf1 ".to_owned(), "-all".to_owned()]))]
        }
        ("_dmarc.shop.test." | "xn--bcher-kva.test.", RecordType::TXT) => {
            vec![RData::TXT(TXT::new(vec!["v=DMARC1; p=Reject".to_owned()]))]
        }
        ("www.shop.test.", RecordType::A) => {
            vec![RData::CNAME(CNAME(name("shop.test."))), RData::A(A::new(192, 0, 2, 10))]
        }
        ("www.shop.test.", RecordType::CNAME) => vec![RData::CNAME(CNAME(name("shop.test.")))],
        ("long.shop.test.", RecordType::TXT) => vec![RData::TXT(TXT::new(vec!["x".repeat(250); LONG_PARTS]))],
        _ => Vec::new(),
    }
}

/// `None` for a name that nobody gets an answer to.
fn answer(bytes: &[u8]) -> Option<Message> {
    let asked = Message::from_vec(bytes).unwrap();
    let query = asked.queries[0].clone();
    let (text, kind) = (query.name.to_ascii().to_lowercase(), query.query_type);
    let mut answer = Message::response(asked.metadata.id, OpCode::Query);
    answer.add_query(query.clone());
    answer.metadata.authoritative = true;
    match text.as_str() {
        "silent.shop.test." => return None,
        "broken.shop.test." => answer.metadata.response_code = ResponseCode::ServFail,
        "none.shop.test." => answer.metadata.response_code = ResponseCode::NXDomain,
        _ => {}
    }
    let records = zone(&text, kind).into_iter().map(|data| Record::from_rdata(query.name.clone(), TTL_SECONDS, data));
    answer.add_answers(records);
    Some(answer)
}

async fn over_tcp(mut stream: TcpStream) {
    let Ok(length) = stream.read_u16().await else { return };
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await.unwrap();
    let Some(answer) = answer(&bytes) else { return std::future::pending().await };
    let bytes = answer.to_vec().unwrap();
    stream.write_u16(bytes.len() as u16).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
}

/// Both are on one port.
pub(super) async fn start() -> u16 {
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
    let port = udp.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut bytes = [0; 4_096];
        while let Ok((count, from)) = udp.recv_from(&mut bytes).await {
            // An answer to another question first: whoever asks must not take it.
            let mut other = Message::response(0, OpCode::Query);
            other.metadata.id = Message::from_vec(&bytes[..count]).unwrap().metadata.id.wrapping_add(1);
            udp.send_to(&other.to_vec().unwrap(), from).await.unwrap();
            let Some(mut answer) = answer(&bytes[..count]) else { continue };
            if answer.to_vec().unwrap().len() > 512 {
                answer = answer.truncate();
                answer.metadata.truncation = true;
            }
            udp.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = tcp.accept().await {
            tokio::spawn(over_tcp(stream));
        }
    });
    port
}
