//! Expressions.

use super::{Ident, ObjectName, Pos, Query, TypeName};
use std::borrow::Cow;

/// An expression and where it stands.
///
/// The position is the one that PostgreSQL reports: of an operator for an operator expression, of the
/// first token for everything else.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub pos: Pos,
}

// Rows of VALUES are vectors of these: a literal costs no allocation of its own beyond its text.
const _: () = assert!(size_of::<Expr>() <= 64);

impl Expr {
    /// An expression at a place.
    #[must_use]
    pub fn new(kind: ExprKind, pos: Pos) -> Self {
        Self { kind, pos }
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`.
    Bool(bool),
    /// A whole number that fits 64 bits; a minus sign before a literal is part of it.
    Integer(i64),
    /// Any other number, as written (with its minus sign).
    Number(Box<str>),
    /// A string literal of unknown type, escapes resolved.
    String(Box<str>),
    /// `B'0101'`: its digits.
    BitString(Box<str>),
    /// `X'1FF'`: its digits.
    HexString(Box<str>),
    /// `$1`.
    Param(u32),
    /// `DEFAULT`, where a value may be asked of the column.
    Default,
    /// `column`, `table.column`, `dataset.table.column`, `project.dataset.table.column`.
    Column(ObjectName),
    /// `*` (empty), `table.*`, `dataset.table.*`.
    Wildcard(Vec<Ident>),
    /// `base[1]`, `base[1:2]`, one after the other.
    Subscript {
        /// The array or other container.
        base: Box<Expr>,
        /// What stands in the brackets.
        indexes: Vec<Subscript>,
    },
    /// `(base).field`.
    Field {
        /// A composite value.
        base: Box<Expr>,
        /// One of its columns.
        field: Ident,
    },
    /// `(base).*`.
    AllFields(Box<Expr>),
    /// A prefix operator.
    Unary {
        /// The operator.
        op: Operator,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// An infix operator, also `=`, `<>` (for `!=` too) and the other comparisons.
    Binary {
        /// The operator.
        op: Operator,
        /// What stands before it.
        left: Box<Expr>,
        /// What stands after it.
        right: Box<Expr>,
    },
    /// `a AND b AND ..`, flat.
    And(Vec<Expr>),
    /// `a OR b OR ..`, flat.
    Or(Vec<Expr>),
    /// `NOT a`.
    Not(Box<Expr>),
    /// `a IS [NOT] NULL | TRUE | FALSE | UNKNOWN | DOCUMENT | NORMALIZED`.
    Is {
        /// What is tested.
        operand: Box<Expr>,
        /// For what.
        test: IsTest,
        /// `IS NOT`.
        negated: bool,
    },
    /// `a IS [NOT] DISTINCT FROM b`.
    IsDistinct {
        /// Both sides.
        operands: Box<(Expr, Expr)>,
        /// `IS NOT DISTINCT FROM`.
        negated: bool,
    },
    /// `a [NOT] BETWEEN [SYMMETRIC] low AND high`.
    Between(Box<Between>),
    /// `a [NOT] IN (b, c, ..)`.
    InList {
        /// What is looked for.
        operand: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `a [NOT] IN (SELECT ..)`.
    InSubquery {
        /// What is looked for: a value or a row.
        operand: Box<Expr>,
        /// Where.
        query: Box<Query>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `a [NOT] LIKE | ILIKE | SIMILAR TO pattern [ESCAPE e]`.
    Like(Box<Like>),
    /// `a op ANY | ALL (array)`; `SOME` is `ANY`, `LIKE` is the operator `~~`.
    QuantifiedArray(Box<QuantifiedArray>),
    /// `a op ANY | ALL (SELECT ..)`.
    QuantifiedQuery(Box<QuantifiedQuery>),
    /// `EXISTS (SELECT ..)`.
    Exists(Box<Query>),
    /// `(SELECT ..)` as a value.
    Subquery(Box<Query>),
    /// `ARRAY(SELECT ..)`.
    ArraySubquery(Box<Query>),
    /// `ARRAY[a, b]`, and each inner bracket of `ARRAY[[a], [b]]`.
    Array(Vec<Expr>),
    /// `ROW(a, b)` or `(a, b)`.
    Row {
        /// Its fields.
        fields: Vec<Expr>,
        /// Whether the word `ROW` was there.
        explicit: bool,
    },
    /// `CASE`.
    Case(Box<Case>),
    /// `CAST(a AS type)`, `a::type`, `type 'literal'`.
    Cast {
        /// What is converted.
        operand: Box<Expr>,
        /// To what.
        ty: Box<TypeName>,
    },
    /// `a COLLATE name`.
    Collate {
        /// What is compared by the collation.
        operand: Box<Expr>,
        /// The collation.
        collation: Box<ObjectName>,
    },
    /// `COALESCE(a, b, ..)`.
    Coalesce(Vec<Expr>),
    /// `GREATEST(a, b, ..)`.
    Greatest(Vec<Expr>),
    /// `LEAST(a, b, ..)`.
    Least(Vec<Expr>),
    /// `NULLIF(a, b)`.
    NullIf(Box<(Expr, Expr)>),
    /// `CURRENT_DATE` and the other functions that are written without parentheses.
    SqlValue {
        /// Which one.
        function: SqlValueFunction,
        /// `CURRENT_TIMESTAMP(3)`.
        precision: Option<i32>,
    },
    /// `GROUPING(a, b, ..)`.
    Grouping(Vec<Expr>),
    /// A call of a function, aggregate or window function.
    Function(Box<FunctionCall>),
    /// `WHERE CURRENT OF cursor`: only as the whole condition of an UPDATE or DELETE.
    CurrentOf(Ident),
}

/// One pair of brackets after an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Subscript {
    /// `[i]`.
    Index(Expr),
    /// `[low:high]`, both optional.
    Slice {
        /// Before the colon.
        low: Option<Expr>,
        /// After it.
        high: Option<Expr>,
    },
}

/// An operator's symbol, possibly with the schema that `OPERATOR(schema.op)` names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operator {
    /// Its characters; `!=` is already `<>`. The builtin ones cost no allocation.
    pub symbol: Cow<'static, str>,
    /// The schema, if one was named.
    pub schema: Option<Box<ObjectName>>,
}

impl Operator {
    /// An operator without a schema.
    #[must_use]
    pub fn plain(symbol: &'static str) -> Self {
        Self { symbol: Cow::Borrowed(symbol), schema: None }
    }
}

/// What `IS` can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IsTest {
    /// `IS NULL`, `ISNULL`.
    Null,
    /// `IS TRUE`.
    True,
    /// `IS FALSE`.
    False,
    /// `IS UNKNOWN`.
    Unknown,
    /// `IS DOCUMENT`, of XML.
    Document,
    /// `IS [form] NORMALIZED`; NFC when no form is named.
    Normalized(NormalForm),
}

/// A Unicode normalization form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the standard's name")]
pub enum NormalForm {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

/// `a [NOT] BETWEEN [SYMMETRIC] low AND high`.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// What is tested.
    pub operand: Expr,
    /// One bound.
    pub low: Expr,
    /// The other.
    pub high: Expr,
    /// Whether the bounds may come in either order.
    pub symmetric: bool,
    /// `NOT BETWEEN`.
    pub negated: bool,
}

/// `a [NOT] LIKE pattern [ESCAPE e]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    /// Which kind of pattern.
    pub kind: LikeKind,
    /// What is matched.
    pub operand: Expr,
    /// The pattern.
    pub pattern: Expr,
    /// The escape character.
    pub escape: Option<Expr>,
    /// `NOT LIKE`.
    pub negated: bool,
}

/// The kinds of pattern that have their own syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LikeKind {
    /// `LIKE`, the operator `~~`.
    Like,
    /// `ILIKE`, the operator `~~*`.
    ILike,
    /// `SIMILAR TO`.
    SimilarTo,
}

