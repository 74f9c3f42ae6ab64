//! What matches, what does not, and why.

use super::canvas::{BLACK, Canvas, WHITE};
use super::compared;
use crate::check::pixel::{
    Antialiasing, Colour, Density, GlyphShifts, Limits, Options, Rectangle, Sizes, Verdict, compare,
};

fn page() -> Canvas {
    Canvas::new(200, 100, WHITE).text("TOLL ROAD", 20.0, 20.0, BLACK).fill((20, 60), (60, 20), [200, 30, 60])
}

fn rectangle(x: u32, y: u32, width: u32, height: u32) -> Rectangle {
    Rectangle { x, y, width, height }
}

fn none() -> Limits {
    Limits { count: Some(0), percent: None, density: None }
}

fn tell(before: &Canvas, after: &Canvas, options: &Options) -> String {
    let comparison = compared(&before.png(), &after.png(), options).unwrap();
    let pixels = comparison.pixels;
    format!(
        "{} (changed {}, antialiased {}, shifted {}, ignored {})",
        comparison.verdict, pixels.changed, pixels.antialiased, pixels.shifted, pixels.ignored
    )
}

#[test]
fn verdicts_name_the_limit_that_is_exceeded() {
    let dot = || page().fill((100, 80), (5, 4), BLACK);
    let spread = || (0..10).fold(page(), |page, at| page.fill((at * 20, 90), (1, 1), BLACK));
    let strict = |limits| Options { limits, ..Options::default() };
    let told = [
        ("nothing", tell(&page(), &page(), &Options::default())),
        ("a dot, by default", tell(&page(), &dot(), &Options::default())),
        ("a dot, by count", tell(&page(), &dot(), &strict(Limits { count: Some(19), ..none() }))),
        ("a dot, allowed", tell(&page(), &dot(), &strict(Limits { count: Some(20), ..none() }))),
        ("spread thin", tell(&page(), &spread(), &strict(Limits { percent: Some(0.04), ..Limits::default() }))),
        (
            "close together",
            tell(
                &page(),
                &dot(),
                &strict(Limits { count: None, percent: None, density: Some(Density { side: 10, percent: 19.0 }) }),
            ),
        ),
        ("no limit", tell(&page(), &dot(), &strict(Limits { count: None, ..none() }))),
        (
            "taller",
            tell(
                &page(),
                &Canvas::new(200, 110, WHITE),
                &Options { ignored_areas: vec![rectangle(0, 0, 200, 100)], ..Options::default() },
            ),
        ),
        (
            "wider, which may be",
            tell(
                &Canvas::new(50, 20, WHITE),
                &Canvas::new(52, 20, WHITE),
                &Options {
                    sizes: Sizes::MayDiffer,
                    limits: Limits { count: Some(40), ..none() },
                    ..Options::default()
                },
            ),
        ),
    ];
    let told: Vec<String> = told.into_iter().map(|(case, told)| format!("{case}: {told}")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn equal_pictures_are_told_by_bytes_or_by_pixels() {
    let plain = page().png();
    let mut longer = plain.clone();
    // Behind the last chunk of pixels and before the end.
    longer.truncate(longer.len() - 12);
    super::canvas::chunk(&mut longer, *b"tEXt", b"Title\0The same");
    super::canvas::chunk(&mut longer, *b"IEND", &[]);
    let options = Options::default();
    assert_eq!(compared(&plain, &plain, &options).unwrap().verdict, Verdict::SameBytes);
    assert_eq!(compared(&plain, &longer, &options).unwrap().verdict, Verdict::SamePixels);
}

#[test]
fn what_is_ignored_is_not_compared() {
    let changed = page().fill((100, 80), (10, 10), [255, 128, 0]).fill((150, 10), (4, 4), BLACK);
    let none = Options { limits: none(), ..Options::default() };
    let areas = vec![
        rectangle(95, 75, 10, 30),
        rectangle(100, 80, 10, 10),
        rectangle(140, 0, u32::MAX, 20),
        rectangle(500, 500, 9, 9),
    ];
    let masked = Options { ignored_areas: areas, ..none.clone() };
    let comparison = compared(&page().png(), &changed.png(), &masked).unwrap();
    assert_eq!(comparison.verdict, Verdict::SamePixels);
    // 10x25 and 5x10 below the page's edge at 100, and 60x20.
    assert_eq!(comparison.pixels.ignored, 250 + 50 + 1200);

    let colour: Colour = "#ff8000".parse().unwrap();
    let by_colour = Options { ignored_colours: vec![colour], ..none.clone() };
    for (before, after) in [(page(), changed.clone()), (changed.clone(), page())] {
        let comparison = compared(&before.png(), &after.png(), &by_colour).unwrap();
        assert_eq!(comparison.pixels.changed, 16, "the black square is left");
    }
    assert_eq!(compared(&page().png(), &changed.png(), &none).unwrap().pixels.changed, 116);
}

#[test]
fn text_drawn_aside_is_told_from_other_text() {
    let line = |text: &str, x: f64, y: f64| Canvas::new(260, 60, WHITE).text(text, 20.0 + x, 20.0 + y, BLACK);
    let before = line("ROAD TOLLS 83", 0.0, 0.0);
    let counts = |after: &Canvas, options: &Options| {
        let pixels = compared(&before.png(), &after.png(), options).unwrap().pixels;
        (pixels.changed, pixels.shifted + pixels.antialiased)
    };
    for (x, y) in [(0.3, 0.0), (0.5, 0.0), (1.0, 0.0), (-0.75, 0.0), (0.0, 1.0), (0.0, -0.5)] {
        let (changed, tolerated) = counts(&line("ROAD TOLLS 83", x, y), &Options::default());
        assert!(changed == 0 && tolerated > 0, "{x} {y}: {changed} changed, {tolerated} tolerated");
    }
    // One glyph in a line that is the same otherwise, and one in a line that moved.
    for (text, x) in [("ROAD TOLLS 33", 0.0), ("ROAD TOLLS 33", 0.5), ("ROLD TOLLS 83", 0.0), ("TOLLS ROAD 38", 0.0)] {
        let after = line(text, x, 0.0);
        let comparison = compared(&before.png(), &after.png(), &Options::default()).unwrap();
        assert!(!comparison.verdict.matches(), "{text} {x}: {:?}", comparison.pixels);
    }
    let counted = Options { glyph_shifts: GlyphShifts::Counted, ..Options::default() };
    let (changed, _) = counts(&line("ROAD TOLLS 83", 1.0, 0.0), &counted);
    assert!(changed > 0);
}

#[test]
fn small_real_changes_are_no_shift() {
    let ground = Canvas::new(120, 80, WHITE);
    let options = Options { limits: none(), ..Options::default() };
    let changes = [
        ("a line", ground.clone().fill((10, 10), (80, 1), BLACK)),
        ("a dot", ground.clone().fill((40, 40), (2, 2), BLACK)),
        ("a box", ground.clone().fill((40, 40), (20, 20), [220, 0, 0])),
        ("a letter", ground.clone().text("L", 30.0, 30.0, BLACK)),
    ];
    for (name, after) in &changes {
        assert!(!compared(&ground.png(), &after.png(), &options).unwrap().verdict.matches(), "{name} added");
        assert!(!compared(&after.png(), &ground.png(), &options).unwrap().verdict.matches(), "{name} removed");
    }
}

#[test]
fn the_densest_window_is_found_wherever_it_lies() {
    for seed in 0..12 {
        let (width, height, side) = (61 + seed, 40 + seed, 7 + seed % 5);
        let before = Canvas::new(width, height, WHITE);
        let after = before.clone().noise(seed, 9, 250);
        let density = Density { side, percent: 100.0 };
        let options = Options {
            antialiasing: Antialiasing::Counted,
            glyph_shifts: GlyphShifts::Counted,
            limits: Limits { density: Some(density), ..none() },
            ..Options::default()
        };
        let comparison = compared(&before.png(), &after.png(), &options).unwrap();
        let window = comparison.densest.unwrap();
        let in_window = |left: u32, top: u32| {
            let rows = top..top + side;
            rows.flat_map(|y| (left..left + side).map(move |x| (x, y)))
                .filter(|(x, y)| comparison.changed.has(*x, *y))
                .count() as u32
        };
        let all = (0..=height - side).flat_map(|top| (0..=width - side).map(move |left| (left, top)));
        let most = all.map(|(left, top)| in_window(left, top)).max();
        assert_eq!(Some(window.changed), most, "seed {seed}");
        assert_eq!(in_window(window.bounds.x, window.bounds.y), window.changed, "seed {seed}");
    }
}

#[test]
fn options_outside_their_range_name_field_value_and_rule() {
    let plain = page().png();
    let density = |side, percent| Limits { density: Some(Density { side, percent }), ..none() };
    let options = [
        Options { threshold: -0.1, ..Options::default() },
        Options { threshold: f64::NAN, ..Options::default() },
        Options { limits: Limits { percent: Some(101.0), ..none() }, ..Options::default() },
        Options { limits: density(0, 10.0), ..Options::default() },
        Options { limits: density(300, 10.0), ..Options::default() },
        Options { limits: density(32, f64::INFINITY), ..Options::default() },
        Options { ignored_areas: vec![rectangle(0, 0, 1, 1); 1001], ..Options::default() },
    ];
    let told: Vec<String> =
        options.iter().map(|options| compared(&plain, &plain, options).unwrap_err().to_string()).collect();
    let colours = ["ff8800", "#ff88", "#gg0000", "#+f0000"].map(|text| text.parse::<Colour>().unwrap_err().to_string());
    insta::assert_snapshot!([told, colours.to_vec()].concat().join("\n"));
}

#[test]
fn thresholds_reach_from_any_difference_to_none() {
    let (before, after) = (Canvas::new(20, 20, WHITE), Canvas::new(20, 20, [254, 255, 255]));
    let black = Canvas::new(20, 20, BLACK);
    let changed = |after: &Canvas, threshold: f64| {
        let options = Options { threshold, ..Options::pixelmatch() };
        compared(&before.png(), &after.png(), &options).unwrap().pixels.changed
    };
    assert_eq!(
        [changed(&after, 0.0), changed(&after, 0.1), changed(&black, 0.95), changed(&black, 1.0)],
        [400, 0, 400, 0]
    );
    let picture = |bytes| crate::check::pixel::Picture { name: "page", bytes };
    assert!(compare(picture(&before.png()), picture(&after.png()), &Options::default()).unwrap().verdict.matches());
}
