//! A plan as EXPLAIN shows it: nodes with properties, one beneath the other.

/// A node.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// What it does: `Seq Scan`.
    pub(super) kind: &'static str,
    /// What the text form says in its place: `Hash Left Join`.
    pub(super) heading: String,
    /// How its parent uses it: `Outer`, `Inner`, `SubPlan` …
    pub(super) relationship: &'static str,
    /// The line above it in the text form: `SubPlan 1`, `CTE x`.
    pub(super) label: Option<String>,
    /// Facts that only the structured form lists, the heading having told them.
    pub(super) facts: Vec<(&'static str, String)>,
    /// What it does in detail.
    pub(super) details: Vec<Detail>,
    pub(super) estimate: Estimate,
    /// What has been measured, under ANALYZE.
    pub(super) actual: Option<Actual>,
    pub(super) inputs: Vec<Node>,
}

/// A line beneath a node.
#[derive(Clone, Debug)]
pub(super) struct Detail {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

/// What stands behind the name.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
    Count(u64),
    /// In how many lots rows were grouped, and the kilobytes that it took.
    Batches {
        count: u64,
        memory: u64,
        disk: u64,
    },
    /// How rows were sorted, and the kilobytes that it took.
    Sort {
        method: &'static str,
        on_disk: bool,
        kilobytes: u64,
    },
}

impl Node {
    /// A node of this kind.
    pub(super) fn new(kind: &'static str) -> Node {
        Node { kind, heading: kind.to_owned(), ..Node::default() }
    }

    /// Adds a line.
    pub(super) fn text(&mut self, name: &'static str, text: String) {
        self.details.push(Detail { name, value: Value::Text(text) });
    }

    /// Adds a line with several parts.
    pub(super) fn list(&mut self, name: &'static str, parts: Vec<String>) {
        self.details.push(Detail { name, value: Value::List(parts) });
    }

    /// Puts a node beneath.
    pub(super) fn input(&mut self, mut node: Node, relationship: &'static str) {
        node.relationship = relationship;
        self.inputs.push(node);
    }
}

/// What the planner expects.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Estimate {
    pub(super) startup: f64,
    pub(super) total: f64,
    pub(super) rows: f64,
    pub(super) width: usize,
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Actual {
    /// Microseconds to the first rows, of all loops together.
    pub(super) startup_us: u64,
    /// Microseconds of all loops together.
    pub(super) total_us: u64,
    /// Rows of all loops together.
    pub(super) rows: u64,
    pub(super) loops: u64,
}

impl Actual {
    /// Milliseconds of one loop, to the first rows and in all.
    pub(super) fn milliseconds(&self) -> (f64, f64) {
        let loops = self.loops.max(1) as f64 * 1000.0;
        (self.startup_us as f64 / loops, self.total_us as f64 / loops)
    }

    /// Rows of one loop.
    pub(super) fn rows_per_loop(&self) -> u64 {
        (self.rows as f64 / self.loops.max(1) as f64).round() as u64
    }
}
