//! The shop: its pages as they are, or with one change, and what they embed.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use crate::change::Change;

const FRAME: &str = include_str!("pages/frame.html");
/// Name and content.
pub(crate) const PAGES: &[(&str, &str)] = &[
    ("home", include_str!("pages/home.html")),
    ("product", include_str!("pages/product.html")),
    ("list", include_str!("pages/list.html")),
    ("cart", include_str!("pages/cart.html")),
    ("article", include_str!("pages/article.html")),
];
/// Records a film with the browser's own means.
const STUDIO: &str = include_str!("pages/studio.html");
/// What comes late does so by a multiple of this, another one each time.
const LATE: Duration = Duration::from_millis(40);

/// What the pages embed and is not text.
#[derive(Debug, Default)]
pub(crate) struct Assets {
    /// The first installed TrueType font with serifs.
    pub(crate) font: Option<Vec<u8>>,
    /// `WebM`; there once it was recorded.
    pub(crate) film: OnceLock<Vec<u8>>,
}

impl Assets {
    pub(crate) fn find() -> Self {
        let mut fonts = Vec::new();
        collect(Path::new("/usr/share/fonts"), &mut fonts);
        fonts.sort();
        let is_serif = |path: &&PathBuf| path.to_string_lossy().contains("Serif");
        let font = fonts.iter().find(is_serif).or_else(|| fonts.first());
        Self { font: font.and_then(|path| std::fs::read(path).ok()), film: OnceLock::new() }
    }
}

fn collect(folder: &Path, fonts: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, fonts);
        } else if path.extension().is_some_and(|extension| extension == "ttf") {
            fonts.push(path);
        }
    }
}

/// Serves the shop until the program ends; its address.
pub(crate) fn open(assets: Arc<Assets>) -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for (turn, stream) in listener.incoming().flatten().enumerate() {
            let assets = Arc::clone(&assets);
            // Whoever hangs up has what it wants.
            thread::spawn(move || drop(converse(&stream, &assets, turn)));
        }
    });
    Ok(address)
}

fn converse(mut stream: &TcpStream, assets: &Assets, turn: usize) -> io::Result<()> {
    let mut input = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split_ascii_whitespace().nth(1).unwrap_or("/").to_owned();
        while line != "\r\n" {
            line.clear();
            input.read_line(&mut line)?;
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        if let Some(times) = query.strip_prefix("late=").and_then(|times| times.parse::<u32>().ok()) {
            thread::sleep(LATE * (times + turn as u32 % 4));
        }
        let (kind, body) = answer(path, query, assets);
        let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
        let body = body.unwrap_or_default();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nCache-Control: no-store\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        stream.write_all(&body)?;
    }
}

fn answer(path: &str, query: &str, assets: &Assets) -> (&'static str, Option<Vec<u8>>) {
    if let Some(number) = path.strip_prefix("/picture/").and_then(|name| name.strip_suffix(".svg")) {
        return ("image/svg+xml", number.parse().ok().map(|number| picture(number).into_bytes()));
    }
    match path {
        "/font.ttf" => ("font/ttf", assets.font.clone()),
        "/film.webm" => ("video/webm", assets.film.get().cloned()),
        "/studio" => ("text/html; charset=utf-8", Some(STUDIO.into())),
        "/busy" => ("text/html; charset=utf-8", Some(BUSY.into())),
        _ => {
            let change = query.strip_prefix("change=").and_then(|number| number.parse().ok()).map(Change::numbered);
            let page = PAGES.iter().find(|(name, _)| path.strip_prefix('/') == Some(name));
            ("text/html; charset=utf-8", page.map(|(_, content)| page_with(content, change.as_ref()).into_bytes()))
        }
    }
}

/// Keeps a core busy, mostly.
const BUSY: &str = "<!doctype html><title>Busy</title><link rel=icon href='data:,'><canvas width=600 height=400></canvas><script>\
    const ink = document.querySelector('canvas').getContext('2d');\
    (function draw() { const until = performance.now() + 30; let turn = 0;\
      while (performance.now() < until) { ink.fillStyle = `hsl(${turn++ % 360},80%,50%)`; ink.fillRect(turn % 500, turn % 300, 99, 99); }\
      setTimeout(draw, 1); })();</script>";

/// A page of the shop, as it is sent.
pub(crate) fn page_with(content: &str, change: Option<&Change>) -> String {
    let content = content.replace("<!-- cards -->", &(1..=12).map(card).collect::<String>());
    let page = FRAME.replace("<!-- content -->", &content);
    change.map_or(page.clone(), |change| change.apply(&page))
}

fn card(number: u32) -> String {
    const KINDS: [&str; 4] = ["Tube", "Tray", "Cage", "Window"];
    let kind = KINDS[number as usize % 4];
    let (price, litres) = (7.5 + f64::from(number) * 3.15, number % 5 + 1);
    let image = number + 8;
    // Some when they are seen, some lazily, some late.
    let source = match number % 3 {
        0 => format!("data-seen=\"/picture/{image}.svg?late=1\""),
        1 => format!("src=\"/picture/{image}.svg\" loading=lazy"),
        _ => format!("src=\"/picture/{image}.svg?late=2\""),
    };
    format!(
        "<div class=card><img id=\"image{number}\" {source} alt><h2>{kind} feeder</h2><p>Holds {litres} litres.</p>\
         <span class=price id=\"price{number}\">{price:.2}</span></div>"
    )
}

/// A bird of sorts, another one for each number.
fn picture(number: u32) -> String {
    let (hue, other, side) = (number * 47 % 360, (number * 47 + 70) % 360, 40 + number % 7 * 9);
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='400' height='200'><defs><linearGradient id='g'><stop \
         stop-color='hsl({hue},60%,75%)'/><stop offset='1' stop-color='hsl({other},55%,55%)'/></linearGradient></defs>\
         <rect width='400' height='200' fill='url(#g)'/><circle cx='{x}' cy='105' r='{side}' fill='hsl({other},40%,30%)'/>\
         <path d='M{x} 60l90 30-90 30z' fill='hsl({hue},50%,40%)'/></svg>",
        x = 110 + number * 29 % 160,
    )
}
