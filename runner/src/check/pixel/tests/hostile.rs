//! Files that are damaged, or made to do harm: an error that names the file and the rule, never a verdict.

use proptest::prelude::*;

use super::canvas::{BLACK, Canvas, WHITE, chunk, file};
use super::compared;
use crate::check::pixel::{Options, Picture, Verdict, draw_overlay, explain};

fn picture() -> Canvas {
    Canvas::new(60, 40, WHITE).text("TOLL", 4.0, 6.0, BLACK).noise(4, 7, 90)
}

fn error(before: &[u8], after: &[u8]) -> String {
    compared(before, after, &Options::default()).unwrap_err().to_string()
}

#[test]
fn errors_name_the_file_and_the_rule() {
    let good = picture().png();
    let sized = |width, height, kind: [u8; 3]| file(width, height, kind, &[], &[0; 64]);
    let mut bad_checksum = good.clone();
    // The last byte before the end's 12.
    bad_checksum[good.len() - 13] ^= 1;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()),
        ("signature alone", good[..8].to_vec()),
        ("half a header", good[..20].to_vec()),
        ("no pixels", good[..33].to_vec()),
        ("0 wide", sized(0, 40, [8, 2, 0])),
        ("0 high", sized(40, 0, [8, 2, 0])),
        ("too wide", sized(70_000, 1, [8, 2, 0])),
        ("too high", sized(1, u32::MAX, [8, 2, 0])),
        ("too many pixels", sized(20_000, 20_000, [8, 2, 0])),
        ("too many interlaced pixels", sized(5_000, 5_000, [8, 2, 1])),
        ("colour type 5", sized(60, 40, [8, 5, 0])),
        ("depth 3", sized(60, 40, [3, 2, 0])),
        ("palette missing", sized(60, 40, [8, 3, 0])),
        ("too few rows", sized(60, 40, [8, 2, 0])),
        ("too few interlaced rows", sized(60, 40, [8, 2, 1])),
        ("filter 9", file(4, 4, [8, 2, 0], &[], &[9; 52])),
        ("checksum", bad_checksum),
        ("end missing", good[..good.len() - 12].to_vec()),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|(name, bytes)| {
            let told = error(&good, bytes);
            assert!(told.starts_with("after.png: "), "{told}");
            assert!(error(bytes, &good).starts_with("before.png: "));
            assert!(known_only_decoded(name) || error(bytes, bytes).starts_with("before.png: "), "{name}");
            format!("{name}: {told}")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// Files of the same bytes are not decoded: what only a decoder can tell is not told.
fn known_only_decoded(name: &str) -> bool {
    ["palette missing", "too few rows", "too few interlaced rows", "filter 9"].contains(&name)
}

#[test]
fn a_file_cut_anywhere_has_no_verdict() {
    let good = picture().png();
    for length in 0..good.len() {
        let cut = &good[..length];
        assert!(compared(&good, cut, &Options::default()).is_err(), "{length} of {} bytes", good.len());
        assert!(compared(cut, cut, &Options::default()).is_err(), "{length} of {} bytes, twice", good.len());
    }
}

#[test]
fn damage_is_told_by_either_thread() {
    let large = Canvas::new(900, 600, WHITE).noise(2, 3, 90);
    let good = large.png();
    let rows = large.rows(|pixel| pixel.to_vec());
    let short = file(900, 600, [8, 2, 0], &[], &rows[..rows.len() / 2]);
    let rule = "damaged PNG: IDAT or fDAT chunk does not have enough data for image";
    assert_eq!(error(&good, &short), format!("after.png: {rule}"));
    assert_eq!(error(&short, &good), format!("before.png: {rule}"));
}

#[test]
fn texts_and_profiles_that_unpack_to_gigabytes_are_not_unpacked() {
    let canvas = picture();
    let mut zeros = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut zeros, &vec![0; 32 * 1024 * 1024]).unwrap();
    let packed = zeros.finish().unwrap();
    let (profile, text) = ([b"p\0\0".as_slice(), &packed].concat(), [b"t\0\0".as_slice(), &packed].concat());
    let rows = canvas.rows(|pixel| pixel.to_vec());
    let bomb = file(canvas.width, canvas.height, [8, 2, 0], &[(b"iCCP", &profile), (b"zTXt", &text)], &rows);
    assert_eq!(compared(&canvas.png(), &bomb, &Options::default()).unwrap().verdict, Verdict::SamePixels);
}

