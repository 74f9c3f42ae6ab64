//! Pages of which two pictures differ though nothing about them changed, each for one reason.

use std::path::Path;

/// One reason, and what shows that the page goes on after its picture.
pub(crate) struct Hazard {
    pub(crate) name: &'static str,
    body: &'static str,
    /// A page without the hazard that looks the same.
    pub(crate) looks_like: Option<&'static str>,
    /// Becomes true in a page that goes on, and stays false in one that does not.
    pub(crate) goes_on: &'static str,
}

const NOTHING: &str = "true";

pub(crate) const HAZARDS: &[Hazard] = &[
    Hazard {
        name: "animation-without-end",
        body: "<style>@keyframes spin{from{opacity:.2}to{rotate:360deg}}\
            .wheel{width:90px;height:90px;background:linear-gradient(red,blue);animation:spin .7s linear infinite}</style>\
            <div class=wheel></div>",
        looks_like: Some("<div style='width:90px;height:90px;background:linear-gradient(red,blue)'></div>"),
        goes_on: "(() => { const [spin] = document.getAnimations(); const now = spin.currentTime;
            const turn = getComputedStyle(spin.effect.target).rotate;
            const moved = window.turn !== undefined && turn !== window.turn && now > window.now;
            window.turn = turn; window.now = now; return moved && spin.playState === 'running'; })()",
    },
    Hazard {
        name: "animation-that-fades-in",
        body: "<style>@keyframes show{to{opacity:1}}div{opacity:0;animation:show 60s forwards;width:90px;height:90px;\
            background:teal}</style><div></div>",
        looks_like: Some("<div style='width:90px;height:90px;background:teal'></div>"),
        goes_on: "document.getAnimations()[0].playState === 'running' && getComputedStyle(document.querySelector('div')).opacity < .5
            && (document.querySelector('div').style.animationPlayState = 'paused',
                document.getAnimations()[0].playState === 'paused')",
    },
    Hazard {
        name: "transition-under-way",
        body: "<style>div{width:90px;height:90px;background:teal;transition:margin-left 60s}</style><div></div>\
            <script>onload = () => { document.body.offsetTop; document.querySelector('div').style.marginLeft = '300px'; };</script>",
        looks_like: Some("<div style='width:90px;height:90px;background:teal;margin-left:300px'></div>"),
        goes_on: "document.getAnimations()[0].playState === 'running'
            && parseFloat(getComputedStyle(document.querySelector('div')).marginLeft) < 100",
    },
    Hazard {
        name: "animation-by-script",
        body: "<div style='width:90px;height:90px;background:teal'></div><script>\
            document.querySelector('div').animate([{translate:'0'},{translate:'300px'}],{duration:700,iterations:Infinity})</script>",
        looks_like: Some("<div style='width:90px;height:90px;background:teal'></div>"),
        goes_on: "document.getAnimations()[0].playState === 'running'
            && getComputedStyle(document.querySelector('div')).translate !== 'none'",
    },
    Hazard {
        name: "drawing-that-moves",
        body: "<svg width=400 height=90><rect width=90 height=90 fill=teal><animate attributeName=x values='0;300' dur=.8s \
            repeatCount=indefinite /></rect></svg>",
        looks_like: Some("<svg width=400 height=90><rect width=90 height=90 fill=teal></rect></svg>"),
        goes_on: "!document.querySelector('svg').animationsPaused()",
    },
    Hazard {
        name: "shadow-tree-and-frame",
        body: "<style>@keyframes spin{to{rotate:360deg}}</style><span></span>\
            <iframe width=200 height=120 srcdoc=\"<style>@keyframes spin{to{rotate:360deg}}</style><input autofocus value=text>\
            <div style='width:50px;height:50px;background:teal;animation:spin 1s infinite linear'></div>\"></iframe><script>\
            document.querySelector('span').attachShadow({mode:'open'}).innerHTML = '<style>@keyframes spin{to{rotate:360deg}}\
            div{width:50px;height:50px;background:linear-gradient(red,blue);animation:spin 1s infinite linear}</style><div></div><input>';\
            document.querySelector('span').shadowRoot.querySelector('input').focus();</script>",
        looks_like: None,
        goes_on: "document.querySelector('span').shadowRoot.getAnimations().length === 1
            && document.querySelector('span').shadowRoot.adoptedStyleSheets.length === 0
            && document.querySelector('iframe').contentDocument.getAnimations()[0].effect.target !== null",
    },
    Hazard {
        name: "caret",
        body: "<input autofocus value=caret><p contenteditable>text</p>",
        looks_like: None,
        goes_on: "document.activeElement.localName === 'input' && getComputedStyle(document.activeElement).caretColor !== 'rgba(0, 0, 0, 0)'",
    },
    Hazard {
        name: "progress-and-marquee",
        body: "<progress></progress><marquee>news</marquee><progress value=.3></progress>",
        looks_like: None,
        goes_on: "getComputedStyle(document.querySelector('progress')).visibility === 'visible'",
    },
    Hazard {
        name: "frames-by-script",
        body: "<canvas width=300 height=90></canvas><p></p><script>let turns = 0; const raf = requestAnimationFrame;\
            const paper = document.querySelector('canvas').getContext('2d');\
            (function draw() { turns++; paper.fillStyle = `hsl(${turns * 7},80%,50%)`; paper.fillRect(0,0,300,90);\
              document.querySelector('p').textContent = turns; raf(draw); })();</script>",
        looks_like: None,
        goes_on: "(window.before ??= turns) < turns",
    },
    Hazard {
        name: "timers-by-script",
        body: "<p></p><script>let turns = 0, ticks = 0; const show = () => \
            { document.querySelector('p').textContent = turns + ' ' + ticks; };\
            (function tick() { turns++; show(); setTimeout(tick, 10); })(); setInterval(() => { ticks++; show(); }, 15);</script>",
        looks_like: None,
        goes_on: "(window.before ??= turns) < turns && (window.tick ??= ticks) < ticks",
    },
    Hazard {
        name: "font-by-script",
        body: "<p style='font:40px Late,serif'>Words in another font</p><script>onload = () => \
            new FontFace('Late', 'url(/late.ttf?' + Math.random() + ')').load().then((font) => document.fonts.add(font));</script>",
        looks_like: Some(
            "<style>@font-face{font-family:Late;src:url(/late.ttf)}</style><p style='font:40px Late,serif'>Words in another font</p>",
        ),
        goes_on: NOTHING,
    },
    Hazard {
        name: "font-in-use-late",
        body: "<p style='font:40px Late,serif'>Words in another font</p><script>onload = () => \
            document.fonts.add(new FontFace('Late', 'url(/late.ttf?' + Math.random() + ')'));</script>",
        looks_like: Some(
            "<style>@font-face{font-family:Late;src:url(/late.ttf)}</style><p style='font:40px Late,serif'>Words in another font</p>",
        ),
        goes_on: NOTHING,
    },
    Hazard {
        name: "images-that-are-late",
        body: "<div style='height:100px'></div><script>onload = () => { const late = '/late.svg?' + Math.random();\
            document.body.insertAdjacentHTML('beforeend', `<img src='${late}' width=200 height=100><img src='/404' width=20 height=20>\
            <div style='width:200px;height:100px;background:url(${late}1)'></div>`); };</script>",
        looks_like: Some(
            "<div style='height:100px'></div><img src='/late.svg' width=200 height=100><img src='/404' width=20 height=20>\
            <div style='width:200px;height:100px;background:url(/late.svg)'></div>",
        ),
        goes_on: NOTHING,
    },
    Hazard {
        name: "images-further-down",
        body: "<style>body{margin:0}p{height:900px;margin:0;background:linear-gradient(#fff,#ccc)}</style><p></p>\
            <img loading=lazy src=/late.svg?1 width=200 height=100><p></p><img data-src=/late.svg?2 width=200 height=100><p></p>\
            <script>new IntersectionObserver((seen) => seen.forEach(({isIntersecting, target}) => \
            { if (isIntersecting) target.src = target.dataset.src; })).observe(document.querySelector('[data-src]'));</script>",
        looks_like: Some(
            "<style>body{margin:0}p{height:900px;margin:0;background:linear-gradient(#fff,#ccc)}</style><p></p>\
            <img src=/late.svg?1 width=200 height=100><p></p><img src=/late.svg?2 width=200 height=100><p></p>",
        ),
        goes_on: "scrollY === 0 && document.querySelector('img').getAttribute('loading') === 'lazy'
            && !document.querySelector('img').hasAttribute('decoding')",
    },
    Hazard {
        name: "scrolled",
        body: "<style>html{scroll-behavior:smooth}body{margin:0}h1{position:sticky;top:0;background:#fff;margin:0}\
            p{height:2000px;background:linear-gradient(#fff,#369);margin:0}</style><h1>Always here</h1><p></p>\
            <script>onload = () => scrollTo({top: 700, behavior: 'instant'})</script>",
        looks_like: Some(
            "<style>body{margin:0}h1{background:#fff;margin:0}p{height:2000px;background:linear-gradient(#fff,#369);margin:0}</style>\
            <h1>Always here</h1><p></p>",
        ),
        goes_on: "scrollY === 700 && getComputedStyle(document.documentElement).scrollBehavior === 'smooth'",
    },
    Hazard {
        name: "film-with-poster",
        body: FILM_WITH_POSTER,
        looks_like: Some("<img src=/late.svg style='width:200px;height:100px;display:block'>"),
        goes_on: "!document.querySelector('video').paused && document.querySelector('video').controls
            && document.querySelector('video').getAttribute('style') === 'width:200px;height:100px;display:block'",
    },
    Hazard {
        name: "film",
        body: FILM,
        looks_like: None,
        goes_on: "!document.querySelector('video').paused && document.querySelector('video').currentTime > 0",
    },
];

