//! The shape of a function: its row in the table, and how its kernel is called.

use super::reports::{
    CursorReport, KeywordReport, LockReport, SessionReport, SettingReport, StatementReport,
};
use crate::error::Result;
use strata_types::{Column, Format, Type, Value};

/// May a call be computed once, once a statement, or each time?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatility {
    /// Same arguments, same result, for ever: folded by the optimizer.
    Immutable,
    /// Same result within a statement.
    Stable,
    /// Called for each row.
    Volatile,
}

/// A function's row in the table.
#[derive(Debug)]
pub struct Function {
    /// PostgreSQL's OID where it has one.
    pub oid: u32,
    /// Name in `pg_catalog`.
    pub name: &'static str,
    /// Argument types; may be pseudo-types such as `anyelement`.
    pub args: &'static [Type],
    /// The last argument takes any number of values.
    pub variadic: bool,
    /// How many trailing arguments may be left out.
    pub defaults: u8,
    /// Result type (element type of the rows of a set-returning function; RECORD if it has several columns).
    pub result: Type,
    /// See [`Volatility`].
    pub volatility: Volatility,
    /// NULL in, NULL out, without a call.
    pub strict: bool,
    /// What runs.
    pub kind: FunctionKind,
    /// One line for `\df+` and the reference.
    pub doc: &'static str,
}

/// What runs when a function is called.
#[derive(Clone, Copy, Debug)]
pub enum FunctionKind {
    /// One value from one row. The vector kernel, where there is one, computes a whole batch at once.
    Scalar(ScalarKernel, Option<VectorKernel>),
    /// Many rows from one row. Names and types of the columns for functions with several.
    Set(SetKernel, &'static [(&'static str, Type)]),
    /// One value from many rows: makes an accumulator for the (actual) argument types.
    Aggregate(fn(&[Type]) -> Box<dyn Accumulator>),
    /// One value from a row's place in its window.
    Window(WindowKind),
}

