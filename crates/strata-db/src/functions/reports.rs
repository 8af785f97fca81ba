//! What a session tells of itself and of the others, for the relations that show it.

use strata_types::Type;

/// A setting: a row of `pg_settings`.
#[derive(Clone, Debug)]
pub struct SettingReport {
    /// Name.
    pub name: &'static str,
    /// Value in its unit, without it.
    pub value: String,
    /// `ms`, `kB`, if it has one.
    pub unit: Option<&'static str>,
    /// One line.
    pub doc: &'static str,
    /// Who may change it: `internal`, `postmaster`, `user`.
    pub context: &'static str,
    /// `bool`, `integer`, `real`, `enum`, `string`.
    pub kind: &'static str,
    /// Least and greatest number.
    pub range: Option<(String, String)>,
    /// The words that it takes.
    pub words: Option<&'static [&'static str]>,
    /// Value of a new server.
    pub default: String,
    /// Value that `RESET` goes back to.
    pub reset: String,
}

/// A session: a row of `pg_stat_activity`. Times are microseconds since 2000-01-01 UTC.
#[derive(Clone, Debug)]
pub struct SessionReport {
    /// Number that clients cancel by.
    pub pid: i32,
    /// OID of the project it is in.
    pub database: u32,
    /// The role that logged in.
    pub user: String,
    /// What the client calls itself.
    pub application_name: String,
    /// Address of its client, if it has one.
    pub client: Option<String>,
    /// When it began.
    pub started: i64,
    /// When its transaction began, while there is one.
    pub transaction_started: Option<i64>,
    /// When its last statement began.
    pub statement_started: Option<i64>,
    /// `active`, `idle`, `idle in transaction` …
    pub state: &'static str,
    /// The statement at work, or the last one.
    pub query: String,
    /// When it began to do what it does.
    pub changed: i64,
    /// What it waits for: kind and name.
    pub wait_event: Option<(&'static str, &'static str)>,
    /// Number of its transaction, while there is one.
    pub transaction: Option<u32>,
}

/// A lock held or waited for: a row of `pg_locks`.
#[derive(Clone, Debug, Default)]
pub struct LockReport {
    /// `relation`, `transactionid`, `virtualxid`, `advisory`, `object`.
    pub kind: &'static str,
    /// OID of the project, where the lock belongs to one.
    pub database: Option<u32>,
    /// OID of the relation, if it is one.
    pub relation: Option<u32>,
    /// A session's number for its own transaction.
    pub virtual_transaction: Option<String>,
    /// Number of a transaction, if it is one.
    pub transaction: Option<u32>,
    /// Kind, number and sub-number of anything else.
    pub object: Option<(u32, u32, i16)>,
    /// The holder's or waiter's number for its own transaction.
    pub holder: String,
    /// Number that its clients cancel by; a prepared transaction has none.
    pub pid: Option<i32>,
    /// PostgreSQL's name of the mode.
    pub mode: &'static str,
    /// It is held, as against waited for.
    pub granted: bool,
}

/// A prepared statement: a row of `pg_prepared_statements`.
#[derive(Clone, Debug)]
pub struct StatementReport {
    /// Name.
    pub name: String,
    /// Its text.
    pub statement: String,
    /// When it was prepared, if that is known.
    pub prepared: Option<i64>,
    /// Types of its parameters.
    pub parameters: Vec<Type>,
    /// Made by `PREPARE`, as against the protocol.
    pub from_sql: bool,
}

/// A keyword: a row of `pg_get_keywords`.
#[derive(Clone, Copy, Debug)]
pub struct KeywordReport {
    /// The word.
    pub word: &'static str,
    /// `U` unreserved, `C` column name, `T` type or function name, `R` reserved.
    pub category: u8,
    /// May be a column's label without `AS`.
    pub bare_label: bool,
}

/// A cursor: a row of `pg_cursors`.
#[derive(Clone, Debug)]
pub struct CursorReport {
    /// Name.
    pub name: String,
    /// The text of the query.
    pub statement: String,
    /// Outlives its transaction.
    pub holdable: bool,
    /// Sends values in binary.
    pub binary: bool,
    /// Goes backwards.
    pub scrollable: bool,
    /// When it was made, if that is known.
    pub created: Option<i64>,
}
