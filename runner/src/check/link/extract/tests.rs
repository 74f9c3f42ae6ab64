use html5gum::Token;
use proptest::prelude::*;

use super::scan::{Markup, Scanner, Tag, TagSink, Text};
use super::*;

/// What was found, one line each: `LINE KIND ADDRESS`, `#ID`, `base ADDRESS`.
#[derive(Debug, Default)]
struct Lines(Vec<String>);

impl LinkSink for Lines {
    fn link(&mut self, kind: LinkKind, address: &str, line: u32) {
        self.0.push(format!("{line} {}: {address}", kind.word()));
    }

    fn label(&mut self, label: &str) {
        if let Some(line) = self.0.last_mut() {
            *line = format!("{line} \"{label}\"");
        }
    }

    fn id(&mut self, id: &str) {
        self.0.push(format!("#{id}"));
    }

    fn base(&mut self, address: &str) {
        self.0.push(format!("base {address}"));
    }
}

/// What is found in a document that comes `piece` bytes at a time.
fn html(document: &str, piece: usize) -> Vec<String> {
    let (mut found, mut html) = (Lines::default(), HtmlExtractor::new());
    document.as_bytes().chunks(piece).for_each(|bytes| html.feed(bytes, &mut found));
    found.0
}

#[test]
fn links_of_pages_are_found_with_their_lines() {
    let cases: &[(&str, &[&str])] = &[
        ("<a href=/x>x</a>", &["1 a href: /x \"x\""]),
        (
            "<a href=/x>\n two &amp;\n lines <b>more</b></a><a name=n>no</a><a href=/y><img></a>no",
            &["1 a href: /x \"two & lines\"", "#n", "3 a href: /y"],
        ),
        ("\n\n<A\n HREF = '/x'\n>", &["3 a href: /x"]),
        ("<a href=\"/x\" href=\"/y\">", &["1 a href: /x"]),
        ("<a href=''>", &["1 a href: "]),
        ("<a id=\"one\" name=two>", &["#one", "#two"]),
        ("<p name=x id=''>", &[]),
        ("<a title='<a href=/no>' href=/yes>", &["1 a href: /yes"]),
        ("<a href=/a&amp;b&copy;c&copy=d&#x41;&#65&nosuch;>", &["1 a href: /a&b©c&copy=dAA&nosuch;"]),
        ("<area href=x><base href=/b/><base href=/c/>", &["1 area href: x", "base /b/"]),
        ("<img src=a.png srcset='b.png 1x, c.png 2x'>", &["1 img src: a.png", "1 srcset: b.png", "1 srcset: c.png"]),
        (
            "<img srcset='data:,a 1x, b.png, c,d.png 2x'>",
            &["1 srcset: data:,a", "1 srcset: b.png", "1 srcset: c,d.png"],
        ),
        ("<picture><source srcset=a.avif></picture>", &["1 srcset: a.avif"]),
        ("<script src=a.js></script><script>'<a href=/no>'</script>", &["1 script src: a.js"]),
        ("<script><!-- <script> </script> <a href=/no> --></script><a href=/yes>", &["1 a href: /yes"]),
        ("<script><!--</script><a href=/yes>", &["1 a href: /yes"]),
        ("<script>'<scr' + '</scriptx>' </SCRIPT ><a href=/yes>", &["1 a href: /yes"]),
        ("<!-- <a href=/no> --><a href=/yes>", &["1 a href: /yes"]),
        ("<!--><a href=/yes><!---><a href=/also>", &["1 a href: /yes", "1 a href: /also"]),
        ("<!-- a --!><a href=/yes>", &["1 a href: /yes"]),
        ("<!-- <a href=/no>", &[]),
        ("<!DOCTYPE html><?php <a> ?><a href=/yes>", &["1 a href: /yes"]),
        ("<title><a href=/no></title><textarea><a href=/no></textarea><a href=/yes>", &["1 a href: /yes"]),
        ("a < b <a href=/yes>", &["1 a href: /yes"]),
        ("</a href=/no><a href=/yes", &[]),
        ("<iframe src=/f><a href=/no></iframe><frame src=g>", &["1 iframe src: /f", "1 iframe src: g"]),
        (
            "<video src=v poster=p><track src=t><audio src=a>",
            &["1 media src: v", "1 img src: p", "1 media src: t", "1 media src: a"],
        ),
        (
            "<object data=o><embed src=e><input type=image src=i>",
            &["1 object data: o", "1 object data: e", "1 img src: i"],
        ),
        ("<svg><use xlink:href='#u'/><image href=i.png /></svg>", &["1 img src: #u", "1 img src: i.png"]),
        ("<blockquote cite=/c>", &["1 cite: /c"]),
        ("<link rel='shortcut icon' href=i><link rel=preconnect href=//h>", &["1 link file: i"]),
        (
            "<link rel=\"alternate stylesheet\" href=s><link rel=next href=n>",
            &["1 link stylesheet: s", "1 link href: n"],
        ),
        ("<meta http-equiv=Refresh content=\"5; URL='/next'\">", &["1 meta refresh: /next"]),
        ("<meta http-equiv=refresh content=5>", &[]),
        (
            "<style>\n@import 'a.css';\nb{c:url( d.png )}/* url(no) */</style>",
            &["2 css import: a.css", "3 css url: d.png"],
        ),
        ("<p style=\"background: url('a b.png')\">", &["1 css url: a b.png"]),
        ("<div style='a:url(\"x\\)y\")'>", &["1 css url: x)y"]),
        ("<a href='x\ny'>\n<a href=z>", &["1 a href: x\ny", "3 a href: z"]),
        ("<a href=\u{e9}\u{df}>", &["1 a href: \u{e9}\u{df}"]),
        ("<a href=/x\r\n>\r\n<a href=/y>", &["1 a href: /x", "3 a href: /y"]),
    ];
    for (document, expected) in cases {
        for piece in [1, 2, 7, 1024] {
            assert_eq!(html(document, piece), *expected, "{document:?} in pieces of {piece}");
        }
    }
}