/// Computes one value. Strict functions never see NULL arguments.
pub type ScalarKernel = fn(&Call<'_>, &[Value]) -> Result<Value>;
/// Computes a column from columns of equal length, NULLs included (validity is the kernel's business).
pub type VectorKernel = fn(&Call<'_>, &[&Column]) -> Result<Column>;
/// Starts a stream of rows.
pub type SetKernel = fn(&Call<'_>, &[Value]) -> Result<Box<dyn RowSource>>;

/// A stream of rows out of a set-returning function.
pub trait RowSource: Send {
    /// The next row's values, or `None` at the end.
    fn next(&mut self, env: &dyn Environment) -> Result<Option<Vec<Value>>>;
}

/// The running state of an aggregate over one group.
pub trait Accumulator: Send {
    /// Takes one row's arguments in. NULLs arrive unless the function is strict.
    fn add(&mut self, call: &Call<'_>, args: &[Value]) -> Result<()>;
    /// Takes in the rows of `args` (columns) whose group this is; `rows` are row numbers. The default
    /// calls [`Self::add`] row by row.
    fn add_rows(&mut self, call: &Call<'_>, args: &[&Column], rows: &[u32]) -> Result<()> {
        let mut values = Vec::with_capacity(args.len());
        for &row in rows {
            values.clear();
            values.extend(args.iter().map(|column| column.value(row as usize)));
            self.add(call, &values)?;
        }
        Ok(())
    }
    /// The result so far. The state stays usable (window frames grow).
    fn finish(&mut self, call: &Call<'_>) -> Result<Value>;
    /// Bytes held, for the memory pool.
    fn bytes(&self) -> usize {
        64
    }
}

/// The window functions proper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowKind {
    /// 1, 2, 3 …
    RowNumber,
    /// With gaps.
    Rank,
    /// Without gaps.
    DenseRank,
    /// (rank - 1) / (rows - 1).
    PercentRank,
    /// Rows up to the last peer / rows.
    CumeDist,
    /// n buckets of nearly equal size.
    Ntile,
    /// A value so many rows before.
    Lag,
    /// A value so many rows after.
    Lead,
    /// Of the frame.
    FirstValue,
    /// Of the frame.
    LastValue,
    /// Of the frame.
    NthValue,
}

/// A call's surroundings.
pub struct Call<'a> {
    /// The session.
    pub env: &'a dyn Environment,
    /// Actual argument types.
    pub args: &'a [Type],
    /// Actual result type.
    pub result: Type,
}

impl Call<'_> {
    /// How the session writes and reads dates, intervals, bytea and floats.
    pub fn format(&self) -> &Format {
        self.env.format()
    }
}

/// An operator's row in the table: a symbol for a function of one or two arguments.
#[derive(Debug)]
pub struct Operator {
    /// PostgreSQL's OID where it has one.
    pub oid: u32,
    /// Its symbol.
    pub symbol: &'static str,
    /// Left operand; `None` for prefix operators.
    pub left: Option<Type>,
    /// Right operand.
    pub right: Type,
    /// The function behind it.
    pub function: &'static Function,
    /// Symbol with the operands swapped, if any.
    pub commutator: Option<&'static str>,
    /// Symbol with the opposite answer, if any.
    pub negator: Option<&'static str>,
}

/// What kernels may know of the session that calls them.
pub trait Environment {
    /// Output styles and time zone.
    fn format(&self) -> &Format;
    /// For calls that may take long.
    ///
    /// # Errors
    /// 57014 if the client has cancelled the statement or its time is up.
    fn check_interrupts(&self) -> Result<()>;
    /// Start of the transaction, microseconds since 2000-01-01 UTC.
    fn transaction_time(&self) -> i64;
    /// Arrival of the statement.
    fn statement_time(&self) -> i64;
    /// Now.
    fn clock_time(&self) -> i64;
    /// 64 random bits.
    fn random(&self) -> u64;
    /// Makes `random()` repeatable for the session.
    fn set_seed(&self, seed: u64);
    /// A setting's text (`SHOW`).
    fn setting(&self, name: &str) -> Option<String>;
    /// `set_config`.
    fn set_setting(&self, name: &str, value: &str, local: bool) -> Result<()>;
    /// Name of the current role.
    fn current_user(&self) -> String;
    /// Name of the role that logged in.
    fn session_user(&self) -> String;
    /// Name of the project the session is in.
    fn database(&self) -> String;
    /// The schemas of the search path that exist, in order; `implicit` adds `pg_catalog`.
    fn schemas(&self, implicit: bool) -> Vec<String>;
    /// Number that clients cancel by.
    fn backend_pid(&self) -> i32;
    /// `nextval`.
    fn sequence_next(&self, sequence: u32) -> Result<i64>;
    /// `currval`.
    fn sequence_current(&self, sequence: u32) -> Result<i64>;
    /// `setval`.
    fn sequence_set(&self, sequence: u32, value: i64, called: bool) -> Result<()>;
    /// The value returned last, or the one to be returned next and false.
    fn sequence_position(&self, sequence: u32) -> Result<(i64, bool)>;
    /// `lastval`.
    fn sequence_last(&self) -> Result<i64>;
    /// Text to OID for the reg* types (`ty` is regclass, regtype, regnamespace, regproc, regrole …); `None` if
    /// there is no such object.
    fn object_oid(&self, ty: Type, name: &str) -> Result<Option<u32>>;
    /// OID to text for the reg* types, qualified where the search path demands it.
    fn object_name(&self, ty: Type, oid: u32) -> Option<String>;
    /// As [`Self::object_name`]; the number itself if there is no such object, `-` for 0.
    fn alias_text(&self, ty: Type, oid: u32) -> String {
        match oid {
            0 => "-".to_owned(),
            oid => self.object_name(ty, oid).unwrap_or_else(|| oid.to_string()),
        }
    }
    /// When the server began, microseconds since 2000-01-01 UTC.
    fn server_start_time(&self) -> i64;
    /// Answers catalog questions of the `pg_get_*def`, `*_is_visible`, `obj_description`, `has_*_privilege`, size
    /// families: `question` is the function's name.
    fn catalog(&self, question: &str, args: &[Value]) -> Result<Value>;
    /// Every setting.
    fn settings(&self) -> Vec<SettingReport>;
    /// The sessions of the server that this one knows of, itself among them.
    fn sessions(&self) -> Vec<SessionReport>;
    /// The locks that sessions hold and wait for.
    fn locks(&self) -> Vec<LockReport>;
    /// The session's prepared statements.
    fn prepared_statements(&self) -> Vec<StatementReport>;
    /// The session's open cursors.
    fn cursors(&self) -> Vec<CursorReport>;
    /// The words of the language.
    fn keywords(&self) -> Vec<KeywordReport>;
    /// Bytes on disk of the table of this keyspace.
    fn table_bytes(&self, keyspace: u32) -> i64;
    /// An expression's text with the fewest parentheses, as the pretty forms of `pg_get_*def` print it.
    fn pretty_expression(&self, expression: &str) -> String;
    /// Sends a notice to the client (`severity` NOTICE, WARNING …).
    fn notice(&self, severity: &str, sqlstate: &str, message: &str);
}
