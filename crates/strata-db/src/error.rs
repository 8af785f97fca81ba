//! What goes wrong in SQL, as a client sees it.
//!
//! The SQLSTATE is chosen where the fact is known, so that drivers can branch on it
//! (PostgreSQL documentation, appendix A).

use std::fmt;
use std::panic::Location;

/// Result of anything that answers a statement.
pub type Result<T, E = SqlError> = std::result::Result<T, E>;

/// An error with the fields of PostgreSQL's ErrorResponse. One pointer wide, since it travels through
/// every `Result` of the engine.
#[derive(Clone, PartialEq, Eq)]
pub struct SqlError(Box<Fields>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    sqlstate: [u8; 5],
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    /// 0-based character offset into the statement's text.
    position: Option<u32>,
    /// What was being done: PostgreSQL's CONTEXT lines.
    context: Option<String>,
    schema: Option<String>,
    table: Option<String>,
    column: Option<String>,
    data_type: Option<String>,
    constraint: Option<String>,
    /// PostgreSQL's name for the place that raises it, where clients act on it.
    routine: Option<&'static str>,
    origin: Origin,
}

/// Where in strata an error was raised. Errors are equal wherever they come from.
#[derive(Clone, Copy, Debug)]
struct Origin(&'static Location<'static>);

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

impl SqlError {
    /// An error with a five-character SQLSTATE (see `strata_types::sqlstate`) and PostgreSQL's wording.
    #[track_caller]
    pub fn new(sqlstate: &str, message: impl Into<String>) -> Self {
        let mut code = *b"XX000";
        if let Ok(given) = <[u8; 5]>::try_from(sqlstate.as_bytes()) {
            code = given;
        }
        SqlError(Box::new(Fields {
            sqlstate: code,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            context: None,
            schema: None,
            table: None,
            column: None,
            data_type: None,
            constraint: None,
            routine: None,
            origin: Origin(Location::caller()),
        }))
    }

    /// `0A000`: PostgreSQL could, strata does not.
    #[track_caller]
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new("0A000", format!("{what} is not supported"))
    }

    /// Adds the DETAIL line.
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.0.detail = Some(text.into());
        self
    }

    /// Adds the HINT line.
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.0.hint = Some(text.into());
        self
    }

    /// Points at a place in the statement (0-based character offset) unless one is known already.
    /// `u32::MAX` is the place of what comes from nowhere in the text, and no place to point at.
    pub fn at(mut self, position: u32) -> Self {
        if position != u32::MAX {
            self.0.position.get_or_insert(position);
        }
        self
    }

    /// Adds the CONTEXT line.
    pub fn context(mut self, text: impl Into<String>) -> Self {
        self.0.context = Some(text.into());
        self
    }

    /// PostgreSQL's name for the place that raises it, where clients act on it.
    pub fn routine(mut self, name: &'static str) -> Self {
        self.0.routine = Some(name);
        self
    }

    /// Names the relation concerned.
    pub fn on_table(mut self, schema: impl Into<String>, table: impl Into<String>) -> Self {
        self.0.schema = Some(schema.into());
        self.0.table = Some(table.into());
        self
    }

    /// Names the column concerned.
    pub fn on_column(mut self, column: impl Into<String>) -> Self {
        self.0.column = Some(column.into());
        self
    }

    /// Names the constraint concerned.
    pub fn on_constraint(mut self, constraint: impl Into<String>) -> Self {
        self.0.constraint = Some(constraint.into());
        self
    }

    /// Names the data type concerned.
    pub fn on_type(mut self, data_type: impl Into<String>) -> Self {
        self.0.data_type = Some(data_type.into());
        self
    }

    /// The five characters that drivers branch on.
    pub fn sqlstate(&self) -> &str {
        std::str::from_utf8(&self.0.sqlstate).unwrap_or("XX000")
    }

    /// The primary message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// 0-based character offset into the statement.
    pub fn position(&self) -> Option<u32> {
        self.0.position
    }

    /// The source file and line that raised it, and the routine (fields F, L, R).
    pub fn origin(&self) -> (&'static str, u32, &'static str) {
        let place = self.0.origin.0;
        let file = place.file().rsplit('/').next().unwrap_or_default();
        (file, place.line(), self.0.routine.unwrap_or("strata"))
    }

    /// Every further field that is present, as (protocol field code, text): D, H, W, s, t, c, d, n
    /// (PostgreSQL documentation, "Error and Notice Message Fields").
    pub fn fields(&self) -> impl Iterator<Item = (u8, &str)> {
        let f = &*self.0;
        [
            (b'D', &f.detail),
            (b'H', &f.hint),
            (b'W', &f.context),
            (b's', &f.schema),
            (b't', &f.table),
            (b'c', &f.column),
            (b'd', &f.data_type),
            (b'n', &f.constraint),
        ]
        .into_iter()
        .filter_map(|(code, text)| Some((code, text.as_deref()?)))
    }
}

impl fmt::Debug for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.message, self.sqlstate())
    }
}

impl std::error::Error for SqlError {}

impl From<strata_store::Error> for SqlError {
    fn from(error: strata_store::Error) -> Self {
        let raised = SqlError::new(error.sqlstate(), error.to_string());
        match error {
            strata_store::Error::Serialization { reason } => raised
                .detail(format!("Reason code: {reason}"))
                .hint("The transaction might succeed if retried."),
            _ => raised,
        }
    }
}

impl From<strata_types::Error> for SqlError {
    fn from(error: strata_types::Error) -> Self {
        SqlError::new(error.sqlstate(), error.to_string())
    }
}
