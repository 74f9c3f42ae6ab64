use proptest::prelude::*;

use super::layered::{Drawing, draw};

fn graph() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1_usize..30).prop_flat_map(|count| (Just(count), prop::collection::vec((0..count, 0..count), 0..60)))
}

/// Every point of a drawing with its height: nodes, and where long edges pass a layer.
fn points(drawing: &Drawing) -> Vec<(usize, f64, f64)> {
    let passed = drawing.edges.iter().filter(|route| route.len() > 2).flat_map(|route| &route[1..route.len() - 1]);
    let nodes = drawing.nodes.iter().map(|(layer, row)| (*layer, *row, 1.0));
    nodes.chain(passed.map(|(layer, row)| (*layer, *row, 0.5))).collect()
}

proptest! {
    #[test]
    fn nothing_lies_on_anything_else((count, edges) in graph()) {
        let points = points(&draw(count, &edges));
        for (place, one) in points.iter().enumerate() {
            for other in &points[place + 1..] {
                let apart = f64::midpoint(one.2, other.2) - 1e-6;
                prop_assert!(one.0 != other.0 || (one.1 - other.1).abs() > apart, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn edges_run_from_caller_to_callee_through_every_layer_between((count, edges) in graph()) {
        let drawing = draw(count, &edges);
        for ((from, to), route) in edges.iter().zip(&drawing.edges) {
            prop_assert_eq!(route.first(), Some(&drawing.nodes[*from]));
            prop_assert_eq!(route.last(), Some(&drawing.nodes[*to]));
            if from != to {
                prop_assert!(route.windows(2).all(|pair| pair[0].0.abs_diff(pair[1].0) == 1), "{:?}", route);
            }
        }
    }

    #[test]
    fn everything_lies_inside_the_drawing((count, edges) in graph()) {
        let drawing = draw(count, &edges);
        for (layer, row, _) in points(&drawing) {
            prop_assert!(layer < drawing.layers && (-1e-6..=drawing.bottom + 1e-6).contains(&row));
        }
    }
}

#[test]
fn callers_stand_left_of_their_callees() {
    let drawing = draw(4, &[(0, 1), (1, 2), (1, 3), (0, 3)]);
    assert_eq!(drawing.nodes.iter().map(|node| node.0).collect::<Vec<_>>(), [0, 1, 2, 2]);
}

#[test]
fn a_tree_needs_no_crossing() {
    // Callees listed in the worst order.
    let drawing = draw(7, &[(0, 1), (0, 2), (1, 6), (2, 5), (1, 4), (2, 3)]);
    let row = |node: usize| drawing.nodes[node].1;
    let first = if row(1) < row(2) {
        (row(6).max(row(4)), row(5).min(row(3)))
    } else {
        (row(5).max(row(3)), row(6).min(row(4)))
    };
    assert!(first.0 < first.1, "{drawing:?}");
}

#[test]
fn a_cycle_is_drawn_with_its_closing_edge_backwards() {
    let drawing = draw(2, &[(0, 1), (1, 0)]);
    assert_eq!(drawing.edges[1], [(1, drawing.nodes[1].1), (0, drawing.nodes[0].1)]);
}