const FILM_WITH_POSTER: &str = concat!(
    "<video muted controls loop poster=/late.svg style='width:200px;height:100px;display:block'></video>",
    include_str!("pages/film.html")
);
const FILM: &str = concat!("<video muted loop width=200 height=100></video>", include_str!("pages/film.html"));

/// The page with one hazard, or the one that looks like it.
pub(crate) fn page(name: &str) -> String {
    let (name, plain) = match name.strip_suffix("/plain") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let hazard = HAZARDS.iter().find(|hazard| hazard.name == name).unwrap();
    let body = if plain { hazard.looks_like.unwrap() } else { hazard.body };
    format!("<!doctype html><html lang=en><title>Still</title><body>{body}")
}

/// Any font that is installed and is not the usual one.
pub(crate) fn font() -> Vec<u8> {
    let mut fonts = Vec::new();
    collect(Path::new("/usr/share/fonts"), &mut fonts);
    fonts.sort();
    let font = fonts.iter().find(|path| path.to_string_lossy().contains("Mono"));
    std::fs::read(font.expect("a font with Mono in its name below /usr/share/fonts")).unwrap()
}

fn collect(folder: &Path, fonts: &mut Vec<std::path::PathBuf>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, fonts);
        } else if path.extension().is_some_and(|extension| extension == "ttf") {
            fonts.push(path);
        }
    }
}
