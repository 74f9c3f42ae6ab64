//! Pages as Chrome draws them, and the same with changes of known size.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Filter};

use crate::Failure;

/// Name, width and height of the pictures.
pub(crate) const SIZES: &[(&str, u32, u32)] =
    &[("hd", 1280, 720), ("fhd", 1920, 1080), ("tall", 1440, 10_000), ("huge", 5600, 3200)];
/// What the second picture has: other bytes alone; 0.1 % and 5 % of other pixels; all text 0.3 pixels to the right.
pub(crate) const CHANGES: &[&str] = &["d0", "d01", "d5", "aa"];
const BROWSERS: &[&str] = &["chromium", "chromium-headless-shell", "google-chrome"];

/// Two pictures on disk.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) size: &'static str,
    pub(crate) change: &'static str,
    pub(crate) before: PathBuf,
    pub(crate) after: PathBuf,
}

/// Makes all pairs in `folder`, unless they are there.
pub(crate) fn make(folder: &Path) -> Result<Vec<Pair>, Failure> {
    fs::create_dir_all(folder)?;
    let mut pairs = Vec::new();
    for &(size, width, height) in SIZES {
        let place = |change: &str| folder.join(format!("{size}-{change}.png"));
        let before = place("before");
        for change in CHANGES {
            pairs.push(Pair { size, change, before: before.clone(), after: place(change) });
        }
        if fs::exists(place("aa"))? {
            continue;
        }
        let sides = (width, height);
        let plain = draw(folder, &cards(width, height, 0.0), sides)?;
        encode(&before, sides, &plain, Compression::Balanced)?;
        encode(&place("d0"), sides, &plain, Compression::High)?;
        encode(&place("d01"), sides, &paint(&plain, width, 1), Compression::Balanced)?;
        encode(&place("d5"), sides, &paint(&plain, width, 50), Compression::Balanced)?;
        encode(&place("aa"), sides, &draw(folder, &cards(width, height, 0.3), sides)?, Compression::Balanced)?;
    }
    Ok(pairs)
}

/// A page as Chrome draws it: red, green, blue and alpha.
pub(crate) fn draw(folder: &Path, html: &str, (width, height): (u32, u32)) -> Result<Vec<u8>, Failure> {
    let (page, picture) = (folder.join("page.html"), folder.join("page.png"));
    fs::write(&page, html)?;
    for browser in BROWSERS {
        let mut command = Command::new(browser);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
        command.arg(format!("--window-size={width},{height}")).arg(format!("--screenshot={}", picture.display()));
        command.arg(format!("file://{}", page.display()));
        if command.stdin(Stdio::null()).output().is_ok_and(|ran| ran.status.success()) {
            return decode(&picture, width, height);
        }
    }
    Err(format!("no Chrome drew the page: none of {} ran", BROWSERS.join(", ")).into())
}

/// A page of cards with text.
fn cards(width: u32, height: u32, aside: f64) -> String {
    let mut page = format!(
        "<!doctype html><meta charset=utf-8><style>*{{box-sizing:border-box}}body{{margin:0;width:{width}px;\
         height:{height}px;overflow:hidden;font:14px/20px sans-serif;background:#f4f5f7;display:flex;flex-wrap:wrap;\
         align-content:flex-start}}div{{width:300px;height:220px;margin:10px;padding:14px;background:#fff;border-radius:8px;\
         box-shadow:0 1px 4px #0003}}i{{display:block;height:60px;border-radius:4px}}span{{display:block;\
         transform:translateX({aside}px)}}</style>"
    );
    let count = (width / 320).max(1) * height.div_ceil(240);
    for at in 0..count {
        page.push_str(&card(at));
    }
    page
}

fn card(at: u32) -> String {
    let (hue, other_hue, order) = (at * 37 % 360, (at * 37 + 60) % 360, 10_000 + at * 7919 % 90_000);
    let (parcels, hour, minute) = (at % 17 + 2, at % 24, at * 13 % 60);
    format!(
        "<div><i style='background:linear-gradient(90deg,hsl({hue},70%,60%),hsl({other_hue},70%,40%))'></i><span><b>Order \
         {order}</b><br>{parcels} parcels left the warehouse at {hour:02}:{minute:02}, the last of them with express \
         delivery to the customer. Payment was received, and an invoice was sent.</span></div>"
    )
}

fn decode(picture: &Path, width: u32, height: u32) -> Result<Vec<u8>, Failure> {
    let mut reader = Decoder::new(std::io::BufReader::new(fs::File::open(picture)?)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let drawn = reader.next_frame(&mut pixels)?;
    if (drawn.width, drawn.height) != (width, height) {
        return Err(format!("Chrome drew {}x{} instead of {width}x{height}", drawn.width, drawn.height).into());
    }
    Ok(match drawn.color_type {
        ColorType::Rgb => pixels.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect(),
        _ => pixels,
    })
}

/// Changes so many of 1,000 pixels, in blocks of 20x10 spread over the picture.
fn paint(pixels: &[u8], width: u32, per_mille: usize) -> Vec<u8> {
    let mut painted = pixels.to_vec();
    let (columns, rows) = (width as usize / 20, pixels.len() / 4 / width as usize / 10);
    let blocks = columns * rows * per_mille / 1000;
    for block in 0..blocks {
        let at = block * (columns * rows) / blocks;
        let (left, top) = (at % columns * 20, at / columns * 10);
        for y in top..top + 10 {
            let from = (y * width as usize + left) * 4;
            for pixel in painted[from..from + 80].chunks_exact_mut(4) {
                let inverted = 255 - pixel[0];
                pixel[..3].copy_from_slice(&[inverted, 20, 200]);
            }
        }
    }
    painted
}

pub(crate) fn encode(
    path: &Path,
    (width, height): (u32, u32),
    pixels: &[u8],
    compression: Compression,
) -> Result<(), Failure> {
    let mut encoder = Encoder::new(std::io::BufWriter::new(fs::File::create(path)?), width, height);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(compression);
    encoder.set_filter(Filter::Adaptive);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(())
}
