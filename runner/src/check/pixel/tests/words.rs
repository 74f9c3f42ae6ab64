//! Regions, named in words.

use super::canvas::{BLACK, Canvas, WHITE};
use super::compared;
use crate::check::pixel::{GlyphShifts, Options, Picture, explain};

fn told(before: &Canvas, after: &Canvas) -> String {
    let options = Options { glyph_shifts: GlyphShifts::Counted, ..Options::default() };
    let (before, after) = (before.png(), after.png());
    let comparison = compared(&before, &after, &options).unwrap();
    let picture = |bytes| Picture { name: "page.png", bytes };
    let explained = explain(picture(&before), picture(&after), &comparison).unwrap();
    let regions = explained.regions.iter().map(ToString::to_string);
    explained.size.into_iter().chain(regions).collect::<Vec<String>>().join("\n")
}

#[test]
fn regions_are_named() {
    let ground = || Canvas::new(480, 400, WHITE).text("SENATE", 10.0, 10.0, BLACK);
    let before = ground()
        .fill((40, 60), (50, 30), [30, 160, 60])
        .text("TOLL ROAD", 180.0, 60.0, BLACK)
        .fill((350, 60), (90, 34), [200, 30, 30])
        .text("ROLE", 365.0, 70.0, WHITE)
        .fill((40, 160), (40, 40), [90, 40, 160])
        .fill((40, 180), (40, 4), WHITE)
        .fill((180, 160), (60, 40), [0, 90, 200])
        .fill((40, 280), (60, 60), [128; 3]);
    let noisy = |seed| {
        let mut page = before.clone();
        let patch = Canvas::new(60, 60, [128; 3]).noise(seed, 1, 200);
        for y in 0..60 {
            for x in 0..60 {
                page.set(40 + x, 280 + y, patch.pixels[(y * 60 + x) as usize]);
            }
        }
        page
    };
    let after = noisy(8)
        .fill((40, 60), (50, 30), WHITE)
        .fill((180, 60), (120, 20), WHITE)
        .text("SALT TAX", 180.0, 60.0, BLACK)
        .fill((350, 60), (90, 34), [30, 30, 200])
        .text("ROLE", 365.0, 70.0, WHITE)
        .fill((40, 160), (40, 40), WHITE)
        .fill((360, 170), (40, 40), [90, 40, 160])
        .fill((360, 190), (40, 4), WHITE)
        .fill((180, 160), (60, 40), WHITE)
        .fill((192, 155), (60, 40), [0, 90, 200])
        .disc((230.0, 300.0), 24.0, [240, 180, 0]);
    insta::assert_snapshot!(told(&noisy(3), &after), @r"
    60x60 at 40,280: changed
    90x34 at 350,60: recoloured from #c81e1e to #1e1ec8
    48x48 at 206,276: added
    50x30 at 40,60: removed
    72x45 at 180,155: moved 12 right and 5 up
    40x40 at 40,160: moved 320 right and 10 down
    94x14 at 180,60: text changed
    ");
}

#[test]
fn a_ground_of_another_colour_is_recoloured() {
    let page = |ground| Canvas::new(120, 90, ground).text("TOLLS", 20.0, 20.0, BLACK);
    insta::assert_snapshot!(told(&page(WHITE), &page([255, 220, 160])), @"120x90 at 0,0: recoloured from #ffffff to #ffdca0");
}

#[test]
fn a_change_of_height_is_explained_by_the_rows_that_came_or_went() {
    let banner = |height: u32| {
        let page = Canvas::new(160, 120 + height, WHITE).fill((0, 0), (160, 10), [40, 40, 40]);
        let page = page.text("TOLLS", 10.0, 20.0, BLACK).fill((0, 40), (160, height), [250, 200, 0]);
        page.text("ROADS", 10.0, f64::from(60 + height), BLACK)
    };
    let wider = Canvas::new(170, 100, WHITE);
    let first = |before: &Canvas, after: &Canvas| told(before, after).lines().next().unwrap_or_default().to_owned();
    let told = [first(&banner(0), &banner(24)), first(&banner(24), &banner(0)), first(&banner(0), &wider)];
    insta::assert_snapshot!(told.join("\n"), @r"
    24 pixels taller, 160x144 after 160x120: 24 rows were inserted at 40, what was below moved 24 down
    24 pixels shorter, 160x120 after 160x144: 24 rows were removed at 40, what was below moved 24 up
    10 pixels wider and 20 pixels shorter, 170x100 after 160x120
    ");
}
