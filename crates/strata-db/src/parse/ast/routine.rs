//! Functions, procedures and triggers.

use super::{ConstraintTiming, Expr, Ident, ObjectKind, ObjectName, TypeName, VariableSet};

/// `CREATE FUNCTION`, `CREATE PROCEDURE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateFunction {
    /// The function.
    pub name: ObjectName,
    /// `PROCEDURE`.
    pub procedure: bool,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Its parameters.
    pub parameters: Vec<FunctionParameter>,
    /// `RETURNS type`.
    pub returns: Option<TypeName>,
    /// `RETURNS TABLE (..)`.
    pub returns_table: Vec<FunctionParameter>,
    /// Language, volatility, body and the rest, in order.
    pub options: Vec<FunctionOption>,
}

/// One parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParameter {
    /// `IN`, `OUT`, ..
    pub mode: ParameterMode,
    /// Its name.
    pub name: Option<Ident>,
    /// Its type.
    pub ty: TypeName,
    /// `DEFAULT`.
    pub default: Option<Expr>,
}

/// Which way a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum ParameterMode {
    In,
    Out,
    InOut,
    Variadic,
    Table,
}

/// One option of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum FunctionOption {
    /// `LANGUAGE`.
    Language(Box<str>),
    /// `AS 'body'`, `AS 'file', 'symbol'`.
    As(Vec<Box<str>>),
    /// `RETURN expression`.
    Return(Expr),
    /// `BEGIN ATOMIC .. END`.
    Atomic(Vec<super::Statement>),
    /// `IMMUTABLE`, `STABLE`, `VOLATILE`.
    Volatility(Volatility),
    /// `STRICT`, `RETURNS NULL ON NULL INPUT` (true), `CALLED ON NULL INPUT`.
    Strict(bool),
    /// `SECURITY DEFINER` (true), `SECURITY INVOKER`.
    SecurityDefiner(bool),
    /// `LEAKPROOF`, `NOT LEAKPROOF`.
    Leakproof(bool),
    /// `WINDOW`.
    Window,
    /// `COST n`.
    Cost(Box<str>),
    /// `ROWS n`.
    Rows(Box<str>),
    /// `SUPPORT function`.
    Support(ObjectName),
    /// `PARALLEL word`.
    Parallel(Ident),
    /// `SET variable ..`, `RESET variable`.
    Set(Box<VariableSet>),
    /// `TRANSFORM FOR TYPE ..`.
    Transform(Vec<TypeName>),
}

/// How stable a function's result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// `ALTER FUNCTION` with options.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterFunction {
    /// `FUNCTION`, `PROCEDURE` or `ROUTINE`.
    pub kind: ObjectKind,
    /// Which one.
    pub function: FunctionRef,
    /// What changes.
    pub options: Vec<FunctionOption>,
}

/// A function by name and, mostly, by the types of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionRef {
    /// Its name.
    pub name: ObjectName,
    /// Its parameters; any when absent.
    pub parameters: Option<Vec<FunctionParameter>>,
}

/// `CREATE TRIGGER`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// Its name.
    pub name: Ident,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `CONSTRAINT TRIGGER`.
    pub constraint: bool,
    /// When it fires.
    pub timing: TriggerTiming,
    /// On what.
    pub events: Vec<TriggerEvent>,
    /// The table.
    pub table: ObjectName,
    /// `FROM table`, of a constraint trigger.
    pub from: Option<ObjectName>,
    /// When a constraint trigger fires.
    pub deferral: ConstraintTiming,
    /// `REFERENCING`: (new, table, name).
    pub referencing: Vec<(bool, bool, Ident)>,
    /// `FOR EACH ROW`.
    pub for_each_row: bool,
    /// `WHEN (..)`.
    pub when: Option<Expr>,
    /// The function.
    pub function: ObjectName,
    /// Its arguments.
    pub args: Vec<Box<str>>,
}

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

/// What a trigger fires on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerEvent {
    /// `INSERT`.
    Insert,
    /// `DELETE`.
    Delete,
    /// `UPDATE [OF columns]`.
    Update(Vec<Ident>),
    /// `TRUNCATE`.
    Truncate,
}
