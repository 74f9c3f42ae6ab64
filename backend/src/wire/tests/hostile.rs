//! No bytes make a decoder panic, and no small request makes it take much memory or stack.

use bytes::Bytes;
use http::Request;
use proptest::prelude::*;

use crate::wire::gzip::{InflateError, inflate};
use crate::wire::{DEPTH_MAX, Envelope, RestTable, VALUES_MAX, cbor, decode_input, json, query, rest_json, route};

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let bytes = Bytes::from(bytes);
        drop((json::decode(&bytes), cbor::decode(&bytes), query::decode(&bytes)));
        drop((inflate(&bytes, 1024), rest_json::decode(Vec::new(), "a=%ff&=&a", &bytes)));
    }

    /// Bytes that begin like a body get deeper than those that are random.
    #[test]
    fn damaged_cbor_is_read_or_refused(cut in 0..64_usize, at in 0..64_usize, byte in any::<u8>()) {
        let mut body = b"\xa2dName\x9f\x01\xfb\x40\x09\x21\xfb\x54\x44\x2d\x18\xc1\x1a\x6a\x00\x00\x00\xff\x64Text\x7f\x61a\x61b\xff".to_vec();
        prop_assert!(cbor::decode(&Bytes::from(body.clone())).is_ok());
        let len = body.len();
        body[at % len] = byte;
        body.truncate(len - cut % len);
        drop(cbor::decode(&Bytes::from(body)));
    }

    #[test]
    fn any_form_is_read_or_refused(form in "([A-C]|member|entry|key|value|1|2|[.=&]){0,40}") {
        drop(query::decode(form.as_bytes()));
    }

    #[test]
    fn any_head_gets_an_answer(path in "/[a-z/%{}.]{0,20}", target in "[A-Za-z_0-9.]{0,30}", form in "[A-Za-z=&]{0,20}",
                               content_type in prop::sample::select(vec!["", "application/cbor", "application/x-www-form-urlencoded"])) {
        let request = Request::post(path).header("x-amz-target", target).header("content-type", content_type);
        let Ok(request) = request.body(()) else { return Ok(()) };
        let (head, ()) = request.into_parts();
        let envelope = Envelope::of_head(&head, "id");
        let body = Bytes::from(form);
        let answer = match route(&head, &body, &RestTable::default()) {
            Ok(route) => match decode_input(&route, &head, &body) {
                Ok(input) => envelope.routed(&route).encode(&input),
                Err(malformed) => envelope.routed(&route).encode_fault(&malformed.into()),
            },
            Err(unroutable) => envelope.clone().unroutable(&unroutable).encode_fault(&unroutable.fault),
        };
        prop_assert!(answer.headers().contains_key("x-amzn-requestid"));
    }
}

#[test]
fn depth_is_bounded() {
    for depth in [DEPTH_MAX - 1, DEPTH_MAX + 1, 1_000_000] {
        let allowed = depth < DEPTH_MAX;
        let nested = |open: &str, close: &str| format!("{}{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(json::decode(nested("[", "]").as_bytes()).is_ok(), allowed, "json at {depth}");
        let mut arrays = vec![0x81; depth];
        arrays.push(0x80);
        assert_eq!(cbor::decode(&Bytes::from(arrays)).is_ok(), allowed, "cbor at {depth}");
        let mut tags = vec![0xc2; depth];
        tags.push(0x01);
        assert_eq!(cbor::decode(&Bytes::from(tags)).is_ok(), allowed, "cbor tags at {depth}");
        let form = format!("A{}=1", ".B".repeat(depth - 1));
        assert_eq!(query::decode(form.as_bytes()).is_ok(), allowed, "query at {depth}");
    }
}

#[test]
fn the_count_of_values_is_bounded() {
    let many = VALUES_MAX + 1;
    assert!(json::decode(format!("[{}1]", "1,".repeat(many)).as_bytes()).is_err());
    let mut list = vec![0x9f];
    list.resize(many + 1, 0xf6);
    list.push(0xff);
    assert!(cbor::decode(&Bytes::from(list)).is_err());
    assert!(query::decode("a&".repeat(2).as_bytes()).is_err(), "a name twice");
    assert!(query::decode(&vec![b'&'; many]).is_err());
}

#[test]
fn a_length_is_only_the_senders_word() {
    for head in
        [&b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", b"\x7a\xff\xff\xff\xff"]
    {
        assert!(cbor::decode(&Bytes::copy_from_slice(head)).is_err());
    }
}

#[test]
fn inflating_stops_at_the_limit() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0; 1 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 4096);
    assert_eq!(inflate(&bomb, 1 << 20).unwrap().len(), 1 << 20);
    assert_eq!(inflate(&bomb, (1 << 20) - 1), Err(InflateError::TooLarge((1 << 20) - 1)));
    assert!(matches!(inflate(&bomb[..bomb.len() - 4], 1 << 20), Err(InflateError::NotGzip(_))));
}
