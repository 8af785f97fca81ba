//! Expressions of a plan in SQL, with the names of the columns that they read.

use crate::functions::registry;
use crate::plan::{
    AggregateCall, Expr, ExprKind, FunctionRef, Quantifier, SortKey, SubqueryKind, WindowCall,
};
use std::cell::RefCell;
use std::fmt::Write as _;
use strata_types::{Format, Type, Typmod, Value};

/// A column's name as expressions show it.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    /// Without the table's name: how the scan's own conditions say it.
    pub(super) bare: Option<String>,
    /// It is a name, as against an expression in whose place it stands.
    pub(super) plain: bool,
}

impl Name {
    pub(super) fn plain(text: impl Into<String>) -> Name {
        Name { text: text.into(), bare: None, plain: true }
    }

    pub(super) fn expression(text: String) -> Name {
        Name { text, bare: None, plain: false }
    }

    /// The column as conditions of its own scan show it.
    pub(super) fn within_scan(&self) -> Name {
        Name { text: self.bare.clone().unwrap_or_else(|| self.text.clone()), ..self.clone() }
    }

    /// As the nodes above show it: an expression computed below stands in parentheses.
    pub(super) fn seen_above(&self) -> Name {
        match self.plain {
            true => self.clone(),
            false => Name::plain(format!("({})", self.text)),
        }
    }
}

/// How a plan's subqueries are shown.
pub(super) trait SubPlans {
    /// The text in place of the subquery; the subquery is shown beneath the node.
    fn mention(&self, index: usize, kind: &SubqueryKind) -> String;
}

/// Writes the expressions of one node.
pub(super) struct Words<'a> {
    /// The columns of the node's input.
    pub(super) columns: &'a [Name],
    /// The columns of enclosing rows, outermost first.
    pub(super) outer: &'a [Vec<Name>],
    pub(super) subplans: &'a dyn SubPlans,
    pub(super) format: &'a Format,
    /// Subqueries mentioned so far, and whether each stands for a value (not for a set that is searched).
    pub(super) mentioned: &'a RefCell<Vec<(usize, bool)>>,
}