#[test]
fn style_sheets_tell_their_addresses() {
    let (mut found, mut style) = (Lines::default(), StyleExtractor::default());
    let text = "@charset 'x';\n@import url(\"a.css\") screen;\n.b{background:URL(b\\20 c.png),url()}\n.d:after{content:'url(no)'}";
    style.feed(text.as_bytes());
    assert!(style.end(&mut found));
    assert_eq!(found.0, ["2 css import: a.css", "3 css url: b c.png", "3 css url: "]);
}

#[test]
fn sitemaps_and_their_indexes_tell_their_addresses() {
    let cases: &[(&str, Option<bool>, &[&str])] = &[
        (
            "<?xml version='1.0'?>\n<urlset>\n<url><loc>\n https://a.example/?a=1&amp;b=2 </loc></url>\n<url><loc><![CDATA[https://a.example/2]]></loc></url></urlset>",
            Some(true),
            &["4 sitemap loc: https://a.example/?a=1&b=2", "5 sitemap loc: https://a.example/2"],
        ),
        (
            "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>",
            Some(true),
            &["1 sitemap loc: https://a.example/1.xml"],
        ),
        ("<urlset><url><image:loc>no</image:loc><loc>yes</loc></url></urlset>", Some(true), &["1 sitemap loc: yes"]),
        ("<rss><loc>no</loc></rss>", Some(false), &[]),
        ("<!-- <loc>no</loc> -->", None, &[]),
    ];
    for (document, is_sitemap, expected) in cases {
        for piece in [1, 5, 1024] {
            let (mut found, mut sitemap) = (Lines::default(), SitemapExtractor::new());
            document.as_bytes().chunks(piece).for_each(|bytes| sitemap.feed(bytes, &mut found));
            assert_eq!(
                (found.0, sitemap.is_sitemap()),
                (expected.iter().map(ToString::to_string).collect(), *is_sitemap),
                "{document}"
            );
        }
    }
}

#[test]
fn a_tag_without_end_costs_a_bounded_memory() {
    let mut html = HtmlExtractor::new();
    let mut found = Lines::default();
    let piece = vec![b'x'; 64 * 1024];
    html.feed(b"<a href=\"", &mut found);
    for _ in 0..64 {
        html.feed(&piece, &mut found);
    }
    html.feed(b"\"><a href=/yes>", &mut found);
    assert_eq!(found.0.last().map(String::as_str), Some("1 a href: /yes"));
}

/// Names and values of start tags.
#[derive(Debug, Default, PartialEq)]
struct Tags(Vec<(String, Vec<(String, String)>)>);

impl TagSink for Tags {
    fn start_tag(&mut self, tag: &Tag<'_>) -> Text {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase();
        let mut attributes: Vec<_> =
            tag.attributes().map(|(name, value)| (text(name), entity::attribute_value(value).into_owned())).collect();
        attributes.sort();
        self.0.push((text(tag.name), attributes));
        Text::Skip
    }

    fn text(&mut self, _: &[u8], _: u32) {}
}

fn by_the_standard(document: &str) -> Tags {
    let mut emitter = html5gum::emitters::default::DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let tokens = html5gum::Tokenizer::new_with_emitter(document, emitter);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let tags = tokens.filter_map(|token| match token {
        Ok(Token::StartTag(tag)) => {
            let attributes = tag.attributes.iter().map(|(name, value)| (text(name), text(value)));
            let mut attributes: Vec<_> = attributes.collect();
            attributes.sort();
            Some((text(&tag.name), attributes))
        }
        _ => None,
    });
    Tags(tags.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tags_are_those_of_a_whole_tokenizer(
        document in prop::collection::vec(prop::sample::select(vec![
            "<a", "<b", "<script", "<style>", "<textarea>", "</script", "</script>", "</style>", "</textarea>", "<!--", "-->", "--!>", "--",
            "<!", "<?", "</", ">", "/", " ", "\n", "=", "\"", "'", "href", "id", "x", "&amp;", "&lt", "&#39;", "&notit;", "&", "<", "!", "-",
        ]), 0..40),
        piece in 1_usize..9,
    ) {
        let document = document.concat();
        let (mut ours, mut scanner) = (Tags::default(), Scanner::new(Markup::Html));
        document.as_bytes().chunks(piece).for_each(|bytes| scanner.feed(bytes, &mut ours));
        prop_assert_eq!(ours, by_the_standard(&document), "{:?}", document);
    }

    #[test]
    fn lines_are_counted_whatever_the_pieces(
        lines in prop::collection::vec(0_u8..4, 1..60),
        piece in 1_usize..50,
    ) {
        let (mut document, mut expected) = (String::new(), Vec::new());
        for (number, kind) in lines.iter().enumerate() {
            if *kind == 0 {
                expected.push(format!("{} a href: /{number} \"link\"", number + 1));
            }
            let line = match kind {
                0 => format!("text <b>bold</b> <a class=x href=/{number}>link</a>\n"),
                1 => "<!-- a comment < > -->\n".to_owned(),
                2 => "<script>if (a < b) {}</script>\n".to_owned(),
                _ => "<p title='<'>&lt;\n".to_owned(),
            };
            document.push_str(&line);
        }
        prop_assert_eq!(html(&document, piece), expected);
    }
}
