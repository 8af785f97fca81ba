//! Expressions as text: `#n` is column n of the input, `^d#n` of the row d queries further out, `$n` a parameter.

use super::{
    AggregateCall, Expr, ExprKind, Frame, FrameBound, FrameExclusion, FrameUnits, Quantifier, SortKey,
    SubqueryKind, WindowCall,
};
use crate::functions::registry;
use std::fmt;
use strata_types::{Format, Type, Typmod, Value};

/// Expressions with commas between.
pub(super) fn list(exprs: &[Expr]) -> String {
    exprs.iter().map(Expr::to_string).collect::<Vec<_>>().join(", ")
}

/// Sort keys with commas between.
pub(super) fn keys_text(keys: &[SortKey]) -> String {
    keys.iter().map(SortKey::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        if self.descending {
            f.write_str(" desc")?;
        }
        match (self.descending, self.nulls_first) {
            (false, true) => f.write_str(" nulls first"),
            (true, false) => f.write_str(" nulls last"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for AggregateCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distinct = if self.distinct { "distinct " } else { "" };
        write!(f, "{}({distinct}{}", self.function.name, list(&self.args))?;
        if !self.order_by.is_empty() {
            write!(f, " order by {}", keys_text(&self.order_by))?;
        }
        f.write_str(")")?;
        self.filter.as_ref().map_or(Ok(()), |filter| write!(f, " filter {filter}"))
    }
}

impl fmt::Display for WindowCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}) over (", self.function.name, list(&self.args))?;
        if !self.partition_by.is_empty() {
            write!(f, "partition by {} ", list(&self.partition_by))?;
        }
        if !self.order_by.is_empty() {
            write!(f, "order by {} ", keys_text(&self.order_by))?;
        }
        write!(f, "{})", self.frame)?;
        self.filter.as_ref().map_or(Ok(()), |filter| write!(f, " filter {filter}"))
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = match self.units {
            FrameUnits::Rows => "rows",
            FrameUnits::Range => "range",
            FrameUnits::Groups => "groups",
        };
        write!(f, "{units} {} to {}", self.start, self.end)?;
        f.write_str(match self.exclusion {
            FrameExclusion::NoOthers => "",
            FrameExclusion::CurrentRow => " exclude current row",
            FrameExclusion::Group => " exclude group",
            FrameExclusion::Ties => " exclude ties",
        })
    }
}

