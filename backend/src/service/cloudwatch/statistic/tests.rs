use proptest::prelude::*;

use super::{Aggregate, Sample, Statistic};

/// `values` as `value*weight` words, `set(count,sum,min,max)` for statistic sets.
fn aggregate(values: &str) -> Aggregate {
    Aggregate::of(values.split_whitespace().map(|word| {
        if let Some(set) = word.strip_prefix("set(") {
            let parts: Vec<f64> = set.trim_end_matches(')').split(',').map(|part| part.parse().unwrap()).collect();
            return Sample { count: parts[0], sum: parts[1], minimum: parts[2], maximum: parts[3] };
        }
        let (value, weight) = word.split_once('*').unwrap_or((word, "1"));
        Sample::weighted(value.parse().unwrap(), weight.parse().unwrap())
    }))
}

#[test]
fn statistics_of_small_sets() {
    // samples | statistic | value
    let cases = "
        1 2 3 4            | Sum          | 10
        1 2 3 4            | Average      | 2.5
        1 2 3 4            | Minimum      | 1
        1 2 3 4            | Maximum      | 4
        1 2 3 4            | SampleCount  | 4
        1*3 5              | Average      | 2
        1*3 5              | SampleCount  | 4
        1 2 3 4            | p50          | 2
        1 2 3 4            | p75          | 3
        1 2 3 4            | p75.1        | 4
        1 2 3 4            | p0           | 1
        1 2 3 4            | p100         | 4
        7                  | p99.9        | 7
        1*99 50            | p99          | 1
        1*98 50*2          | p99          | 50
        0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1 | p70 | 0.7
        1 2 3 4 5 6 7 8 9 10 | tm90        | 5
        1 2 3 4 5 6 7 8 9 10 | ts90        | 45
        1 2 3 4 5 6 7 8 9 10 | tc90        | 9
        1 2 3 4 5 6 7 8 9 10 | wm90        | 5.4
        1 2 3 4 5 6 7 8 9 10 | TM(10%:90%) | 5.5
        1 2 3 4 5 6 7 8 9 10 | TC(80%:)    | 2
        1 2 3 4 5 6 7 8 9 10 | TM(2:4)     | 3.5
        1 2 3 4 5 6 7 8 9 10 | TC(:3)      | 3
        1 2 3 4 5 6 7 8 9 10 | TS(8:)      | 19
        1 2 3 4 5 6 7 8 9 10 | WM(4:6)     | 5.1
        1 2 3 4 5 6 7 8 9 10 | PR(:3)      | 30
        1 2 3 4 5 6 7 8 9 10 | PR(3:5)     | 20
        1 2 3 4            | IQM          | 2.5
        5 8 4 38 8 6 9 7 7 3 1 6 | IQM    | 6.5
        1 3 5 7 9          | IQM          | 5
        1 2 3 4            | TM(10:20)    | none
        1 2 3 4            | TC(10:20)    | 0
        set(4,20,1,9)      | Average      | 5
        set(4,20,1,9) 3    | Maximum      | 9
        set(4,20,1,9)      | p50          | none
        set(4,20,1,9) 3    | tm99         | none
        set(4,20,5,5) 9    | p50          | 5
        set(1,5,5,5)       | p50          | 5
        3*0                | Sum          | none
                           | SampleCount  | none
    ";
    for case in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = case.split('|').map(str::trim).collect();
        let got = aggregate(parts[0]).get(&parts[1].parse().unwrap());
        match parts[2].parse::<f64>() {
            Ok(expected) => {
                let got = got.unwrap_or_else(|| panic!("{case}: no value"));
                assert!((got - expected).abs() < 1e-9, "{case}: got {got}");
            }
            Err(_) => assert_eq!(got, None, "{case}"),
        }
    }
}

