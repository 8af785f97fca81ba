//! Every setting, as a table: from it come `SHOW`, `SET`, `pg_settings` and the reference.

use super::without_effect::WITHOUT_EFFECT;

/// A setting's row.
#[derive(Debug)]
pub struct Setting {
    /// Name as `SHOW ALL` spells it; matched without case.
    pub name: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Value of a new session.
    pub default: &'static str,
    /// Who may change it.
    pub context: Context,
    /// Clients are told of every change (ParameterStatus).
    pub reported: bool,
    /// One line.
    pub doc: &'static str,
}

impl Setting {
    /// The least amount of memory that it may be set to, in kB.
    pub(super) fn least_kilobytes(&self) -> u64 {
        if let Kind::Kilobytes(least) = self.kind { least } else { 0 }
    }
}

/// What values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// on/off in PostgreSQL's spellings.
    Bool,
    /// A whole number in a range.
    Integer(i64, i64),
    /// A length of time, kept in milliseconds; units may be written.
    Milliseconds,
    /// A length of time, kept in seconds; units may be written.
    Seconds,
    /// An amount of memory, kept in kB and of at least so many; units may be written.
    Kilobytes(u64),
    /// An amount of memory, kept in pages of 8 kB; units may be written.
    Blocks,
    /// A number.
    Real,
    /// One of some words.
    Enum(&'static [&'static str]),
    /// Any text.
    Text,
    /// A comma-separated list of identifiers.
    List,
    /// DateStyle's two words.
    DateStyle,
    /// A time zone's name.
    TimeZone,
    /// A character set; only UTF8 is accepted.
    Encoding,
}

/// Who may change a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Nobody: a fact.
    Internal,
    /// Only the server's start.
    Postmaster,
    /// Anybody.
    User,
}

use Context::{Internal, Postmaster, User};
use Kind::{Bool, DateStyle, Encoding, Enum, Integer, Kilobytes, List, Milliseconds, Real, Text, TimeZone};

const ISOLATION: Kind = Enum(&["serializable", "repeatable read", "read committed", "read uncommitted"]);
const MESSAGES: Kind =
    Enum(&["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"]);

const fn row(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    context: Context,
    reported: bool,
    doc: &'static str,
) -> Setting {
    Setting { name, kind, default, context, reported, doc }
}