impl fmt::Display for FrameBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameBound::UnboundedPreceding => f.write_str("start"),
            FrameBound::Preceding(offset) => write!(f, "{offset} before"),
            FrameBound::CurrentRow => f.write_str("current"),
            FrameBound::Following(offset) => write!(f, "{offset} after"),
            FrameBound::UnboundedFollowing => f.write_str("end"),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |exprs: &[Expr], word: &str| {
            exprs.iter().map(Expr::to_string).collect::<Vec<_>>().join(&format!(" {word} "))
        };
        let not = |negated: bool| if negated { " not" } else { "" };
        match &self.kind {
            ExprKind::Const(value) => constant(value, self.ty, f),
            ExprKind::Column(column) => write!(f, "#{column}"),
            ExprKind::Outer { depth, column } => write!(f, "^{depth}#{column}"),
            ExprKind::Param(index) => write!(f, "${}", index + 1),
            ExprKind::Call { function, args } => match (symbol(function.oid), args.as_slice()) {
                (Some(symbol), [left, right]) => write!(f, "({left} {symbol} {right})"),
                (Some(symbol), [operand]) => write!(f, "({symbol} {operand})"),
                _ => write!(f, "{}({})", function.name, list(args)),
            },
            ExprKind::Cast { arg, .. } => write!(f, "{arg}::{}", self.ty.sql_name(self.typmod)),
            ExprKind::And(terms) => write!(f, "({})", joined(terms, "and")),
            ExprKind::Or(terms) => write!(f, "({})", joined(terms, "or")),
            ExprKind::Not(arg) => write!(f, "(not {arg})"),
            ExprKind::IsNull { arg, negated } => write!(f, "({arg} is{} null)", not(*negated)),
            ExprKind::IsBool { arg, truth, negated } => {
                let truth = truth.map_or("unknown", |truth| if truth { "true" } else { "false" });
                write!(f, "({arg} is{} {truth})", not(*negated))
            }
            ExprKind::IsDistinct { left, right, negated, .. } => {
                write!(f, "({left} is{} distinct from {right})", not(*negated))
            }
            ExprKind::Case { whens, otherwise } => {
                f.write_str("case")?;
                for (condition, result) in whens {
                    write!(f, " when {condition} then {result}")?;
                }
                if let Some(otherwise) = otherwise {
                    write!(f, " else {otherwise}")?;
                }
                f.write_str(" end")
            }
            ExprKind::Coalesce(args) => write!(f, "coalesce({})", list(args)),
            ExprKind::NullIf { left, right, .. } => write!(f, "nullif({left}, {right})"),
            ExprKind::MinMax { args, greatest } => {
                write!(f, "{}({})", if *greatest { "greatest" } else { "least" }, list(args))
            }
            ExprKind::InList { arg, list: items, negated, .. } => {
                write!(f, "({arg}{} in ({}))", not(*negated), list(items))
            }
            ExprKind::Quantified { arg, function, quantifier, array } => {
                let symbol = symbol(function.oid).unwrap_or(function.name);
                write!(f, "({arg} {symbol} {} {array})", word(*quantifier))
            }
            ExprKind::Array(items) => write!(f, "array[{}]", list(items)),
            ExprKind::Row(fields) => write!(f, "row({})", list(fields)),
            ExprKind::Subscript { arg, indices, .. } => {
                write!(f, "{arg}")?;
                for (lower, upper) in indices {
                    let bound = |expr: &Option<Expr>| expr.as_ref().map_or_else(String::new, Expr::to_string);
                    match lower {
                        Some(_) => write!(f, "[{}:{}]", bound(lower), bound(upper))?,
                        None => write!(f, "[{}]", bound(upper))?,
                    }
                }
                Ok(())
            }
            ExprKind::Field { arg, index } => write!(f, "({arg}).{index}"),
            ExprKind::Subquery(subquery) => subquery_text(&subquery.kind, "query", f),
            ExprKind::SubPlan { index, kind } => subquery_text(kind, &format!("plan {index}"), f),
        }
    }
}

fn subquery_text(kind: &SubqueryKind, what: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        SubqueryKind::Scalar => write!(f, "({what})"),
        SubqueryKind::Exists => write!(f, "exists({what})"),
        SubqueryKind::Array => write!(f, "array({what})"),
        SubqueryKind::Compare { left, functions, quantifier } => {
            let symbols: Vec<&str> =
                functions.iter().map(|function| symbol(function.oid).unwrap_or(function.name)).collect();
            write!(f, "({} {} {} ({what}))", list(left), symbols.join(","), word(*quantifier))
        }
    }
}

fn word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Any => "any",
        Quantifier::All => "all",
    }
}

/// The operator that a function stands behind.
fn symbol(function: u32) -> Option<&'static str> {
    registry::all_operators().iter().find(|operator| operator.function.oid == function).map(|op| op.symbol)
}

/// Numbers and truth values as they are, all others in quotes.
fn constant(value: &Value, ty: Type, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (value, value.to_text(ty, &Format::default())) {
        (_, None) => f.write_str("null"),
        (Value::Bool(truth), _) => write!(f, "{truth}"),
        (Value::Int2(_) | Value::Int4(_) | Value::Int8(_) | Value::Numeric(_), Some(text)) => {
            f.write_str(&text)
        }
        (_, Some(text)) if ty.is_text() => write!(f, "'{text}'"),
        (_, Some(text)) => write!(f, "{} '{text}'", ty.sql_name(Typmod::NONE)),
    }
}
