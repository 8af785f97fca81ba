//! Bound scalar expressions: every name is a position, every type is known, every coercion is explicit.

use super::Logical;
use crate::functions::Function;
use strata_types::{Type, Typmod, Value};

/// A scalar expression with its type. Equal expressions compute identical values.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// Type of the value.
    pub ty: Type,
    /// Length, precision, scale of the value, if it is known to have any.
    pub typmod: Typmod,
    /// 0-based character offset in the statement, for errors at run time; `u32::MAX` if it has none.
    pub pos: u32,
}

/// What an expression computes. Three-valued logic: a boolean may be NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A value.
    Const(Value),
    /// Column of the input row.
    Column(usize),
    /// Column of the row of an enclosing query: `depth` 1 is the query directly around, or the left side
    /// of a lateral join.
    Outer {
        /// How many rows up.
        depth: usize,
        /// Which column there.
        column: usize,
    },
    /// `$n`, counted from 0.
    Param(usize),
    /// A scalar function or operator. Arguments have the types that the function wants.
    Call {
        /// The function.
        function: FunctionRef,
        /// Its arguments; for a variadic function all of them, spread.
        args: Vec<Expr>,
    },
    /// Conversion to `self.ty`/`self.typmod`.
    Cast {
        /// What is converted.
        arg: Box<Expr>,
        /// Written by the user as a cast (truncates varchar), as against an assignment (which raises).
        explicit: bool,
    },
    /// All are true (Kleene).
    And(Vec<Expr>),
    /// Any is true (Kleene).
    Or(Vec<Expr>),
    /// Kleene negation.
    Not(Box<Expr>),
    /// `IS [NOT] NULL`; on a record: all fields.
    IsNull {
        /// What is tested.
        arg: Box<Expr>,
        /// `IS NOT NULL`.
        negated: bool,
    },
    /// `IS [NOT] TRUE | FALSE | UNKNOWN`: never NULL itself.
    IsBool {
        /// What is tested.
        arg: Box<Expr>,
        /// The truth value asked for; `None` is UNKNOWN.
        truth: Option<bool>,
        /// `IS NOT`.
        negated: bool,
    },
    /// `IS [NOT] DISTINCT FROM`; `equal` is the `=` function of the operands' type.
    IsDistinct {
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// `=` for the two.
        equal: FunctionRef,
        /// `IS NOT DISTINCT FROM`.
        negated: bool,
    },
    /// Searched CASE. (A simple CASE has been bound to comparisons.)
    Case {
        /// Condition and result.
        whens: Vec<(Expr, Expr)>,
        /// ELSE, NULL if absent.
        otherwise: Option<Box<Expr>>,
    },
    /// First that is not NULL.
    Coalesce(Vec<Expr>),
    /// NULL if the two are equal, the first otherwise.
    NullIf {
        /// First.
        left: Box<Expr>,
        /// Second.
        right: Box<Expr>,
        /// `=` for the two.
        equal: FunctionRef,
    },
    /// Largest (or smallest) of those that are not NULL.
    MinMax {
        /// Candidates, of one type.
        args: Vec<Expr>,
        /// GREATEST as against LEAST.
        greatest: bool,
    },
    /// `arg [NOT] IN (list)`, all of one type.
    InList {
        /// What is looked for.
        arg: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// `=` for the two.
        equal: FunctionRef,
        /// `NOT IN`.
        negated: bool,
    },
    /// `arg op ANY/ALL (array)`.
    Quantified {
        /// Left operand.
        arg: Box<Expr>,
        /// Boolean function of (arg, element).
        function: FunctionRef,
        /// Any or all.
        quantifier: Quantifier,
        /// The array.
        array: Box<Expr>,
    },
    /// `ARRAY[...]`; element expressions have the element type, or the array's own type if nested.
    Array(Vec<Expr>),
    /// `ROW(...)`.
    Row(Vec<Expr>),
    /// `array[i]`, `array[l:u]`.
    Subscript {
        /// The array (or jsonb).
        arg: Box<Expr>,
        /// Per dimension: lower (slices only) and index or upper; `None` bounds are open.
        indices: Vec<(Option<Expr>, Option<Expr>)>,
        /// Is it a slice?
        slice: bool,
    },
    /// Field of a record.
    Field {
        /// The record.
        arg: Box<Expr>,
        /// Which field, from 0.
        index: usize,
    },
    /// A subquery as bound. The optimizer replaces it by a join or a [`ExprKind::SubPlan`].
    Subquery(Box<Subquery>),
    /// A subquery that runs as plan `index` of [`super::PhysicalPlan::subplans`].
    SubPlan {
        /// Which.
        index: usize,
        /// How its rows become a value.
        kind: SubqueryKind,
    },
}

/// A function as plans refer to it: compared by identity of its row.
#[derive(Clone, Copy, Debug)]
pub struct FunctionRef(pub &'static Function);

impl PartialEq for FunctionRef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl std::ops::Deref for FunctionRef {
    type Target = Function;
    fn deref(&self) -> &Function {
        self.0
    }
}

/// ANY or ALL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// True for at least one.
    Any,
    /// True for each.
    All,
}

/// Comparison operators, where a plan needs to know which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// A subquery inside an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// How its rows become a value.
    pub kind: SubqueryKind,
    /// The query; its `Outer { depth: 1 }` is the row for which the expression is computed.
    pub plan: Logical,
    /// It refers to columns outside of itself.
    pub correlated: bool,
}

/// How the rows of a subquery become a value.
#[derive(Clone, Debug, PartialEq)]
pub enum SubqueryKind {
    /// The one value of the one row; NULL without row; error 21000 with several.
    Scalar,
    /// Is there a row?
    Exists,
    /// `ARRAY(SELECT ...)`.
    Array,
    /// `(left, …) op ANY/ALL (SELECT …)`; `IN` is `= ANY`, `NOT IN` is `<> ALL`. One function a column, all must hold.
    Compare {
        /// Left operands.
        left: Vec<Expr>,
        /// Boolean functions of (left, column).
        functions: Vec<FunctionRef>,
        /// Any or all.
        quantifier: Quantifier,
    },
}

/// The position of an expression that comes from no place in the text.
pub const NO_POS: u32 = u32::MAX;

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        let same_kind = match (&self.kind, &other.kind) {
            // `x * 1.0` is not `x * 1.00`.
            (ExprKind::Const(value), ExprKind::Const(other)) => value.is_identical(other),
            (kind, other) => kind == other,
        };
        same_kind && self.ty == other.ty && self.typmod == other.typmod && self.pos == other.pos
    }
}

impl Expr {
    /// An expression without typmod and position.
    pub fn new(kind: ExprKind, ty: Type) -> Expr {
        Expr { kind, ty, typmod: Typmod::NONE, pos: NO_POS }
    }

    /// A value of a type.
    pub fn constant(value: Value, ty: Type) -> Expr {
        Expr::new(ExprKind::Const(value), ty)
    }

    /// A column of the input row.
    pub fn column(index: usize, ty: Type, typmod: Typmod) -> Expr {
        Expr { kind: ExprKind::Column(index), ty, typmod, pos: NO_POS }
    }
}
