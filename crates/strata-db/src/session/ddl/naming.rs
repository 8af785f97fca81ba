//! Names that the system chooses, by PostgreSQL's rules: `t_pkey`, `t_a_b_key`, `t_a_check`, `t_a_fkey`, `t_a_seq`.

use super::Ddl;
use crate::parse::ast::{Expr, ExprKind};
use crate::schema::{Oid, TableDef};
use strata_types::NAME_LEN_MAX;

/// `first_second_label`, the longer of the first two shortened until all fit.
pub(super) fn compose(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let room = NAME_LEN_MAX.saturating_sub(overhead);
    let (mut len_first, mut len_second) = (first.len(), second.map_or(0, str::len));
    while len_first + len_second > room {
        if len_first > len_second {
            len_first -= 1;
        } else {
            len_second -= 1;
        }
    }
    let cut = |text: &str, len: usize| text[..text.floor_char_boundary(len)].to_owned();
    let mut name = cut(first, len_first);
    if let Some(second) = second {
        name.push('_');
        name.push_str(&cut(second, len_second));
    }
    name.push('_');
    name.push_str(label);
    name
}

/// The first of `compose(.., label)`, `.. label1`, `.. label2` … that is free.
pub(super) fn choose(first: &str, second: Option<&str>, label: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = compose(first, second, label);
    let mut pass = 0;
    while taken(&name) {
        pass += 1;
        name = compose(first, second, &format!("{label}{pass}"));
    }
    name
}

/// Column names of a key as one part of a name.
pub(super) fn addition<'a>(columns: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() >= NAME_LEN_MAX {
            break;
        }
    }
    joined
}

/// What an index key that is an expression adds to the index's name.
pub(super) fn expression_name(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Column(name) => name.base().to_owned(),
        ExprKind::Function(call) => call.name.base().to_owned(),
        ExprKind::Cast { operand, .. } => expression_name(operand),
        ExprKind::Case(_) => "case".to_owned(),
        ExprKind::Coalesce(_) => "coalesce".to_owned(),
        _ => "expr".to_owned(),
    }
}

impl Ddl<'_> {
    /// A free name for a relation.
    pub(super) fn choose_relation_name(
        &self,
        dataset: Oid,
        first: &str,
        second: Option<&str>,
        label: &str,
    ) -> String {
        choose(first, second, label, |name| self.is_name_taken(dataset, name))
    }
}

/// A free name for a constraint that no index keeps.
pub(super) fn choose_constraint_name(
    table: &TableDef,
    first: &str,
    second: Option<&str>,
    label: &str,
) -> String {
    choose(first, second, label, |name| table.constraints.iter().any(|constraint| constraint.name == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_joined() {
        assert_eq!(compose("t", None, "pkey"), "t_pkey");
        assert_eq!(compose("t", Some("a_b"), "key"), "t_a_b_key");
    }

    #[test]
    fn long_names_lose_the_end_of_the_longer_part() {
        let name = compose(&"x".repeat(80), Some("column"), "seq");
        assert_eq!(name.len(), NAME_LEN_MAX);
        assert!(name.ends_with("_column_seq"));
    }

    #[test]
    fn taken_names_get_a_number() {
        let name = choose("t", Some("a"), "key", |name| name == "t_a_key");
        assert_eq!(name, "t_a_key1");
    }
}
