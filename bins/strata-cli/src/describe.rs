//! `\d`, `\dt`, `\l`: what the catalog says, as a person reads it.

use crate::client::Table;
use crate::render;
use crate::shell::Shell;
use std::error::Error;

const RELATIONS: &str = "SELECT n.nspname AS \"Schema\", c.relname AS \"Name\", \
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' \
    WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' END AS \"Type\", \
    pg_catalog.pg_get_userbyid(c.relowner) AS \"Owner\" \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') \
    AND pg_catalog.pg_table_is_visible(c.oid)";

/// The parts below the columns of a relation: a heading, and the query that yields its lines.
const PARTS: &[(&str, &str)] = &[
    (
        "Indexes",
        "SELECT '\"' || c.relname || '\"' || CASE WHEN i.indisprimary THEN ' PRIMARY KEY, ' \
         WHEN i.indisunique THEN ' UNIQUE, ' ELSE ' ' END || \
         substring(pg_catalog.pg_get_indexdef(i.indexrelid), ' USING (.*)$') \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         WHERE i.indrelid = RELATION ORDER BY i.indisprimary DESC, c.relname",
    ),
    (
        "Check constraints",
        "SELECT '\"' || conname || '\" ' || pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint \
         WHERE conrelid = RELATION AND contype = 'c' ORDER BY conname",
    ),
    (
        "Foreign-key constraints",
        "SELECT '\"' || conname || '\" ' || pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint \
         WHERE conrelid = RELATION AND contype = 'f' ORDER BY conname",
    ),
    (
        "Referenced by",
        "SELECT 'TABLE \"' || c.relname || '\" CONSTRAINT \"' || r.conname || '\" ' || \
         pg_catalog.pg_get_constraintdef(r.oid) \
         FROM pg_catalog.pg_constraint r JOIN pg_catalog.pg_class c ON c.oid = r.conrelid \
         WHERE r.confrelid = RELATION AND r.contype = 'f' ORDER BY r.conname",
    ),
    (
        "View definition",
        "SELECT pg_catalog.pg_get_viewdef(oid) FROM pg_catalog.pg_class WHERE oid = RELATION AND relkind = 'v'",
    ),
];

/// The databases.
pub(crate) fn databases(shell: &mut Shell) -> Result<(), Box<dyn Error>> {
    shell.query(
        "SELECT datname AS \"Name\", pg_catalog.pg_get_userbyid(datdba) AS \"Owner\", \
         pg_catalog.pg_encoding_to_char(encoding) AS \"Encoding\" FROM pg_catalog.pg_database ORDER BY 1",
    )
}

/// Relations of these kinds, those whose names match the pattern if there is one.
pub(crate) fn relations(shell: &mut Shell, kinds: &str, pattern: &str) -> Result<(), Box<dyn Error>> {
    let named =
        if pattern.is_empty() { String::new() } else { format!(" AND c.relname LIKE {}", like(pattern)) };
    shell.query(&format!("{RELATIONS} AND c.relkind IN ({kinds}){named} ORDER BY 1, 2"))
}

/// The columns of one relation, and what hangs on it.
pub(crate) fn relation(shell: &mut Shell, name: &str) -> Result<(), Box<dyn Error>> {
    let oid = format!("pg_catalog.to_regclass({})", literal(name));
    let title = rows(
        shell,
        &format!(
            "SELECT CASE c.relkind WHEN 'v' THEN 'View' WHEN 'S' THEN 'Sequence' WHEN 'i' THEN 'Index' ELSE 'Table' END \
             || ' \"' || n.nspname || '.' || c.relname || '\"' \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {oid}"
        ),
    )?;
    let Some(title) = title.into_iter().next() else {
        return Err(format!("Did not find any relation named \"{name}\".").into());
    };
    let columns = table(
        shell,
        &format!(
            "SELECT a.attname AS \"Column\", pg_catalog.format_type(a.atttypid, a.atttypmod) AS \"Type\", \
             CASE WHEN a.attnotnull THEN 'not null' END AS \"Nullable\", \
             pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS \"Default\" \
             FROM pg_catalog.pg_attribute a \
             LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        ),
    )?;
    let mut text = render::titled(&title, &columns);
    for (heading, query) in PARTS {
        let lines = rows(shell, &query.replace("RELATION", &oid))?;
        if !lines.is_empty() {
            text.push_str(&format!("{heading}:\n    {}\n", lines.join("\n").replace('\n', "\n    ")));
        }
    }
    text.push('\n');
    shell.show(&text);
    Ok(())
}

/// The rows that a query of ours yields. Its place in the query is nothing that a person wrote.
fn table(shell: &mut Shell, query: &str) -> Result<Table, Box<dyn Error>> {
    let answers = shell.connection.run(query).map_err(|error| crate::client::describe(&error, ""))?;
    Ok(answers.into_iter().find_map(crate::client::Answer::table).unwrap_or_default())
}

/// The first column of the rows that a query of ours yields.
fn rows(shell: &mut Shell, query: &str) -> Result<Vec<String>, Box<dyn Error>> {
    Ok(table(shell, query)?.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A pattern of the shell as one of LIKE.
fn like(pattern: &str) -> String {
    literal(&pattern.replace('\\', "\\\\").replace('_', "\\_").replace('*', "%").replace('?', "_"))
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn a_pattern_is_one_of_like() {
        assert_eq!(like("city_*"), "'city\\_%'");
        assert_eq!(like("it's?"), "'it''s_'");
    }
}
