//! Tables as text, aligned as psql aligns them.

use crate::client::Table;

/// A table with its columns side by side, and the number of its rows.
pub(crate) fn aligned(table: &Table) -> String {
    let mut text = grid(table);
    let count = table.rows.len();
    push_line(&mut text, &format!("({count} {})\n", if count == 1 { "row" } else { "rows" }));
    text
}

/// A table beneath a title.
pub(crate) fn titled(title: &str, table: &Table) -> String {
    let grid = grid(table);
    let wide = grid.lines().map(width).max().unwrap_or(0);
    format!("{}\n{grid}", centred(title, wide).trim_end())
}

fn grid(table: &Table) -> String {
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|at| {
            let cells = table.rows.iter().filter_map(|row| row.get(at)?.as_deref()).map(width);
            cells.chain(table.columns.get(at).map(|name| width(name))).max().unwrap_or(0)
        })
        .collect();
    let numeric: Vec<bool> = (0..table.columns.len()).map(|at| is_numeric(table, at)).collect();
    let mut text = String::new();
    let heads: Vec<String> =
        table.columns.iter().zip(&widths).map(|(name, &wide)| format!(" {} ", centred(name, wide))).collect();
    push_line(&mut text, &heads.join("|"));
    push_line(&mut text, &widths.iter().map(|wide| "-".repeat(wide + 2)).collect::<Vec<_>>().join("+"));
    for row in &table.rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .zip(&numeric)
            .map(|((cell, &wide), &right)| {
                format!(" {} ", padded(cell.as_deref().unwrap_or(""), wide, right))
            })
            .collect();
        push_line(&mut text, &cells.join("|"));
    }
    text
}

/// A table with its columns beneath each other, a block for each row.
pub(crate) fn expanded(table: &Table) -> String {
    let wide = table.columns.iter().map(|name| width(name)).max().unwrap_or(0);
    let mut text = String::new();
    for (at, row) in table.rows.iter().enumerate() {
        push_line(&mut text, &format!("-[ RECORD {} ]{}", at + 1, "-".repeat(wide)));
        for (name, cell) in table.columns.iter().zip(row) {
            push_line(
                &mut text,
                &format!("{} | {}", padded(name, wide, false), cell.as_deref().unwrap_or("")),
            );
        }
    }
    text.push('\n');
    text
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end_matches(' '));
    text.push('\n');
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, wide: usize, right: bool) -> String {
    if right { format!("{text:>wide$}") } else { format!("{text:<wide$}") }
}

fn centred(text: &str, wide: usize) -> String {
    format!("{text:^wide$}")
}

/// Numbers stand to the right; the simple protocol gives text alone, so they are known by their looks.
fn is_numeric(table: &Table, at: usize) -> bool {
    let mut cells = table.rows.iter().filter_map(|row| row.get(at)?.as_deref()).peekable();
    cells.peek().is_some() && cells.all(|cell| cell.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_like_psqls() {
        let table = Table {
            columns: vec!["id".into(), "name".into()],
            rows: vec![vec![Some("1".into()), Some("Oslo".into())], vec![Some("10".into()), None]],
        };
        assert_eq!(aligned(&table), " id | name\n----+------\n  1 | Oslo\n 10 |\n(2 rows)\n\n");
        assert!(expanded(&table).starts_with("-[ RECORD 1 ]----\nid   | 1\nname | Oslo\n"));
    }
}