#[test]
fn names_that_are_no_statistic() {
    for text in [
        "",
        "average",
        "p",
        "p101",
        "p-1",
        "p99.",
        "p.5",
        "p1e1",
        "pp99",
        "tm",
        "xx99",
        "TM()",
        "TM(:)",
        "TM(5)",
        "TM(90%:10%)",
        "TM(10%:90)",
        "PR(10%:20%)",
        "TM(1:2",
        "TM(nan:1)",
        "TM(:inf)",
        "IQM(1:2)",
        "p99.12345678901",
        "TM(%:10%)",
        "é99",
    ] {
        assert!(text.parse::<Statistic>().is_err(), "{text}");
    }
    assert!(Statistic::parse_extended("Average").is_none());
    assert!(Statistic::parse_simple("p50").is_none());
    assert_eq!("p99.9".parse::<Statistic>().unwrap().to_string(), "p99.9");
}

/// Every sample written out as often as it weighs.
fn written_out(samples: &[(i32, u8)]) -> Vec<f64> {
    let mut all: Vec<f64> = samples
        .iter()
        .flat_map(|&(value, weight)| std::iter::repeat_n(f64::from(value), usize::from(weight)))
        .collect();
    all.sort_by(f64::total_cmp);
    all
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-6 * (1.0 + left.abs().max(right.abs()))
}

proptest! {
    #[test]
    fn weights_mean_the_same_as_repetition(samples in prop::collection::vec((-50_i32..50, 1_u8..9), 1..20), rank in 0_u32..=100) {
        let weighted = Aggregate::of(samples.iter().map(|&(value, weight)| Sample::weighted(f64::from(value), f64::from(weight))));
        let all = written_out(&samples);
        let single = Aggregate::of(all.iter().map(|&value| Sample::weighted(value, 1.0)));
        for name in ["Sum", "Average", "Minimum", "Maximum", "SampleCount", "IQM", "PR(-10:10)", "TM(-20:)", "WM(-5:5)"]
            .map(str::to_owned).into_iter().chain(["p", "tm", "wm", "tc", "ts"].map(|name| format!("{name}{rank}")))
        {
            let statistic: Statistic = name.parse().unwrap();
            match (weighted.get(&statistic), single.get(&statistic)) {
                (Some(left), Some(right)) => prop_assert!(close(left, right), "{name}: {left} {right}"),
                (left, right) => prop_assert_eq!(left, right, "{}", name),
            }
        }
    }

    #[test]
    fn agrees_with_the_obvious_definitions(samples in prop::collection::vec((-50_i32..50, 1_u8..5), 1..12), rank in 1_usize..=100) {
        let aggregate = Aggregate::of(samples.iter().map(|&(value, weight)| Sample::weighted(f64::from(value), f64::from(weight))));
        let all = written_out(&samples);
        let count = all.len();
        prop_assert_eq!(aggregate.get(&"SampleCount".parse().unwrap()), Some(count as f64));
        prop_assert!(close(aggregate.get(&"Sum".parse().unwrap()).unwrap(), all.iter().sum()));
        // Nearest rank: the ceil(rank * count)-th of the ordered values.
        let nearest = all[(rank * count).div_ceil(100) - 1];
        prop_assert_eq!(aggregate.get(&format!("p{rank}").parse().unwrap()), Some(nearest));
        let below: Vec<f64> = all.iter().copied().filter(|&value| value > -10.0 && value <= 10.0).collect();
        prop_assert_eq!(aggregate.get(&"TC(-10:10)".parse().unwrap()), Some(below.len() as f64));
        // A hundred copies of each value make every whole rank fall between two of them.
        let many: Vec<f64> = all.iter().flat_map(|&value| std::iter::repeat_n(value, 100)).collect();
        let kept = &many[..rank * count];
        let trimmed = aggregate.get(&format!("tm{rank}").parse().unwrap()).unwrap();
        prop_assert!(close(trimmed, kept.iter().sum::<f64>() / kept.len() as f64));
    }
}