/// `ANY` or `ALL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `ANY`, `SOME`.
    Any,
    /// `ALL`.
    All,
}

/// `a op ANY (array)`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantifiedArray {
    /// What is compared.
    pub operand: Expr,
    /// How.
    pub op: Operator,
    /// With one or all of the elements.
    pub quantifier: Quantifier,
    /// The array.
    pub array: Expr,
}

/// `a op ANY (SELECT ..)`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantifiedQuery {
    /// What is compared: a value or a row.
    pub operand: Expr,
    /// How.
    pub op: Operator,
    /// With one or all of the rows.
    pub quantifier: Quantifier,
    /// The rows.
    pub query: Query,
}

/// `CASE [operand] WHEN .. THEN .. [ELSE ..] END`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What each branch is compared with, in the short form.
    pub operand: Option<Expr>,
    /// The branches; at least one.
    pub branches: Vec<CaseBranch>,
    /// `ELSE`.
    pub otherwise: Option<Expr>,
}

/// `WHEN condition THEN result`.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseBranch {
    /// After `WHEN`.
    pub condition: Expr,
    /// After `THEN`.
    pub result: Expr,
    /// Of `WHEN`.
    pub pos: Pos,
}

/// The functions that SQL writes without parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum SqlValueFunction {
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentRole,
    CurrentUser,
    User,
    SessionUser,
    CurrentCatalog,
    CurrentSchema,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionCall {
    /// The function's name.
    pub name: ObjectName,
    /// Its arguments, positional ones first. Direct arguments when `within_group`.
    pub args: Vec<FunctionArg>,
    /// `f(*)`.
    pub star: bool,
    /// `f(.., VARIADIC array)`: the last argument.
    pub variadic: bool,
    /// `f(DISTINCT ..)`.
    pub distinct: bool,
    /// `f(.. ORDER BY ..)`, or the keys of `WITHIN GROUP (ORDER BY ..)`.
    pub order_by: Vec<SortKey>,
    /// Whether `order_by` came from `WITHIN GROUP`.
    pub within_group: bool,
    /// `FILTER (WHERE ..)`.
    pub filter: Option<Expr>,
    /// `OVER ..`.
    pub over: Option<Over>,
    /// How it was written.
    pub syntax: CallSyntax,
    /// Where the name starts.
    pub pos: Pos,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionArg {
    /// `name => value`, `name := value`.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// The spelling of a call: the meaning is the same, a printed view shows the original form.
///
/// The arguments are in the order of the function in `pg_catalog` that `name` already names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallSyntax {
    /// `f(a, b)`.
    Ordinary,
    /// `a AT TIME ZONE z`: `timezone(z, a)`.
    AtTimeZone,
    /// `EXTRACT(field FROM a)`: `extract('field', a)`.
    Extract,
    /// `NORMALIZE(a, form)`: `normalize(a, 'form')`.
    Normalize,
    /// `OVERLAY(a PLACING b FROM c FOR d)`: `overlay(a, b, c, d)`.
    Overlay,
    /// `POSITION(a IN b)`: `position(b, a)`.
    Position,
    /// `SUBSTRING(a FROM b FOR c)`: `substring(a, b, c)`.
    Substring,
    /// `SUBSTRING(a SIMILAR b ESCAPE c)`: `substring(a, b, c)`.
    SubstringSimilar,
    /// `TRIM(BOTH b FROM a)`: `btrim(a, b)`; also `ltrim` for LEADING and `rtrim` for TRAILING.
    Trim,
    /// `(a, b) OVERLAPS (c, d)`: `overlaps(a, b, c, d)`.
    Overlaps,
    /// `COLLATION FOR (a)`: `pg_collation_for(a)`.
    CollationFor,
}

/// `OVER name` or `OVER (..)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// A window of the `WINDOW` clause, unchanged.
    Name(Ident),
    /// A window of its own.
    Spec(Box<WindowSpec>),
}

