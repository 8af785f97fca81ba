//! Operators, and what is made of them: comparisons, LIKE, BETWEEN, IN, IS.

use super::binder::Binder;
use super::coerce::{Context, can_coerce};
use super::resolve::{Candidate, Chosen, Polymorphic, choose, operator_candidates};
use crate::error::{Result, SqlError};
use crate::functions::{Operator, registry};
use crate::parse::ast;
use crate::plan::{Expr, ExprKind, FunctionRef, Quantifier};
use strata_types::{Type, Typmod, sqlstate};

impl Binder<'_> {
    /// A call of a binary operator.
    ///
    /// # Errors
    /// 42883 if there is none for these operands, 42725 if there are several.
    pub(super) fn binary(&mut self, symbol: &str, left: Expr, right: Expr, pos: u32) -> Result<Expr> {
        if let (ExprKind::Row(lefts), ExprKind::Row(rights)) = (&left.kind, &right.kind) {
            return self.compare_rows(symbol, lefts.clone(), rights.clone(), pos);
        }
        let (operator, args) = self.find_operator(symbol, &[&left, &right], pos)?;
        self.call_operator(operator, args, vec![left, right], pos)
    }

    /// A call of a prefix operator.
    ///
    /// # Errors
    /// As for [`Self::binary`].
    pub(super) fn prefix(&mut self, symbol: &str, operand: Expr, pos: u32) -> Result<Expr> {
        let (operator, args) = self.find_operator(symbol, &[&operand], pos)?;
        self.call_operator(operator, args, vec![operand], pos)
    }

    /// The function behind an operator for operands of these types, and the types that it wants.
    pub(super) fn find_operator(
        &mut self,
        symbol: &str,
        operands: &[&Expr],
        pos: u32,
    ) -> Result<(&'static Operator, Vec<Type>)> {
        let given: Vec<Type> = operands.iter().map(|operand| operand.ty).collect();
        match choose(operator_candidates(registry::operators(symbol), operands.len() == 1), &given) {
            Chosen::One(Candidate { item, args }) => Ok((item, args)),
            Chosen::None => Err(no_operator(symbol, &given, sqlstate::UNDEFINED_FUNCTION, "does not exist")
                .hint("No operator matches the given name and argument types. You might need to add explicit type casts.")
                .at(pos)),
            Chosen::Ambiguous => Err(no_operator(symbol, &given, sqlstate::AMBIGUOUS_FUNCTION, "is not unique")
                .hint("Could not choose a best candidate operator. You might need to add explicit type casts.")
                .at(pos)),
        }
    }

    fn call_operator(
        &mut self,
        operator: &'static Operator,
        wanted: Vec<Type>,
        operands: Vec<Expr>,
        pos: u32,
    ) -> Result<Expr> {
        let (args, result) = self.fit_arguments(&wanted, operator.function.result, operands)?;
        Ok(Expr {
            kind: ExprKind::Call { function: FunctionRef(operator.function), args },
            ty: result,
            typmod: Typmod::NONE,
            pos,
        })
    }

    /// Coerces arguments to the types wanted, polymorphic ones to what they stand for; tells the result's type too.
    pub(super) fn fit_arguments(
        &mut self,
        wanted: &[Type],
        result: Type,
        args: Vec<Expr>,
    ) -> Result<(Vec<Expr>, Type)> {
        let given: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        let polymorphic = Polymorphic::of(wanted, &given, common_of);
        let mut fitted = Vec::with_capacity(args.len());
        for (index, arg) in args.into_iter().enumerate() {
            let declared = wanted.get(index).copied().unwrap_or(Type::ANY);
            fitted.push(match polymorphic.actual(declared) {
                Type::ANY => self.known(arg)?,
                actual => self.coerce(arg, actual, Typmod::NONE, Context::Implicit)?,
            });
        }
        Ok((fitted, polymorphic.actual(result)))
    }

    /// `=` for two expressions that have been given one type.
    pub(super) fn equality(
        &mut self,
        left: &Expr,
        right: &Expr,
        pos: u32,
    ) -> Result<(FunctionRef, Vec<Type>)> {
        let (operator, args) = self.find_operator("=", &[left, right], pos)?;
        Ok((FunctionRef(operator.function), args))
    }

    /// Both operands fitted to `=`, with its function.
    pub(super) fn equal_pair(
        &mut self,
        left: Expr,
        right: Expr,
        pos: u32,
    ) -> Result<(Expr, Expr, FunctionRef)> {
        let (function, wanted) = self.equality(&left, &right, pos)?;
        let (mut args, _) = self.fit_arguments(&wanted, Type::BOOL, vec![left, right])?;
        match (args.pop(), args.pop()) {
            (Some(right), Some(left)) => Ok((left, right, function)),
            _ => unreachable!("two arguments were fitted"),
        }
    }

    /// `(a, b) = (c, d)` and `(a, b) = (SELECT …)`, whose fields take their types from each other. `None` if
    /// this is no such comparison.
    pub(super) fn row_comparison(
        &mut self,
        symbol: &str,
        left: &ast::Expr,
        right: &ast::Expr,
        pos: u32,
    ) -> Result<Option<Expr>> {
        let ast::ExprKind::Row { fields, .. } = &left.kind else { return Ok(None) };
        let lefts = match &right.kind {
            ast::ExprKind::Row { .. } | ast::ExprKind::Subquery(_) => self.exprs(fields)?,
            _ => return Ok(None),
        };
        let rights = match &right.kind {
            ast::ExprKind::Row { fields, .. } => self.exprs(fields)?,
            ast::ExprKind::Subquery(query) => (0..lefts.len())
                .map(|at| self.column_of_subquery(query, at, lefts.len(), pos))
                .collect::<Result<_>>()?,
            _ => return Ok(None),
        };
        self.compare_rows(symbol, lefts, rights, pos).map(Some)
    }

    /// `(a, b) = (c, d)` and its kind.
    pub(super) fn compare_rows(
        &mut self,
        symbol: &str,
        lefts: Vec<Expr>,
        rights: Vec<Expr>,
        pos: u32,
    ) -> Result<Expr> {
        if lefts.len() != rights.len() {
            return Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                "unequal number of entries in row expressions",
            )
            .at(pos));
        }
        let pairs: Vec<(Expr, Expr)> = lefts.into_iter().zip(rights).collect();
        match symbol {
            "=" => {
                let all = pairs
                    .into_iter()
                    .map(|(left, right)| self.binary("=", left, right, pos))
                    .collect::<Result<_>>()?;
                Ok(boolean(ExprKind::And(all), pos))
            }
            "<>" => {
                let any = pairs
                    .into_iter()
                    .map(|(left, right)| self.binary("<>", left, right, pos))
                    .collect::<Result<_>>()?;
                Ok(boolean(ExprKind::Or(any), pos))
            }
            "<" | "<=" | ">" | ">=" => self.order_rows(symbol, pairs, pos),
            _ => Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("could not determine interpretation of row comparison operator {symbol}"),
            )
            .at(pos)),
        }
    }

    /// The first columns that differ decide: `a < c OR (a = c AND b < d)`.
    fn order_rows(&mut self, symbol: &str, pairs: Vec<(Expr, Expr)>, pos: u32) -> Result<Expr> {
        let strict = symbol.trim_end_matches('=');
        let count = pairs.len();
        let mut whole: Option<Expr> = None;
        for (index, (left, right)) in pairs.into_iter().enumerate().rev() {
            let last = index + 1 == count;
            let decides =
                self.binary(if last { symbol } else { strict }, left.clone(), right.clone(), pos)?;
            whole = Some(match whole {
                None => decides,
                Some(rest) => {
                    let equal = self.binary("=", left, right, pos)?;
                    boolean(ExprKind::Or(vec![decides, boolean(ExprKind::And(vec![equal, rest]), pos)]), pos)
                }
            });
        }
        whole.ok_or_else(|| {
            SqlError::new(sqlstate::SYNTAX_ERROR, "cannot compare rows of zero length").at(pos)
        })
    }

    /// `operand [NOT] IN (list)`.
    pub(super) fn in_list(
        &mut self,
        operand: Expr,
        list: Vec<Expr>,
        negated: bool,
        pos: u32,
    ) -> Result<Expr> {
        let is_row = matches!(operand.kind, ExprKind::Row(_));
        let all: Vec<&Expr> = std::iter::once(&operand).chain(&list).collect();
        let common = self.common_type(&all, "IN");
        let simple = !is_row && common.is_ok();
        if !simple {
            let mut tests = Vec::with_capacity(list.len());
            for item in list {
                tests.push(self.binary("=", operand.clone(), item, pos)?);
            }
            let any = boolean(ExprKind::Or(tests), pos);
            return Ok(if negated { boolean(ExprKind::Not(Box::new(any)), pos) } else { any });
        }
        let ty = common?;
        let probe = Expr { ty, ..operand.clone() };
        let (equal, wanted) = self.equality(&probe, &probe, pos)?;
        let arg_ty = wanted.first().copied().filter(|ty| !ty.is_polymorphic()).unwrap_or(ty);
        let arg = Box::new(self.coerce(operand, arg_ty, Typmod::NONE, Context::Implicit)?);
        let list = list
            .into_iter()
            .map(|item| self.coerce(item, arg_ty, Typmod::NONE, Context::Implicit))
            .collect::<Result<_>>()?;
        Ok(boolean(ExprKind::InList { arg, list, equal, negated }, pos))
    }

    /// `operand op ANY/ALL (array)`.
    pub(super) fn quantified(
        &mut self,
        symbol: &str,
        operand: Expr,
        array: Expr,
        quantifier: Quantifier,
        pos: u32,
    ) -> Result<Expr> {
        let array = if array.ty == Type::UNKNOWN {
            let element = if operand.ty == Type::UNKNOWN { Type::TEXT } else { operand.ty };
            let ty = element.array_of().unwrap_or(array.ty);
            self.coerce(array, ty, Typmod::NONE, Context::Implicit)?
        } else {
            array
        };
        let Some(element) = array.ty.element() else {
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                "op ANY/ALL (array) requires array on right side",
            )
            .at(pos));
        };
        let probe = Expr { pos, ..Expr::constant(strata_types::Value::Null, element) };
        let (operator, wanted) = self.find_operator(symbol, &[&operand, &probe], pos)?;
        if operator.function.result != Type::BOOL {
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                "op ANY/ALL (array) requires operator to yield boolean",
            )
            .at(pos));
        }
        let (fitted, _) = self.fit_arguments(&wanted, Type::BOOL, vec![operand, probe])?;
        let mut fitted = fitted.into_iter();
        let (Some(operand), Some(probe)) = (fitted.next(), fitted.next()) else {
            unreachable!("two arguments were fitted")
        };
        let array_ty = probe.ty.array_of().unwrap_or(array.ty);
        let array = if can_coerce(array.ty, array_ty, Context::Implicit) {
            self.coerce(array, array_ty, Typmod::NONE, Context::Implicit)?
        } else {
            array
        };
        let kind = ExprKind::Quantified {
            arg: Box::new(operand),
            function: FunctionRef(operator.function),
            quantifier,
            array: Box::new(array),
        };
        Ok(boolean(kind, pos))
    }

    /// `a BETWEEN b AND c`.
    pub(super) fn between(&mut self, between: &ast::Between, pos: u32) -> Result<Expr> {
        let operand = self.expr(&between.operand)?;
        let low = self.expr(&between.low)?;
        let high = self.expr(&between.high)?;
        let mut inside = self.within(&operand, low.clone(), high.clone(), pos)?;
        if between.symmetric {
            let swapped = self.within(&operand, high, low, pos)?;
            inside = boolean(ExprKind::Or(vec![inside, swapped]), pos);
        }
        Ok(if between.negated { boolean(ExprKind::Not(Box::new(inside)), pos) } else { inside })
    }

    fn within(&mut self, operand: &Expr, low: Expr, high: Expr, pos: u32) -> Result<Expr> {
        let above = self.binary(">=", operand.clone(), low, pos)?;
        let below = self.binary("<=", operand.clone(), high, pos)?;
        Ok(boolean(ExprKind::And(vec![above, below]), pos))
    }

    /// LIKE, ILIKE, SIMILAR TO.
    pub(super) fn like(&mut self, like: &ast::Like, pos: u32) -> Result<Expr> {
        let operand = self.expr(&like.operand)?;
        let mut pattern = self.expr(&like.pattern)?;
        let (symbol, escape) = match (like.kind, like.negated) {
            (ast::LikeKind::Like, false) => ("~~", "like_escape"),
            (ast::LikeKind::Like, true) => ("!~~", "like_escape"),
            (ast::LikeKind::ILike, false) => ("~~*", "like_escape"),
            (ast::LikeKind::ILike, true) => ("!~~*", "like_escape"),
            (ast::LikeKind::SimilarTo, false) => ("~", "similar_to_escape"),
            (ast::LikeKind::SimilarTo, true) => ("!~", "similar_to_escape"),
        };
        if like.escape.is_some() || like.kind == ast::LikeKind::SimilarTo {
            let mut args = vec![pattern];
            if let Some(escape) = &like.escape {
                args.push(self.expr(escape)?);
            }
            pattern = self.call_named(escape, args, pos)?;
        }
        self.binary(symbol, operand, pattern, pos)
    }
}

/// A boolean expression.
pub(super) fn boolean(kind: ExprKind, pos: u32) -> Expr {
    Expr { kind, ty: Type::BOOL, typmod: Typmod::NONE, pos }
}

/// The type that several types have in common, for anycompatible.
fn common_of(types: &[Type]) -> Type {
    let mut chosen = types.first().copied().unwrap_or(Type::TEXT);
    for ty in types {
        if can_coerce(chosen, *ty, Context::Implicit) && !can_coerce(*ty, chosen, Context::Implicit) {
            chosen = *ty;
        }
    }
    chosen
}

fn no_operator(symbol: &str, given: &[Type], state: &str, why: &str) -> SqlError {
    let shown: Vec<String> = given.iter().map(|ty| ty.sql_name(Typmod::NONE).into_owned()).collect();
    let call = match shown.as_slice() {
        [left, right] => format!("{left} {symbol} {right}"),
        operands => format!("{symbol} {}", operands.join(" ")),
    };
    SqlError::new(state, format!("operator {why_is}: {call}", why_is = why))
}
