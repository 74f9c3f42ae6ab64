//! Real changes, as a release brings them: each by its number, always the same.

use std::fmt;

use crate::shop::{PAGES, page_with};

const SEED: u64 = 0x51_5c_1e_ed;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A line of one pixel around a box.
    Border,
    /// 2 % of each channel, 5 of 255, or of two.
    Colour,
    /// By 2 to 12 pixels.
    MovedButton,
    MissingIcon,
    /// One digit.
    Price,
    Font,
    MissingRow,
    /// One letter.
    Letter,
    Word,
    WrongImage,
    /// 0.3 to 0.8 pixels.
    LetterSpacing,
    /// Of one pixel of height, which leaves its room.
    MissingLine,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Border,
        Self::Colour,
        Self::MovedButton,
        Self::MissingIcon,
        Self::Price,
        Self::Font,
        Self::MissingRow,
        Self::Letter,
        Self::Word,
        Self::WrongImage,
        Self::LetterSpacing,
        Self::MissingLine,
    ];

    /// What the ids of the elements begin with to which it may happen.
    fn targets(self) -> &'static [&'static str] {
        match self {
            Self::Border => &["block", "button", "image"],
            Self::Colour => &["block"],
            Self::MovedButton => &["button"],
            Self::MissingIcon => &["icon"],
            Self::Price => &["price"],
            Self::Font => &["word", "price", "spaced", "button"],
            Self::MissingRow => &["row"],
            Self::Letter | Self::Word => &["word"],
            Self::WrongImage => &["image"],
            Self::LetterSpacing => &["spaced", "block", "button"],
            Self::MissingLine => &["line"],
        }
    }
}

/// One change of one page.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) number: u64,
    pub(crate) page: &'static str,
    kind: Kind,
    id: String,
    /// Decides what the kind leaves open.
    choice: u64,
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {:?} of {} on {}", self.number, self.kind, self.id, self.page)
    }
}

impl Change {
    pub(crate) fn numbered(number: u64) -> Self {
        let kind = Kind::ALL[number as usize % Kind::ALL.len()];
        let mut random = Random(SEED.wrapping_add(number.wrapping_mul(0x9e37_79b9)));
        let mut places = Vec::new();
        for (page, content) in PAGES {
            let html = page_with(content, None);
            for prefix in kind.targets() {
                // What is before the first one has none.
                let ids = html.split("id=\"").skip(1).filter_map(|rest| rest.split_once('"'));
                let ids = ids.filter(|(id, _)| id.starts_with(prefix)).map(|(id, _)| (*page, id.to_owned()));
                places.extend(ids);
            }
        }
        let (page, id) = places.swap_remove(random.below(places.len()));
        Self { number, page, kind, id, choice: random.next() }
    }

    /// The page with the change.
    pub(crate) fn apply(&self, html: &str) -> String {
        let mut random = Random(self.choice);
        let mut one_of = |all: &[&'static str]| all[random.below(all.len())];
        match self.kind {
            Kind::Border => {
                let colour = one_of(&["#888", "#bbb", "#369", "#d33", "#ccc", "#000"]);
                self.restyled(html, &format!("outline:1px solid {colour}"))
            }
            Kind::Colour => {
                let shift = one_of(&["5 5 5", "-5 -5 -5", "5 0 -5", "-5 0 5", "-5 -5 0"]);
                self.restyled(html, &format!("background:{} !important", shifted(&self.background(html), shift)))
            }
            Kind::MovedButton => {
                let (way, by) = (one_of(&["left", "top"]), 2 + random.below(11));
                self.restyled(html, &format!("position:relative;{way}:{by}px"))
            }
            Kind::MissingIcon | Kind::MissingLine => self.restyled(html, "visibility:hidden"),
            Kind::MissingRow => self.restyled(html, "display:none"),
            Kind::Font => {
                // Not the one that it has.
                let font = match one_of(&["monospace", "serif", "sans-serif"]) {
                    _ if self.id.starts_with("spaced") => "sans-serif",
                    "sans-serif" => "monospace",
                    other => other,
                };
                self.restyled(html, &format!("font-family:{font} !important"))
            }
            Kind::LetterSpacing => {
                let by = one_of(&["0.3px", "0.5px", "0.8px"]);
                self.restyled(html, &format!("letter-spacing:{by}"))
            }
            Kind::Price => self.retold(html, |text| replaced(text, &mut random, char::is_numeric, "0123456789")),
            Kind::Letter => {
                self.retold(html, |text| replaced(text, &mut random, char::is_alphabetic, "abcdefghijklmnopqrstuvwxyz"))
            }
            Kind::Word => {
                let word = one_of(&["Brown", "sorted", "seven", "some", "often", "lower"]);
                self.retold(html, |_| word.to_owned())
            }
            Kind::WrongImage => {
                let id = format!("id=\"{}\"", self.id);
                let (before, after) = html.split_once(&id).unwrap_or((html, ""));
                format!("{before}{id}{}", after.replacen("/picture/", "/picture/4", 1))
            }
        }
    }

    fn restyled(&self, html: &str, style: &str) -> String {
        html.replacen("</style>", &format!("#{}{{{style}}}</style>", self.id), 1)
    }

    fn retold(&self, html: &str, tell: impl FnOnce(&str) -> String) -> String {
        let opening = format!("id=\"{}\">", self.id);
        let Some((before, rest)) = html.split_once(&opening) else { return html.to_owned() };
        let (text, after) = rest.split_once('<').unwrap_or((rest, ""));
        format!("{before}{opening}{}<{after}", tell(text))
    }

    /// `#rrggbb`, as the element's style has it.
    fn background(&self, html: &str) -> String {
        let rest = html.split_once(&format!("id=\"{}\"", self.id)).map_or("", |(_, rest)| rest);
        rest.split_once("background:").and_then(|(_, rest)| rest.get(..7)).unwrap_or("#ffffff").to_owned()
    }
}

fn shifted(colour: &str, shift: &str) -> String {
    let channels = [1, 3, 5].map(|at| colour.get(at..at + 2).and_then(|text| u8::from_str_radix(text, 16).ok()));
    let shifts = shift.split(' ').map(|text| text.parse::<i16>().unwrap_or_default());
    let moved =
        channels.iter().zip(shifts).map(|(channel, by)| (i16::from(channel.unwrap_or_default()) + by).clamp(0, 255));
    moved.fold("#".to_owned(), |colour, channel| format!("{colour}{channel:02x}"))
}

/// Another character of the `alphabet` in place of one that is `wanted`.
fn replaced(text: &str, random: &mut Random, wanted: fn(char) -> bool, alphabet: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let places: Vec<usize> = (0..characters.len()).filter(|at| wanted(characters[*at])).collect();
    let at = places[random.below(places.len())];
    let others: Vec<char> = alphabet.chars().filter(|other| *other != characters[at]).collect();
    characters[at] = others[random.below(others.len())];
    characters.into_iter().collect()
}

/// `SplitMix64`, by S. Vigna.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}
