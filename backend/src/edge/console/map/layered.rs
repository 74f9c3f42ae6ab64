//! Layered drawing of a directed graph: callers left of their callees. Pure.
//!
//! Sugiyama's four steps: turn edges that close a cycle, layer by longest path, order each layer by barycentre to
//! save crossings, then move nodes towards their neighbours without touching. Long edges pass through points of
//! their own in the layers between, so no edge runs through a node.
//!
//! Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981.

/// Room that a long edge takes in a layer it only passes; a node takes 1.
const PASSING: f64 = 0.5;
/// Rounds of ordering; each sweeps right and left, the best order is kept.
const ORDER_ROUNDS: usize = 12;
/// Rounds of moving nodes towards their neighbours.
const PLACE_ROUNDS: usize = 8;

/// Where everything goes. Layers count from the left, rows from the top; a node is one row high.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drawing {
    /// Layer and row of each node.
    pub(super) nodes: Vec<(usize, f64)>,
    /// For each edge the points it passes, from its caller to its callee, both included.
    pub(super) edges: Vec<Vec<(usize, f64)>>,
    /// Number of layers.
    pub(super) layers: usize,
    /// The lowest row.
    pub(super) bottom: f64,
}

/// Draws `node_count` nodes with `edges` between them; an edge from a node to itself stays at its node.
///
/// # Panics
/// When an edge names a node that does not exist: edges come from the same graph as the nodes.
pub(super) fn draw(node_count: usize, edges: &[(usize, usize)]) -> Drawing {
    let forward = without_cycles(node_count, edges);
    let layer_of = layers(node_count, &forward);
    let mut grid = Grid::new(&layer_of, &forward);
    grid.order();
    let rows = grid.place();
    let at = |vertex: usize| (grid.layer_of[vertex], rows[vertex]);
    let routes = forward.iter().zip(edges).zip(&grid.chains).map(|((turned, edge), chain)| {
        let mut points: Vec<_> = chain.iter().map(|vertex| at(*vertex)).collect();
        if turned != edge {
            points.reverse();
        }
        points
    });
    Drawing {
        edges: routes.collect(),
        layers: grid.members.len(),
        bottom: rows.iter().copied().fold(0.0, f64::max),
        nodes: (0..node_count).map(at).collect(),
    }
}

/// The edges with those turned round that close a cycle in a depth-first walk.
fn without_cycles(node_count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        Open,
        Done,
    }
    let mut leaving = vec![Vec::new(); node_count];
    let mut entered = vec![0_usize; node_count];
    for (number, (from, to)) in edges.iter().enumerate() {
        leaving[*from].push(number);
        entered[*to] += usize::from(from != to);
    }
    let mut turned = edges.to_vec();
    let mut visits = vec![Visit::Not; node_count];
    // Walking from the entry points first turns the edges that a reader would call "back".
    let (entries, rest): (Vec<usize>, Vec<usize>) = (0..node_count).partition(|node| entered[*node] == 0);
    for start in entries.into_iter().chain(rest) {
        if visits[start] != Visit::Not {
            continue;
        }
        visits[start] = Visit::Open;
        // An own stack: a graph may be a chain of thousands.
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(edge) = leaving[node].get(next) else {
                visits[node] = Visit::Done;
                continue;
            };
            stack.push((node, next + 1));
            let (from, to) = edges[*edge];
            match visits[to] {
                Visit::Open if from != to => turned[*edge] = (to, from),
                Visit::Open | Visit::Done => {}
                Visit::Not => {
                    visits[to] = Visit::Open;
                    stack.push((to, 0));
                }
            }
        }
    }
    turned
}