/// The table, by name without case.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    row("application_name", Text, "", User, true, "Sets the application name to be reported in statistics and logs."),
    row("array_nulls", Bool, "on", User, false, "Enable input of NULL elements in arrays."),
    row("backslash_quote", Enum(&["safe_encoding", "on", "off"]), "safe_encoding", User, false, "Sets whether \"\\'\" is allowed in string literals."),
    row("bytea_output", Enum(&["escape", "hex"]), "hex", User, false, "Sets the output format for bytea."),
    row("check_function_bodies", Bool, "on", User, false, "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE."),
    row("client_encoding", Encoding, "UTF8", User, true, "Sets the client's character set encoding."),
    row("client_min_messages", MESSAGES, "notice", User, false, "Sets the message levels that are sent to the client."),
    row("DateStyle", DateStyle, "ISO, MDY", User, true, "Sets the display format for date and time values."),
    row("deadlock_timeout", Milliseconds, "1000", User, false, "Sets the time to wait on a lock before checking for deadlock."),
    row("default_table_access_method", Text, "heap", User, false, "Sets the default table access method for new tables."),
    row("default_tablespace", Text, "", User, false, "Sets the default tablespace to create tables and indexes in."),
    row("default_transaction_deferrable", Bool, "off", User, false, "Sets the default deferrable status of new transactions."),
    row("default_transaction_isolation", ISOLATION, "read committed", User, false, "Sets the transaction isolation level of each new transaction."),
    row("default_transaction_read_only", Bool, "off", User, true, "Sets the default read-only status of new transactions."),
    row("enable_hashagg", Bool, "on", User, false, "Enables the planner's use of hashed aggregation plans."),
    row("enable_hashjoin", Bool, "on", User, false, "Enables the planner's use of hash join plans."),
    row("enable_indexscan", Bool, "on", User, false, "Enables the planner's use of index-scan plans."),
    row("enable_mergejoin", Bool, "on", User, false, "Enables the planner's use of merge join plans."),
    row("enable_nestloop", Bool, "on", User, false, "Enables the planner's use of nested-loop join plans."),
    row("enable_seqscan", Bool, "on", User, false, "Enables the planner's use of sequential-scan plans."),
    row("enable_sort", Bool, "on", User, false, "Enables the planner's use of explicit sort steps."),
    row("escape_string_warning", Bool, "on", User, false, "Warn about backslash escapes in ordinary string literals."),
    row("extra_float_digits", Integer(-15, 3), "1", User, false, "Sets the number of digits displayed for floating-point values."),
    row("geqo", Bool, "on", User, false, "Enables genetic query optimization."),
    row("idle_in_transaction_session_timeout", Milliseconds, "0", User, false, "Sets the maximum allowed idle time between queries, when in a transaction."),
    row("idle_session_timeout", Milliseconds, "0", User, false, "Sets the maximum allowed idle time between queries, when not in a transaction."),
    row("in_hot_standby", Bool, "off", Internal, true, "Shows whether hot standby is currently active."),
    row("integer_datetimes", Bool, "on", Internal, true, "Shows whether datetimes are integer based."),
    row("IntervalStyle", Enum(&["postgres", "postgres_verbose", "sql_standard", "iso_8601"]), "postgres", User, true, "Sets the display format for interval values."),
    row("is_superuser", Bool, "on", Internal, true, "Shows whether the current user is a superuser."),
    row("jit", Bool, "off", User, false, "Allow JIT compilation."),
    row("lc_collate", Text, "C.UTF-8", Internal, false, "Shows the collation order locale."),
    row("lc_ctype", Text, "C.UTF-8", Internal, false, "Shows the character classification and case conversion locale."),
    row("lc_messages", Text, "C.UTF-8", User, false, "Sets the language in which messages are displayed."),
    row("lc_monetary", Text, "C.UTF-8", User, false, "Sets the locale for formatting monetary amounts."),
    row("lc_numeric", Text, "C.UTF-8", User, false, "Sets the locale for formatting numbers."),
    row("lc_time", Text, "C.UTF-8", User, false, "Sets the locale for formatting date and time values."),
    row("lock_timeout", Milliseconds, "0", User, false, "Sets the maximum allowed duration of any wait for a lock."),
    row("max_connections", Integer(1, 262_143), "1000", Postmaster, false, "Sets the maximum number of concurrent connections."),
    row("max_identifier_length", Integer(63, 63), "63", Internal, false, "Shows the maximum identifier length."),
    row("max_index_keys", Integer(32, 32), "32", Internal, false, "Shows the maximum number of index keys."),
    row("max_parallel_workers_per_gather", Integer(0, 1024), "0", User, false, "Sets the maximum number of parallel processes per executor node."),
    row("quote_all_identifiers", Bool, "off", User, false, "When generating SQL fragments, quote all identifiers."),
    row("random_page_cost", Real, "1.1", User, false, "Sets the planner's estimate of the cost of a nonsequentially fetched disk page."),
    row("role", Text, "none", User, false, "Sets the current role."),
    row("row_security", Bool, "on", User, false, "Enable row security."),
    row("search_path", List, "\"$user\", public", User, false, "Sets the schema search order for names that are not schema-qualified."),
    row("server_encoding", Encoding, "UTF8", Internal, true, "Shows the server (database) character set encoding."),
    row("server_version", Text, crate::session::SERVER_VERSION, Internal, true, "Shows the server version."),
    row("server_version_num", Integer(150_000, 159_999), "150018", Internal, false, "Shows the server version as an integer."),
    row("session_authorization", Text, "", User, true, "Sets the session user name."),
    row("session_replication_role", Enum(&["origin", "replica", "local"]), "origin", User, false, "Sets the session's behavior for triggers and rewrite rules."),
    row("standard_conforming_strings", Enum(&["on"]), "on", User, true, "Causes '...' strings to treat backslashes literally."),
    row("statement_timeout", Milliseconds, "0", User, false, "Sets the maximum allowed duration of any statement."),
    row("synchronize_seqscans", Bool, "on", User, false, "Enable synchronized sequential scans."),
    row("synchronous_commit", Enum(&["local", "remote_write", "remote_apply", "on", "off"]), "on", User, false, "Sets whether a commit waits until it is durable."),
    row("TimeZone", TimeZone, "UTC", User, true, "Sets the time zone for displaying and interpreting time stamps."),
    row("transaction_deferrable", Bool, "off", User, false, "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures."),
    row("transaction_isolation", ISOLATION, "read committed", User, false, "Sets the current transaction's isolation level."),
    row("transaction_read_only", Bool, "off", User, false, "Sets the current transaction's read-only status."),
    row("transaction_timeout", Milliseconds, "0", User, false, "Sets the maximum allowed duration of any transaction within a session (not a prepared transaction)."),
    row("work_mem", Kilobytes(64), "64MB", User, false, "Sets the maximum memory to be used for query workspaces."),
    row("xmloption", Enum(&["content", "document"]), "content", User, false, "Sets whether XML data is to be considered as documents or content fragments."),
];

/// A setting by name, without case.
pub(in crate::session) fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().chain(WITHOUT_EFFECT).find(|setting| setting.name.eq_ignore_ascii_case(name))
}