impl Words<'_> {
    /// Expressions with commas between.
    pub(super) fn list(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    /// Conditions of which all hold.
    pub(super) fn all(&self, conditions: &[String]) -> String {
        match conditions {
            [one] => one.clone(),
            several => format!("({})", several.join(" AND ")),
        }
    }

    /// Sort keys, a text each.
    pub(super) fn keys(&self, keys: &[SortKey]) -> Vec<String> {
        keys.iter().map(|key| self.key(key)).collect()
    }

    fn key(&self, key: &SortKey) -> String {
        let mut text = self.item(&key.expr);
        if key.descending {
            text.push_str(" DESC");
        }
        match (key.descending, key.nulls_first) {
            (false, true) => text.push_str(" NULLS FIRST"),
            (true, false) => text.push_str(" NULLS LAST"),
            _ => {}
        }
        text
    }

    /// An expression that a node orders or groups by: PostgreSQL computes it below.
    pub(super) fn item(&self, expr: &Expr) -> String {
        match expr.kind {
            ExprKind::Column(_) => self.expr(expr),
            _ => format!("({})", self.expr(expr)),
        }
    }

    /// An output column's name.
    pub(super) fn name(&self, expr: &Expr) -> Name {
        match &expr.kind {
            ExprKind::Column(column) => match self.columns.get(*column) {
                Some(name) => name.clone(),
                None => Name::plain(format!("#{column}")),
            },
            _ => Name::expression(self.expr(expr)),
        }
    }

    /// An aggregate call.
    pub(super) fn aggregate(&self, call: &AggregateCall) -> String {
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let args = match call.args.as_slice() {
            [] if call.function.name == "count" => "*".to_owned(),
            args => self.list(args),
        };
        let mut text = format!("{}({distinct}{args}", call.function.name);
        if !call.order_by.is_empty() {
            let _ = write!(text, " ORDER BY {}", self.keys(&call.order_by).join(", "));
        }
        text.push(')');
        if let Some(filter) = &call.filter {
            let _ = write!(text, " FILTER (WHERE {})", self.expr(filter));
        }
        text
    }

    /// A window call.
    pub(super) fn window(&self, call: &WindowCall) -> String {
        let args = match call.args.as_slice() {
            [] if call.function.name == "count" => "*".to_owned(),
            args => self.list(args),
        };
        format!("{}({args}) OVER (?)", call.function.name)
    }

    /// An expression.
    pub(super) fn expr(&self, expr: &Expr) -> String {
        let not = |negated: bool| if negated { " NOT" } else { "" };
        match &expr.kind {
            ExprKind::Const(value) => constant(value, expr.ty, self.format),
            ExprKind::Column(_) => self.name(expr).text,
            ExprKind::Outer { depth, column } => {
                let level = self.outer.len().checked_sub(*depth).and_then(|level| self.outer.get(level));
                let name = level.and_then(|names| names.get(*column));
                name.map_or_else(|| format!("${column}"), |name| name.seen_above().text)
            }
            ExprKind::Param(index) => format!("${}", index + 1),
            ExprKind::Call { function, args } => self.call(*function, args),
            ExprKind::Cast { arg, .. } => {
                let target = expr.ty.sql_name(expr.typmod);
                format!("({})::{target}", self.expr(arg))
            }
            ExprKind::And(terms) => self.joined(terms, " AND "),
            ExprKind::Or(terms) => self.joined(terms, " OR "),
            ExprKind::Not(arg) => format!("(NOT {})", self.expr(arg)),
            ExprKind::IsNull { arg, negated } => format!("({} IS{} NULL)", self.expr(arg), not(*negated)),
            ExprKind::IsBool { arg, truth, negated } => {
                let truth = truth.map_or("UNKNOWN", |truth| if truth { "TRUE" } else { "FALSE" });
                format!("({} IS{} {truth})", self.expr(arg), not(*negated))
            }
            ExprKind::IsDistinct { left, right, negated, .. } => {
                let is = if *negated { "IS NOT DISTINCT FROM" } else { "IS DISTINCT FROM" };
                format!("({} {is} {})", self.expr(left), self.expr(right))
            }
            ExprKind::Case { whens, otherwise } => self.case(whens, otherwise.as_deref()),
            ExprKind::Coalesce(args) => format!("COALESCE({})", self.list(args)),
            ExprKind::NullIf { left, right, .. } => {
                format!("NULLIF({}, {})", self.expr(left), self.expr(right))
            }
            ExprKind::MinMax { args, greatest } => {
                format!("{}({})", if *greatest { "GREATEST" } else { "LEAST" }, self.list(args))
            }
            ExprKind::InList { arg, list, negated, .. } => self.in_list(arg, list, *negated),
            ExprKind::Quantified { arg, function, quantifier, array } => {
                let symbol = symbol(*function).unwrap_or(function.name);
                format!("({} {symbol} {} ({}))", self.expr(arg), word(*quantifier), self.expr(array))
            }
            ExprKind::Array(items) => format!("ARRAY[{}]", self.list(items)),
            ExprKind::Row(fields) => format!("ROW({})", self.list(fields)),
            ExprKind::Subscript { arg, indices, .. } => self.subscript(arg, indices),
            ExprKind::Field { arg, index } => format!("({}).f{}", self.expr(arg), index + 1),
            ExprKind::Subquery(_) => "(SubPlan)".to_owned(),
            ExprKind::SubPlan { index, kind } => {
                let is_value = !matches!(kind, SubqueryKind::Compare { .. });
                self.mentioned.borrow_mut().push((*index, is_value));
                let text = self.subplans.mention(*index, kind);
                match kind {
                    SubqueryKind::Compare { quantifier: Quantifier::All, .. } => format!("(NOT {text})"),
                    _ => text,
                }
            }
        }
    }

    fn joined(&self, terms: &[Expr], word: &str) -> String {
        let terms: Vec<String> = terms.iter().map(|term| self.expr(term)).collect();
        format!("({})", terms.join(word))
    }

    fn call(&self, function: FunctionRef, args: &[Expr]) -> String {
        match (symbol(function), args) {
            (Some(symbol), [left, right]) => {
                format!("({} {symbol} {})", self.operand(left), self.operand(right))
            }
            (Some(symbol), [operand]) => format!("({symbol} {})", self.operand(operand)),
            _ => format!("{}({})", function.name, self.list(args)),
        }
    }

    /// What stands beside an operator.
    fn operand(&self, expr: &Expr) -> String {
        match (&expr.kind, self.expr(expr)) {
            (ExprKind::Column(column), text) => match self.columns.get(*column) {
                Some(name) if !name.plain && !text.ends_with(')') => format!("({text})"),
                _ => text,
            },
            (_, text) => text,
        }
    }

    fn case(&self, whens: &[(Expr, Expr)], otherwise: Option<&Expr>) -> String {
        let mut text = "CASE".to_owned();
        for (condition, result) in whens {
            let _ = write!(text, " WHEN {} THEN {}", self.expr(condition), self.expr(result));
        }
        if let Some(otherwise) = otherwise {
            let _ = write!(text, " ELSE {}", self.expr(otherwise));
        }
        text.push_str(" END");
        text
    }

    fn in_list(&self, arg: &Expr, list: &[Expr], negated: bool) -> String {
        let (comparison, quantifier) = if negated { ("<>", "ALL") } else { ("=", "ANY") };
        let constants: Option<Vec<String>> = list
            .iter()
            .map(|item| match &item.kind {
                ExprKind::Const(value) => Some(value.to_text(item.ty, self.format).unwrap_or("NULL".into())),
                _ => None,
            })
            .collect();
        let array = match constants {
            Some(constants) => {
                let parts: Vec<String> = constants.iter().map(|text| array_element(text)).collect();
                format!("'{{{}}}'::{}[]", parts.join(","), arg.ty.sql_name(Typmod::NONE))
            }
            None => format!("ARRAY[{}]", self.list(list)),
        };
        format!("({} {comparison} {quantifier} ({array}))", self.operand(arg))
    }

    fn subscript(&self, arg: &Expr, indices: &[(Option<Expr>, Option<Expr>)]) -> String {
        let mut text = format!("({})", self.expr(arg));
        for (lower, upper) in indices {
            let bound = |expr: &Option<Expr>| expr.as_ref().map_or_else(String::new, |expr| self.expr(expr));
            let _ = match lower {
                Some(_) => write!(text, "[{}:{}]", bound(lower), bound(upper)),
                None => write!(text, "[{}]", bound(upper)),
            };
        }
        text
    }
}

fn array_element(text: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).replace('\'', "''")
}

fn word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Any => "ANY",
        Quantifier::All => "ALL",
    }
}

/// The operator that a function stands behind.
pub(super) fn symbol(function: FunctionRef) -> Option<&'static str> {
    let mut operators = registry::all_operators().iter();
    operators.find(|operator| operator.function.oid == function.oid).map(|operator| operator.symbol)
}

/// Numbers of the usual types and truth values as they are, all others in quotes with their type.
fn constant(value: &Value, ty: Type, format: &Format) -> String {
    let type_name = ty.sql_name(Typmod::NONE);
    let Some(text) = value.to_text(ty, format) else { return format!("NULL::{type_name}") };
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Int4(_) if !text.starts_with('-') => text,
        Value::Numeric(_) if !text.starts_with('-') && text.contains('.') => text,
        _ => format!("'{}'::{type_name}", text.replace('\'', "''")),
    }
}