/// The layer of each node: one right of its rightmost caller.
fn layers(node_count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waiting = vec![0_usize; node_count];
    let mut leaving = vec![Vec::new(); node_count];
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        waiting[*to] += 1;
        leaving[*from].push(*to);
    }
    let mut layer = vec![0; node_count];
    let mut ready: Vec<usize> = (0..node_count).filter(|node| waiting[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for to in &leaving[node] {
            layer[*to] = layer[*to].max(layer[node] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    layer
}

/// Nodes, and the points of long edges, in their layers.
struct Grid {
    layer_of: Vec<usize>,
    /// The first vertices are the nodes, the rest points of long edges.
    node_count: usize,
    /// Vertices of each layer, top first.
    members: Vec<Vec<usize>>,
    /// For each edge the vertices it passes, left to right.
    chains: Vec<Vec<usize>>,
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
}

impl Grid {
    fn new(node_layers: &[usize], edges: &[(usize, usize)]) -> Self {
        let mut layer_of = node_layers.to_vec();
        let mut chains = Vec::with_capacity(edges.len());
        for (from, to) in edges {
            let mut chain = vec![*from];
            for layer in node_layers[*from] + 1..node_layers[*to] {
                chain.push(layer_of.len());
                layer_of.push(layer);
            }
            chain.push(*to);
            chains.push(chain);
        }
        let count = layer_of.len();
        let mut grid = Self {
            members: vec![Vec::new(); layer_of.iter().max().map_or(0, |layer| layer + 1)],
            left: vec![Vec::new(); count],
            right: vec![Vec::new(); count],
            node_count: node_layers.len(),
            layer_of,
            chains,
        };
        for (vertex, layer) in grid.layer_of.iter().enumerate() {
            grid.members[*layer].push(vertex);
        }
        for chain in &grid.chains {
            for pair in chain.windows(2).filter(|pair| pair[0] != pair[1]) {
                grid.right[pair[0]].push(pair[1]);
                grid.left[pair[1]].push(pair[0]);
            }
        }
        grid
    }

    /// Orders every layer so that few edges cross.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.members.clone());
        for round in 0..ORDER_ROUNDS {
            if best.0 == 0 {
                break;
            }
            self.sweep(round % 2 == 0);
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.members.clone());
            }
        }
        self.members = best.1;
    }

    fn sweep(&mut self, rightwards: bool) {
        let count = self.members.len();
        let order: Vec<usize> =
            if rightwards { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
        for layer in order {
            let position = self.positions();
            let neighbours = if rightwards { &self.left } else { &self.right };
            let centre = |vertex: &usize| mean(neighbours[*vertex].iter().map(|other| position[*other] as f64));
            let own = |vertex: &usize| centre(vertex).unwrap_or(position[*vertex] as f64);
            let mut members = self.members[layer].clone();
            members.sort_by(|one, other| own(one).total_cmp(&own(other)));
            self.members[layer] = members;
        }
    }

    /// Place of each vertex within its layer.
    fn positions(&self) -> Vec<usize> {
        let mut position = vec![0; self.layer_of.len()];
        for members in &self.members {
            for (place, vertex) in members.iter().enumerate() {
                position[*vertex] = place;
            }
        }
        position
    }

    /// Pairs of edges between neighbouring layers that cross.
    fn crossings(&self) -> usize {
        let position = self.positions();
        let mut crossings = 0;
        for members in &self.members {
            let mut ends: Vec<(usize, usize)> = Vec::new();
            for vertex in members {
                ends.extend(self.right[*vertex].iter().map(|to| (position[*vertex], position[*to])));
            }
            ends.sort_unstable();
            for (place, (from, to)) in ends.iter().enumerate() {
                crossings += ends[place + 1..]
                    .iter()
                    .filter(|(other_from, other_to)| other_from > from && other_to < to)
                    .count();
            }
        }
        crossings
    }

    /// The row of each vertex: near its neighbours, and clear of the next of its layer.
    fn place(&self) -> Vec<f64> {
        let mut rows = vec![0.0; self.layer_of.len()];
        for members in &self.members {
            let depths = self.depths(members);
            let middle = depths.last().copied().unwrap_or(0.0) / 2.0;
            for (vertex, depth) in members.iter().zip(depths) {
                rows[*vertex] = depth - middle;
            }
        }
        for round in 0..PLACE_ROUNDS {
            let rightwards = round % 2 == 0;
            let mut order: Vec<usize> = (0..self.members.len()).collect();
            if !rightwards {
                order.reverse();
            }
            for layer in order {
                let members = &self.members[layer];
                let wished: Vec<f64> = members
                    .iter()
                    .map(|vertex| {
                        let around = self.left[*vertex].iter().chain(&self.right[*vertex]);
                        mean(around.map(|other| rows[*other])).unwrap_or(rows[*vertex])
                    })
                    .collect();
                for (vertex, row) in members.iter().zip(apart(&wished, &self.depths(members))) {
                    rows[*vertex] = row;
                }
            }
        }
        let top = rows.iter().copied().fold(f64::INFINITY, f64::min);
        if top.is_finite() {
            for row in &mut rows {
                *row -= top;
            }
        }
        rows
    }

    /// How deep each vertex of a layer lies when all are packed, from the centre of the first.
    fn depths(&self, members: &[usize]) -> Vec<f64> {
        let half = |vertex: usize| if vertex < self.node_count { 0.5 } else { PASSING / 2.0 };
        let mut depth = 0.0;
        let mut above: Option<usize> = None;
        let deepen = |vertex: &usize| {
            depth += above.map_or(0.0, |above| half(above) + half(*vertex));
            above = Some(*vertex);
            depth
        };
        members.iter().map(deepen).collect()
    }
}

/// The rows nearest to the wished ones (by squares) that keep at least the distances of `depths`, in the same order.
///
/// Taking its depth off each wish turns "apart" into "not falling": isotonic regression, by pooling neighbours.
fn apart(wished: &[f64], depths: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (wish, depth) in wished.iter().zip(depths) {
        let mut pool = (wish - depth, 1);
        while let Some(above) = pools.last().copied().filter(|above| above.0 > pool.0) {
            pools.pop();
            let size = above.1 + pool.1;
            pool = ((above.0 * above.1 as f64 + pool.0 * pool.1 as f64) / size as f64, size);
        }
        pools.push(pool);
    }
    let levels = pools.into_iter().flat_map(|(level, size)| std::iter::repeat_n(level, size));
    levels.zip(depths).map(|(level, depth)| level + depth).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}
