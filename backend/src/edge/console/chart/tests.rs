use std::time::Duration;

use proptest::prelude::*;

use super::scale::{ValueScale, time_ticks};
use super::{Breach, Chart, Line, Threshold, Unit, render};
use crate::base::Timestamp;

fn chart(points: Vec<(i64, f64)>) -> Chart {
    Chart {
        title: "Duration of <shop>".to_owned(),
        unit: Unit::Millis,
        since: Timestamp::from_secs(0),
        until: Timestamp::from_secs(600),
        period: Duration::from_mins(1),
        lines: vec![Line {
            label: "a & b".to_owned(),
            points: points.into_iter().map(|(secs, value)| (Timestamp::from_secs(secs), value)).collect(),
        }],
        threshold: None,
        scale: None,
    }
}

fn course(chart: &Chart) -> String {
    let html = render(chart).into_string();
    let (_, after) = html.split_once("class=\"line l0\" d=\"").expect("one line is drawn");
    after.split('"').next().expect("split yields at least one part").to_owned()
}

#[test]
fn a_missing_period_is_a_gap_and_a_point_alone_a_dot() {
    let drawn = course(&chart(vec![(0, 0.0), (60, 100.0), (300, 100.0)]));
    assert_eq!(drawn, "M0 100h0L100 0M500 0h0");
}

#[test]
fn values_that_are_no_numbers_are_not_drawn() {
    assert_eq!(course(&chart(vec![(0, f64::NAN), (60, 100.0)])), "M100 0h0");
}

#[test]
fn text_from_outside_is_escaped() {
    let html = render(&chart(vec![(0, 1.0)])).into_string();
    assert!(!html.contains("<shop>"), "{html}");
    assert!(html.contains("Duration of &lt;shop&gt;"), "{html}");
}

#[test]
fn the_threshold_tints_its_bad_side() {
    let mut chart = chart(vec![(0, 100.0)]);
    chart.threshold = Some(Threshold { value: 50.0, label: "alarm".to_owned(), breach: Breach::Below });
    let html = render(&chart).into_string();
    assert!(html.contains(r#"<rect class="breach" x="0" width="1000" y="50" height="50">"#), "{html}");
}

proptest! {
    #[test]
    fn an_axis_holds_every_value_and_has_few_ticks(values in prop::collection::vec(-1e12_f64..1e12, 1..20)) {
        let scale = ValueScale::around(values.iter().copied());
        for value in &values {
            prop_assert!(*value >= scale.low - scale.step * 1e-6 && *value <= scale.high + scale.step * 1e-6);
        }
        let ticks = scale.ticks();
        prop_assert!((2..=8).contains(&ticks.len()), "{:?}", ticks);
        prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn any_value_has_a_place_on_any_axis(values in prop::collection::vec(any::<f64>(), 0..8), probe in any::<f64>()) {
        let scale = ValueScale::around(values);
        prop_assume!(!probe.is_nan());
        prop_assert!((0.0..=1.0).contains(&scale.place(probe)));
        prop_assert!(scale.ticks().len() < 16);
    }

    #[test]
    fn places_keep_the_order_of_values(values in prop::collection::vec(-1e9_f64..1e9, 2..20)) {
        let scale = ValueScale::around(values.iter().copied());
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        prop_assert!(sorted.windows(2).all(|pair| scale.place(pair[0]) <= scale.place(pair[1])));
    }

    #[test]
    fn named_instants_are_few_rising_and_inside(start in 0_i64..4_000_000_000, secs in 1_i64..40_000_000, max in 2_usize..12) {
        let (since, until) = (Timestamp::from_secs(start), Timestamp::from_secs(start + secs));
        let (ticks, _) = time_ticks(since, until, max);
        prop_assert!(ticks.len() <= max);
        prop_assert!(ticks.iter().all(|at| (since..=until).contains(at)));
        prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
