//! EXPLAIN (FORMAT JSON): the same facts as an object a node.

use super::node::{Node, Value};
use super::{Options, Times};
use std::fmt::Write as _;

/// The document.
pub(super) fn document(root: &Node, options: &Options, times: &Times) -> String {
    let mut out = Writer { text: String::from("["), depth: 1, first: true };
    out.object(|out| {
        out.key("Plan");
        node(root, options, out);
        if let Some(planning) = times.planning_us.filter(|_| options.summary) {
            out.number("Planning Time", &milliseconds(planning));
        }
        if options.analyze {
            out.key("Triggers");
            out.value("[\n    ]");
        }
        if let Some(execution) = times.execution_us.filter(|_| options.summary) {
            out.number("Execution Time", &milliseconds(execution));
        }
    });
    out.text.push_str("\n]");
    out.text
}

fn milliseconds(us: u64) -> String {
    format!("{:.3}", us as f64 / 1000.0)
}

fn node(node: &Node, options: &Options, out: &mut Writer) {
    out.object(|out| {
        out.string("Node Type", node.kind);
        if !node.relationship.is_empty() {
            out.string("Parent Relationship", node.relationship);
        }
        if let Some(label) = &node.label {
            out.string("Subplan Name", label);
        }
        out.number("Parallel Aware", "false");
        out.number("Async Capable", "false");
        for (name, fact) in &node.facts {
            out.string(name, fact);
        }
        let estimate = &node.estimate;
        if options.costs {
            out.number("Startup Cost", &format!("{:.2}", estimate.startup));
            out.number("Total Cost", &format!("{:.2}", estimate.total));
            out.number("Plan Rows", &format!("{:.0}", estimate.rows));
            out.number("Plan Width", &estimate.width.to_string());
        }
        if let Some(actual) = &node.actual {
            if options.timing {
                let (startup, total) = actual.milliseconds();
                out.number("Actual Startup Time", &format!("{startup:.3}"));
                out.number("Actual Total Time", &format!("{total:.3}"));
            }
            out.number("Actual Rows", &actual.rows_per_loop().to_string());
            out.number("Actual Loops", &actual.loops.to_string());
        }
        for detail in &node.details {
            match &detail.value {
                Value::Text(text) => out.string(detail.name, text),
                Value::Count(count) => out.number(detail.name, &count.to_string()),
                Value::Batches { count, memory, disk } => {
                    out.number("HashAgg Batches", &count.to_string());
                    out.number("Peak Memory Usage", &memory.to_string());
                    out.number("Disk Usage", &disk.to_string());
                }
                Value::Sort { method, on_disk, kilobytes } => {
                    out.string(detail.name, method);
                    out.number("Sort Space Used", &kilobytes.to_string());
                    out.string("Sort Space Type", if *on_disk { "Disk" } else { "Memory" });
                }
                Value::List(parts) => {
                    let parts: Vec<String> = parts.iter().map(|part| quoted(part)).collect();
                    out.number(detail.name, &format!("[{}]", parts.join(", ")));
                }
            }
        }
        if !node.inputs.is_empty() {
            out.key("Plans");
            out.array(|out| {
                for input in &node.inputs {
                    out.item();
                    self::node(input, options, out);
                }
            });
        }
    });
}

/// JSON with PostgreSQL's line breaks.
struct Writer {
    text: String,
    depth: usize,
    /// Nothing has been written into the present object or array.
    first: bool,
}

impl Writer {
    fn item(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.text.push(',');
        }
        let width = self.depth * 2;
        // Writing to a String cannot fail.
        let _ = write!(self.text, "\n{:width$}", "");
    }

    fn nested(&mut self, open: char, close: char, inside: impl FnOnce(&mut Writer)) {
        if self.depth == 1 {
            self.item();
        }
        self.text.push(open);
        self.depth += 1;
        self.first = true;
        inside(self);
        self.depth -= 1;
        self.first = true;
        self.item();
        self.first = false;
        self.text.push(close);
    }

    fn object(&mut self, inside: impl FnOnce(&mut Writer)) {
        self.nested('{', '}', inside);
    }

    fn array(&mut self, inside: impl FnOnce(&mut Writer)) {
        self.nested('[', ']', inside);
    }

    fn key(&mut self, name: &str) {
        self.item();
        self.text.push_str(&quoted(name));
        self.text.push_str(": ");
    }

    fn value(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn number(&mut self, name: &str, number: &str) {
        self.key(name);
        self.text.push_str(number);
    }

    fn string(&mut self, name: &str, text: &str) {
        self.key(name);
        self.text.push_str(&quoted(text));
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
