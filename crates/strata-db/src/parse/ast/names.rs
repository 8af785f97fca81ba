//! Positions, identifiers, qualified names and type names.

use super::Expr;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A place in the statement's text: the number of characters before it.
///
/// All positions are equal to each other, so that `==` on trees compares meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pos(pub u32);

impl Pos {
    /// The position as the protocol reports it: counted in characters from 1.
    #[must_use]
    pub fn reported(self) -> u32 {
        self.0.saturating_add(1)
    }
}

impl PartialEq for Pos {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Pos {}

impl Hash for Pos {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// One identifier, already folded to lower case unless it was quoted, and cut to 63 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    /// Its characters.
    pub name: Box<str>,
    /// Where it stands.
    pub pos: Pos,
}

impl Ident {
    /// An identifier at a place.
    pub fn new(name: impl Into<Box<str>>, pos: Pos) -> Self {
        Self { name: name.into(), pos }
    }

    /// Its characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

/// A possibly qualified name: `table`, `dataset.table`, `project.dataset.table`. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName(pub Vec<Ident>);

impl ObjectName {
    /// Where the name starts.
    #[must_use]
    pub fn pos(&self) -> Pos {
        self.0.first().map_or_else(Pos::default, |ident| ident.pos)
    }

    /// The last part: the object's own name.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.last().map_or("", |ident| &ident.name)
    }

    /// The parts before the last one.
    #[must_use]
    pub fn qualifier(&self) -> &[Ident] {
        self.0.split_last().map_or(&[], |(_, rest)| rest)
    }
}

/// Dotted, unquoted: as PostgreSQL's messages show a name.
impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            f.write_str(&part.name)?;
        }
        Ok(())
    }
}

/// A type as written. The SQL spellings (`integer`, `double precision`, `character varying`) are already
/// the catalog's (`pg_catalog.int4`, `pg_catalog.float8`, `pg_catalog.varchar`).
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// The type's name.
    pub name: ObjectName,
    /// What stands in parentheses after it: `numeric(10, 2)`.
    pub modifiers: Vec<Expr>,
    /// `interval year to month` and its kind.
    pub interval: Option<IntervalFields>,
    /// One entry for each `[]`, with its unused bound.
    pub array: Vec<Option<i32>>,
    /// `SETOF type`.
    pub setof: bool,
    /// `table.column%TYPE`.
    pub of_column: bool,
    /// Where it starts.
    pub pos: Pos,
}

/// The fields that an interval keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum IntervalFields {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    YearToMonth,
    DayToHour,
    DayToMinute,
    DayToSecond,
    HourToMinute,
    HourToSecond,
    MinuteToSecond,
}
