//! Bound expressions, logical plans and physical plans: plain data, printable, comparable, cacheable.
//!
//! ```text
//! bind ──▶ Logical (what) ── optimize ──▶ Physical (with which algorithm) ── exec::build ──▶ operators
//! ```
//! A row between two nodes is a list of columns, addressed by position. Columns of enclosing queries
//! are addressed by [`ExprKind::Outer`]: how many queries up, and which column there.
//!
//! Both plan enums are matched exhaustively everywhere: a new node shows every place to visit.

pub mod expr;
pub mod logical;
pub mod physical;
mod print;
mod print_expr;
mod visit;
mod walk;

pub use expr::{CompareOp, Expr, ExprKind, FunctionRef, NO_POS, Quantifier, Subquery, SubqueryKind};
pub use logical::{
    AggregateCall, Conflict, ConflictAction, Cte, DeleteNode, Field, Frame, FrameBound, FrameExclusion,
    FrameUnits, IndexExprs, InsertNode, JoinKind, LockWait, Logical, RowLock, Schema, SetOpKind, SortKey,
    UpdateNode, WindowCall,
};
pub use physical::{
    HashKey, KeyRange, LockTarget, Physical, PhysicalCte, PhysicalDelete, PhysicalInsert, PhysicalPlan,
    PhysicalUpdate, Probes, ROW_KEY, SubPlan,
};