#[test]
fn pixels_beyond_the_last_row_are_not_unpacked() {
    let mut rows = picture().rows(|pixel| pixel.to_vec());
    rows.extend(vec![0; 16 * 1024 * 1024]);
    let longer = file(60, 40, [8, 2, 0], &[], &rows);
    let comparison = compared(&picture().png(), &longer, &Options::default());
    assert!(comparison.is_err() || comparison.unwrap().verdict == Verdict::SamePixels);
}

/// What happens to a file.
#[derive(Clone, Debug)]
enum Harm {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Swap(usize, usize),
    Chunk([u8; 4], Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    let kinds =
        prop::sample::select(vec![*b"IDAT", *b"IHDR", *b"PLTE", *b"tRNS", *b"acTL", *b"fcTL", *b"IEND", *b"sBIT"]);
    prop_oneof![
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Harm::Flip(at, byte)),
        1 => any::<usize>().prop_map(Harm::Cut),
        1 => (any::<usize>(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(one, other)| Harm::Swap(one, other)),
        2 => (kinds, prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(kind, data)| Harm::Chunk(kind, data)),
    ]
}

fn harmed(mut bytes: Vec<u8>, harms: Vec<Harm>) -> Vec<u8> {
    for harm in harms {
        let length = bytes.len().max(1);
        match harm {
            Harm::Flip(at, byte) => {
                if let Some(old) = bytes.get_mut(at % length) {
                    *old = byte;
                }
            }
            Harm::Cut(at) => bytes.truncate(at % length),
            Harm::Insert(at, more) => {
                let at = at % (bytes.len() + 1);
                bytes.splice(at..at, more);
            }
            Harm::Swap(one, other) => {
                if !bytes.is_empty() {
                    bytes.swap(one % length, other % length);
                }
            }
            // With the right checksum, where a decoder believes it.
            Harm::Chunk(kind, data) => {
                let mut more = Vec::new();
                chunk(&mut more, kind, &data);
                let at = 33.min(bytes.len());
                bytes.splice(at..at, more);
            }
        }
    }
    // Checksums put right, so that harm reaches what lies behind them.
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4).map(|four| u32::from_be_bytes(four.try_into().unwrap()) as usize) {
        let body = at + 4..at.saturating_add(8).saturating_add(length);
        let Some(checksum) = bytes.get(body.clone()).map(crc32fast::hash) else { break };
        if let Some(place) = bytes.get_mut(body.end..body.end + 4) {
            place.copy_from_slice(&checksum.to_be_bytes());
        }
        at = body.end + 4;
    }
    bytes
}

fn kinds() -> Vec<Vec<u8>> {
    let canvas = picture();
    vec![
        canvas.png(),
        file(60, 40, [8, 2, 1], &[], &canvas.interlaced()),
        file(60, 40, [8, 6, 0], &[], &canvas.rows(|[red, green, blue]| vec![red, green, blue, 128])),
        file(60, 40, [8, 3, 0], &[(b"PLTE", &[7; 768])], &canvas.rows(|[red, ..]| vec![red])),
        file(60, 40, [16, 0, 0], &[], &canvas.rows(|[red, green, _]| vec![red, green])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Ends without a panic; a verdict is only given of pictures that can be looked at again.
    #[test]
    fn harmed_files_never_panic(
        kind in prop::sample::select(kinds()),
        harms in prop::collection::vec(harm(), 1..6),
    ) {
        let good = picture().png();
        let bad = harmed(kind, harms);
        for (before, after) in [(&good, &bad), (&bad, &good)] {
            let Ok(comparison) = compared(before, after, &Options::default()) else { continue };
            let picture = |bytes| Picture { name: "picture", bytes };
            prop_assert!(explain(picture(before), picture(after), &comparison).is_ok());
            prop_assert!(draw_overlay(picture(after), &comparison, Vec::new()).is_ok());
        }
    }
}
