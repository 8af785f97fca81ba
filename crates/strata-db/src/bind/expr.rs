//! Expressions: the dispatch over the tree, and the simple cases.

use super::binder::Binder;
use super::coerce::Context;
use super::operator::boolean;
use super::types::type_of;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ExprKind as Tree};
use crate::plan::{Expr, ExprKind, Quantifier};
use strata_types::{Numeric, Type, Typmod, Value, sqlstate};

impl Binder<'_> {
    /// Binds an expression.
    pub(super) fn expr(&mut self, tree: &ast::Expr) -> Result<Expr> {
        self.deeper(|binder| binder.expr_here(tree))
    }

    /// Binds a list of expressions.
    pub(super) fn exprs(&mut self, trees: &[ast::Expr]) -> Result<Vec<Expr>> {
        trees.iter().map(|tree| self.expr(tree)).collect()
    }

    fn expr_here(&mut self, tree: &ast::Expr) -> Result<Expr> {
        let pos = tree.pos.0;
        let at = |expr: Expr| Expr { pos, ..expr };
        match &tree.kind {
            Tree::Null => Ok(at(Expr::constant(Value::Null, Type::UNKNOWN))),
            Tree::Bool(truth) => Ok(at(Expr::constant(Value::Bool(*truth), Type::BOOL))),
            Tree::Integer(number) => Ok(at(integer(*number))),
            Tree::Number(digits) => number(digits).map(at),
            Tree::String(text) => Ok(at(Expr::constant(Value::text(&**text), Type::UNKNOWN))),
            Tree::BitString(bits) => self.bits(bits, pos),
            Tree::HexString(digits) => self.bits(&binary_digits(digits), pos),
            Tree::Param(number) => {
                let ty = self.param_type(*number, pos)?;
                Ok(Expr { kind: ExprKind::Param(*number as usize - 1), ty, typmod: Typmod::NONE, pos })
            }
            Tree::Default => {
                Err(SqlError::new(sqlstate::SYNTAX_ERROR, "DEFAULT is not allowed in this context").at(pos))
            }
            Tree::Column(name) => self.column(name, pos),
            Tree::Wildcard(_) => {
                Err(SqlError::new(sqlstate::SYNTAX_ERROR, "row expansion via \"*\" is not supported here")
                    .at(pos))
            }
            Tree::AllFields(_) => Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "row expansion via \"*\" is not supported here",
            )
            .at(pos)),
            Tree::Subscript { base, indexes } => self.subscript(base, indexes, pos),
            Tree::Field { base, field } => self.field(base, field),
            Tree::Unary { op, operand } => self.unary(op, operand, pos),
            Tree::Binary { op, left, right } => {
                if let Some(compared) = self.row_comparison(&op.symbol, left, right, pos)? {
                    return Ok(compared);
                }
                let left = self.expr(left)?;
                let right = self.expr(right)?;
                self.binary(&op.symbol, left, right, pos)
            }
            Tree::And(terms) => Ok(boolean(ExprKind::And(self.conditions(terms, "AND")?), pos)),
            Tree::Or(terms) => Ok(boolean(ExprKind::Or(self.conditions(terms, "OR")?), pos)),
            Tree::Not(operand) => {
                let operand = self.expr(operand)?;
                let operand = self.condition(operand, "NOT")?;
                Ok(boolean(ExprKind::Not(Box::new(operand)), pos))
            }
            Tree::Is { operand, test, negated } => self.is_test(operand, *test, *negated, pos),
            Tree::IsDistinct { operands, negated } => {
                let (left, right) = (self.expr(&operands.0)?, self.expr(&operands.1)?);
                let (left, right, equal) = self.equal_pair(left, right, pos)?;
                let kind = ExprKind::IsDistinct {
                    left: Box::new(left),
                    right: Box::new(right),
                    equal,
                    negated: *negated,
                };
                Ok(boolean(kind, pos))
            }
            Tree::Between(between) => self.between(between, pos),
            Tree::InList { operand, list, negated } => {
                let operand = self.expr(operand)?;
                let list = self.exprs(list)?;
                self.in_list(operand, list, *negated, pos)
            }
            Tree::InSubquery { operand, query, negated } => self.in_subquery(operand, query, *negated, pos),
            Tree::Like(like) => self.like(like, pos),
            Tree::QuantifiedArray(quantified) => {
                let operand = self.expr(&quantified.operand)?;
                let array = self.expr(&quantified.array)?;
                self.quantified(&quantified.op.symbol, operand, array, quantifier(quantified.quantifier), pos)
            }
            Tree::QuantifiedQuery(quantified) => self.quantified_query(quantified, pos),
            Tree::Exists(query) => self.exists(query, pos),
            Tree::Subquery(query) => self.scalar_subquery(query, pos),
            Tree::ArraySubquery(query) => self.array_subquery(query, pos),
            Tree::Array(elements) => self.array(elements, pos),
            Tree::Row { fields, .. } => {
                let fields = self.exprs(fields)?;
                let fields = fields.into_iter().map(|field| self.known(field)).collect::<Result<_>>()?;
                Ok(Expr { kind: ExprKind::Row(fields), ty: Type::RECORD, typmod: Typmod::NONE, pos })
            }
            Tree::Case(case) => self.case(case, pos),
            Tree::Cast { operand, ty } => self.cast(operand, ty, pos),
            Tree::Collate { operand, .. } => self.expr(operand),
            Tree::Coalesce(args) => {
                let (args, ty, typmod) = self.unified(args, "COALESCE")?;
                Ok(Expr { kind: ExprKind::Coalesce(args), ty, typmod, pos })
            }
            Tree::Greatest(args) => self.min_max(args, true, pos),
            Tree::Least(args) => self.min_max(args, false, pos),
            Tree::NullIf(operands) => {
                let (left, right) = (self.expr(&operands.0)?, self.expr(&operands.1)?);
                let (left, right, equal) = self.equal_pair(left, right, pos)?;
                let (ty, typmod) = (left.ty, left.typmod);
                let kind = ExprKind::NullIf { left: Box::new(left), right: Box::new(right), equal };
                Ok(Expr { kind, ty, typmod, pos })
            }
            Tree::SqlValue { function, precision } => self.sql_value(*function, *precision, pos),
            Tree::Grouping(args) => self.grouping(args, pos),
            Tree::Function(call) => self.function(call),
            Tree::CurrentOf(_) => Err(SqlError::unsupported("WHERE CURRENT OF").at(pos)),
        }
    }

    fn conditions(&mut self, terms: &[ast::Expr], clause: &str) -> Result<Vec<Expr>> {
        let mut bound = Vec::with_capacity(terms.len());
        for term in terms {
            let term = self.expr(term)?;
            bound.push(self.condition(term, clause)?);
        }
        Ok(bound)
    }

    fn unified(&mut self, args: &[ast::Expr], construct: &str) -> Result<(Vec<Expr>, Type, Typmod)> {
        let args = self.exprs(args)?;
        self.unify(args, construct)
    }

    fn min_max(&mut self, args: &[ast::Expr], greatest: bool, pos: u32) -> Result<Expr> {
        let (args, ty, typmod) = self.unified(args, if greatest { "GREATEST" } else { "LEAST" })?;
        Ok(Expr { kind: ExprKind::MinMax { args, greatest }, ty, typmod, pos })
    }

    fn bits(&mut self, digits: &str, pos: u32) -> Result<Expr> {
        let value = Value::from_text(Type::BIT, Typmod::NONE, digits, self.env.format())
            .map_err(|error| SqlError::from(error).at(pos))?;
        Ok(Expr { pos, ..Expr::constant(value, Type::BIT) })
    }

    /// `-5` is a number, not the negation of one: only so can the smallest integer be written.
    fn unary(&mut self, op: &ast::Operator, operand: &ast::Expr, pos: u32) -> Result<Expr> {
        let literal = match (&*op.symbol, &operand.kind) {
            ("-", Tree::Integer(number)) => Some(integer(number.wrapping_neg())),
            ("-", Tree::Number(digits)) => Some(number(&format!("-{digits}"))?),
            _ => None,
        };
        match literal {
            Some(literal) => Ok(Expr { pos, ..literal }),
            None => {
                let operand = self.expr(operand)?;
                if op.symbol == "+" {
                    return self.prefix("+", operand, pos);
                }
                self.prefix(&op.symbol, operand, pos)
            }
        }
    }

    fn is_test(&mut self, operand: &ast::Expr, test: ast::IsTest, negated: bool, pos: u32) -> Result<Expr> {
        let operand = self.expr(operand)?;
        let truth = match test {
            ast::IsTest::Null => {
                let arg = Box::new(self.known(operand)?);
                return Ok(boolean(ExprKind::IsNull { arg, negated }, pos));
            }
            ast::IsTest::True => Some(true),
            ast::IsTest::False => Some(false),
            ast::IsTest::Unknown => None,
            ast::IsTest::Document | ast::IsTest::Normalized(_) => {
                return Err(SqlError::unsupported("this IS test").at(pos));
            }
        };
        let arg = Box::new(self.condition(operand, "IS")?);
        Ok(boolean(ExprKind::IsBool { arg, truth, negated }, pos))
    }

    fn case(&mut self, case: &ast::Case, pos: u32) -> Result<Expr> {
        let operand = case.operand.as_ref().map(|operand| self.expr(operand)).transpose()?;
        let mut conditions = Vec::with_capacity(case.branches.len());
        let mut results = Vec::with_capacity(case.branches.len() + 1);
        // ELSE takes part first: it is what PostgreSQL names in errors.
        if let Some(otherwise) = &case.otherwise {
            results.push(self.expr(otherwise)?);
        }
        for branch in &case.branches {
            let condition = self.expr(&branch.condition)?;
            conditions.push(match &operand {
                Some(operand) => self.binary("=", operand.clone(), condition, branch.pos.0)?,
                None => self.condition(condition, "CASE/WHEN")?,
            });
            results.push(self.expr(&branch.result)?);
        }
        let (mut results, ty, typmod) = self.unify(results, "CASE")?;
        let otherwise = case.otherwise.is_some().then(|| Box::new(results.remove(0)));
        let whens = conditions.into_iter().zip(results).collect();
        Ok(Expr { kind: ExprKind::Case { whens, otherwise }, ty, typmod, pos })
    }

    fn cast(&mut self, operand: &ast::Expr, ty: &ast::TypeName, pos: u32) -> Result<Expr> {
        let (ty, typmod) = type_of(self.env, ty)?;
        // `ARRAY[]::int[]`: the cast tells the element type.
        if let (Tree::Array(elements), Some(element)) = (&operand.kind, ty.element()) {
            let elements = self.array_elements(elements, Some(element))?;
            let array = Expr { kind: ExprKind::Array(elements), ty, typmod: Typmod::NONE, pos };
            return self.coerce(array, ty, typmod, Context::Explicit);
        }
        let operand = self.expr(operand)?;
        let mut cast = self.coerce(operand, ty, typmod, Context::Explicit)?;
        cast.typmod = typmod;
        Ok(cast)
    }

    fn array(&mut self, elements: &[ast::Expr], pos: u32) -> Result<Expr> {
        if elements.is_empty() {
            return Err(SqlError::new(
                sqlstate::INDETERMINATE_DATATYPE,
                "cannot determine type of empty array",
            )
            .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
            .at(pos));
        }
        let elements = self.array_elements(elements, None)?;
        let element = elements.first().map_or(Type::TEXT, |first| first.ty);
        let ty = element.array_of().or_else(|| element.is_array().then_some(element));
        let ty = ty.ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("could not find array type for data type {}", element.sql_name(Typmod::NONE)),
            )
            .at(pos)
        })?;
        Ok(Expr { kind: ExprKind::Array(elements), ty, typmod: Typmod::NONE, pos })
    }

    fn array_elements(&mut self, elements: &[ast::Expr], element: Option<Type>) -> Result<Vec<Expr>> {
        let mut bound = Vec::with_capacity(elements.len());
        for tree in elements {
            bound.push(match (&tree.kind, element) {
                // A nested list is of the same element type.
                (Tree::Array(inner), Some(element)) => {
                    let inner = self.array_elements(inner, Some(element))?;
                    let ty = element.array_of().unwrap_or(Type::TEXT);
                    Expr { kind: ExprKind::Array(inner), ty, typmod: Typmod::NONE, pos: tree.pos.0 }
                }
                (_, Some(element)) => {
                    let value = self.expr(tree)?;
                    self.coerce(value, element, Typmod::NONE, Context::Explicit)?
                }
                (_, None) => self.expr(tree)?,
            });
        }
        match element {
            Some(_) => Ok(bound),
            None => Ok(self.unify(bound, "ARRAY")?.0),
        }
    }

    /// `name[i]`: a name is an array of characters that counts from 0.
    fn letter_of_name(&mut self, name: Expr, index: &ast::Expr, pos: u32) -> Result<Expr> {
        let text = self.coerce(name, Type::TEXT, Typmod::NONE, Context::Explicit)?;
        let index = self.expr(index)?;
        let place = self.binary("+", index, integer(1), pos)?;
        let letter = self.call_named("substr", vec![text, place, integer(1)], pos)?;
        self.coerce(letter, Type::CHAR, Typmod::NONE, Context::Explicit)
    }

    fn subscript(&mut self, base: &ast::Expr, indexes: &[ast::Subscript], pos: u32) -> Result<Expr> {
        let base = self.expr(base)?;
        if base.ty == Type::JSONB {
            return self.jsonb_subscript(base, indexes, pos);
        }
        if let (Type::NAME, [ast::Subscript::Index(index)]) = (base.ty, indexes) {
            return self.letter_of_name(base, index, pos);
        }
        let element = match base.ty {
            Type::INT2VECTOR => Some(Type::INT2),
            Type::OIDVECTOR => Some(Type::OID),
            ty => ty.element(),
        };
        let Some(element) = element else {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "cannot subscript type {} because it does not support subscripting",
                    base.ty.sql_name(Typmod::NONE)
                ),
            )
            .at(pos));
        };
        let slice = indexes.iter().any(|index| matches!(index, ast::Subscript::Slice { .. }));
        let mut bounds = Vec::with_capacity(indexes.len());
        for index in indexes {
            bounds.push(match index {
                ast::Subscript::Index(index) => (None, Some(self.integer_bound(index)?)),
                ast::Subscript::Slice { low, high } => {
                    let low = low.as_ref().map(|low| self.integer_bound(low)).transpose()?;
                    (low, high.as_ref().map(|high| self.integer_bound(high)).transpose()?)
                }
            });
        }
        let ty = if slice { base.ty } else { element };
        let kind = ExprKind::Subscript { arg: Box::new(base), indices: bounds, slice };
        Ok(Expr { kind, ty, typmod: Typmod::NONE, pos })
    }

    fn integer_bound(&mut self, tree: &ast::Expr) -> Result<Expr> {
        let bound = self.expr(tree)?;
        self.coerce(bound, Type::INT4, Typmod::NONE, Context::Assignment)
    }

    /// `j['a'][0]` is `j -> 'a' -> 0`.
    fn jsonb_subscript(&mut self, base: Expr, indexes: &[ast::Subscript], pos: u32) -> Result<Expr> {
        let mut value = base;
        for index in indexes {
            let ast::Subscript::Index(index) = index else {
                return Err(SqlError::new(
                    sqlstate::DATATYPE_MISMATCH,
                    "jsonb subscript does not support slices",
                )
                .at(pos));
            };
            let index = self.expr(index)?;
            let index = self.known(index)?;
            value = self.binary("->", value, index, pos)?;
        }
        Ok(value)
    }

    fn sql_value(
        &mut self,
        function: ast::SqlValueFunction,
        precision: Option<i32>,
        pos: u32,
    ) -> Result<Expr> {
        use ast::SqlValueFunction as F;
        let (name, ty) = match function {
            F::CurrentTimestamp => ("now", None),
            F::CurrentDate => ("now", Some(Type::DATE)),
            F::CurrentTime => ("now", Some(Type::TIMETZ)),
            F::LocalTime => ("now", Some(Type::TIME)),
            F::LocalTimestamp => ("now", Some(Type::TIMESTAMP)),
            F::CurrentRole | F::CurrentUser | F::User => ("current_user", None),
            F::SessionUser => ("session_user", None),
            F::CurrentCatalog => ("current_database", None),
            F::CurrentSchema => ("current_schema", None),
        };
        let call = self.call_named(name, Vec::new(), pos)?;
        let typmod = precision.map_or(Typmod::NONE, Typmod::plain);
        let ty = ty.unwrap_or(call.ty);
        self.coerce(call, ty, typmod, Context::Explicit)
    }
}

/// ANY or ALL.
pub(super) fn quantifier(written: ast::Quantifier) -> Quantifier {
    match written {
        ast::Quantifier::Any => Quantifier::Any,
        ast::Quantifier::All => Quantifier::All,
    }
}

/// A whole number has the smallest of integer and bigint that holds it.
fn integer(number: i64) -> Expr {
    match i32::try_from(number) {
        Ok(number) => Expr::constant(Value::Int4(number), Type::INT4),
        Err(_) => Expr::constant(Value::Int8(number), Type::INT8),
    }
}

/// A number with a point, an exponent, or too many digits for bigint.
fn number(digits: &str) -> Result<Expr> {
    match digits.parse::<i64>() {
        Ok(number) => Ok(integer(number)),
        Err(_) => Ok(Expr::constant(Value::Numeric(Numeric::parse(digits)?), Type::NUMERIC)),
    }
}

fn binary_digits(hex: &str) -> String {
    hex.chars().map(|digit| format!("{:04b}", digit.to_digit(16).unwrap_or(0))).collect()
}