/// What stands in the parentheses of `OVER` or `WINDOW w AS`.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    /// The window that this one refines.
    pub base: Option<Ident>,
    /// `PARTITION BY`.
    pub partition_by: Vec<Expr>,
    /// `ORDER BY`.
    pub order_by: Vec<SortKey>,
    /// The frame.
    pub frame: Option<Frame>,
    /// Of the opening parenthesis.
    pub pos: Pos,
}

/// `ROWS | RANGE | GROUPS BETWEEN start AND end EXCLUDE ..`.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// What the bounds count.
    pub units: FrameUnits,
    /// The first row.
    pub start: FrameBound,
    /// The last row; `CURRENT ROW` when only a start was written.
    pub end: FrameBound,
    /// Which rows near the current one are left out.
    pub exclude: FrameExclusion,
    /// Of the units.
    pub pos: Pos,
}

/// What frame bounds count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL keyword of its name")]
pub enum FrameUnits {
    Rows,
    Range,
    Groups,
}

/// One end of a frame.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Box<Expr>),
    CurrentRow,
    Following(Box<Expr>),
    UnboundedFollowing,
}

/// `EXCLUDE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL words of its name")]
pub enum FrameExclusion {
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

/// One key of `ORDER BY`.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The expression.
    pub expr: Expr,
    /// `ASC`, `DESC` or `USING`.
    pub direction: SortDirection,
    /// `NULLS FIRST` (`Some(true)`) or `NULLS LAST`.
    pub nulls_first: Option<bool>,
}

/// In which order a key sorts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortDirection {
    /// Nothing was said: ascending.
    Unspecified,
    /// `ASC`.
    Asc,
    /// `DESC`.
    Desc,
    /// `USING operator`.
    Using(Operator),
}
