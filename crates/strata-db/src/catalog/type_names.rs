//! Types by the text of their names, as `regtype` reads them: `integer[]`, `pg_catalog.int4`,
//! `timestamp(3) with time zone`, `"char"`.

use strata_types::Type;

/// The type that a text names, modifiers left aside; `None` if there is none.
pub fn type_named(text: &str) -> Option<Type> {
    let text = text.trim();
    if let Some(array) = text.strip_suffix(']') {
        let (element, bounds) = array.rsplit_once('[')?;
        let is_bound = bounds.trim().chars().all(|c| c.is_ascii_digit());
        let element = type_named(element)?;
        // Arrays of arrays are arrays of the same type.
        return is_bound
            .then_some(element)
            .and_then(|ty| if ty.is_array() { Some(ty) } else { ty.array_of() });
    }
    let unmodified = without_modifier(text);
    match unmodified.strip_prefix("pg_catalog.") {
        Some(internal) => Type::by_name(unquoted(internal)),
        // SQL's own word, not the one-byte type of the same name.
        None if unmodified == "char" => Some(Type::BPCHAR),
        None => Type::by_name(&unmodified).or_else(|| Type::by_name(unquoted(&unmodified))),
    }
}

/// Folded to lower case, with single spaces, and without what stands in parentheses.
fn without_modifier(text: &str) -> String {
    if text.contains('"') {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c.to_ascii_lowercase()),
            _ => {}
        }
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unquoted(name: &str) -> &str {
    name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_types() {
        for (text, ty) in [
            ("integer", Some(Type::INT4)),
            (" Int4 ", Some(Type::INT4)),
            ("pg_catalog.int4", Some(Type::INT4)),
            ("integer[]", Some(Type::INT4_ARRAY)),
            ("text[3][]", Some(Type::TEXT_ARRAY)),
            ("timestamp(3) with time zone", Some(Type::TIMESTAMPTZ)),
            ("character  varying(10)", Some(Type::VARCHAR)),
            ("char", Some(Type::BPCHAR)),
            ("\"char\"", Some(Type::CHAR)),
            ("pg_catalog.\"char\"", Some(Type::CHAR)),
            ("_text", Some(Type::TEXT_ARRAY)),
            ("integer]", None),
            ("nothing", None),
        ] {
            assert_eq!(type_named(text), ty, "{text}");
        }
    }
}
