//! EXPLAIN (FORMAT TEXT): a node a line, indented beneath the node that reads it.

use super::Options;
use super::node::{Node, Value};
use std::fmt::Write as _;

/// The lines of a plan.
pub(super) fn lines(root: &Node, options: &Options) -> Vec<String> {
    let mut lines = Vec::new();
    node(root, options, 0, true, &mut lines);
    lines
}

/// `column` is where the node's line starts; that of an inner node has an arrow before it.
fn node(node: &Node, options: &Options, column: usize, outermost: bool, lines: &mut Vec<String>) {
    let mut column = column;
    if let Some(label) = &node.label {
        lines.push(format!("{:column$}{label}", ""));
        column += 2;
    }
    let mut line = format!("{:column$}", "");
    if !outermost {
        line.push_str("->  ");
        column += 4;
    }
    line.push_str(&node.heading);
    figures(node, options, &mut line);
    lines.push(line);
    let beneath = column + 2;
    for detail in &node.details {
        let value = match &detail.value {
            Value::Text(text) => text.clone(),
            Value::List(parts) => parts.join(", "),
            Value::Count(count) => count.to_string(),
            Value::Batches { count, memory, disk: 0 } => format!("{count}  Memory Usage: {memory}kB"),
            Value::Batches { count, memory, disk } => {
                format!("{count}  Memory Usage: {memory}kB  Disk Usage: {disk}kB")
            }
            Value::Sort { method, on_disk, kilobytes } => {
                format!("{method}  {}: {kilobytes}kB", if *on_disk { "Disk" } else { "Memory" })
            }
        };
        lines.push(format!("{:beneath$}{}: {value}", "", detail.name));
    }
    for input in &node.inputs {
        self::node(input, options, beneath, false, lines);
    }
}

fn figures(node: &Node, options: &Options, line: &mut String) {
    let estimate = &node.estimate;
    // Writing to a String cannot fail.
    if options.costs {
        let _ = write!(
            line,
            "  (cost={:.2}..{:.2} rows={:.0} width={})",
            estimate.startup, estimate.total, estimate.rows, estimate.width
        );
    }
    let Some(actual) = &node.actual else { return };
    let space = if options.costs { " " } else { "  " };
    let _ = match actual.loops {
        0 => write!(line, "{space}(never executed)"),
        loops => {
            let (startup, total) = actual.milliseconds();
            let rows = actual.rows_per_loop();
            match options.timing {
                true => {
                    write!(line, "{space}(actual time={startup:.3}..{total:.3} rows={rows} loops={loops})")
                }
                false => write!(line, "{space}(actual rows={rows} loops={loops})"),
            }
        }
    };
}
