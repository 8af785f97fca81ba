//! Coercions: when one type may stand for another, and how (PostgreSQL documentation, chapter 10).

use super::binder::Binder;
use crate::error::{Result, SqlError};
use crate::plan::{Expr, ExprKind};
use strata_types::{CastContext, Type, Typmod, Value, cast_context, sqlstate};

/// On whose demand a coercion happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Context {
    /// Nobody's: an operand has to fit.
    Implicit,
    /// A value is stored into a column.
    Assignment,
    /// The user wrote a cast.
    Explicit,
}

/// Whether values of one type can be coerced to another in a context.
pub(super) fn can_coerce(from: Type, to: Type, context: Context) -> bool {
    if from == to || from == Type::UNKNOWN || matches!(to, Type::ANY | Type::ANYELEMENT | Type::ANYCOMPATIBLE)
    {
        return true;
    }
    match to {
        Type::ANYARRAY | Type::ANYCOMPATIBLEARRAY => return from.is_array(),
        Type::ANYNONARRAY | Type::ANYCOMPATIBLENONARRAY => return !from.is_array(),
        _ => {}
    }
    if let (Some(from), Some(to)) = (from.element(), to.element()) {
        return can_coerce(from, to, context);
    }
    match cast_context(from, to) {
        Some(CastContext::Implicit) => true,
        Some(CastContext::Assignment) => context >= Context::Assignment,
        Some(CastContext::Explicit) => context >= Context::Explicit,
        // Everything has a text form, and can be read from it: on demand only.
        None if to.is_text() => context >= Context::Assignment,
        None if from.is_text() => context >= Context::Explicit,
        None => false,
    }
}

impl Binder<'_> {
    /// The expression as a value of a type.
    ///
    /// # Errors
    /// 42846 or 42804 if there is no such coercion; 22P02 and others for a literal that is no value of the type.
    pub(super) fn coerce(&mut self, expr: Expr, ty: Type, typmod: Typmod, context: Context) -> Result<Expr> {
        if expr.ty == Type::UNKNOWN {
            return self.coerce_unknown(expr, ty, typmod, context);
        }
        if expr.ty == ty {
            return Ok(self.apply_typmod(expr, typmod, context));
        }
        if ty.is_polymorphic() || ty == Type::ANY {
            return Ok(expr);
        }
        if !can_coerce(expr.ty, ty, context) {
            return Err(SqlError::new(
                sqlstate::CANNOT_COERCE,
                format!(
                    "cannot cast type {} to {}",
                    expr.ty.sql_name(Typmod::NONE),
                    ty.sql_name(Typmod::NONE)
                ),
            )
            .at(expr.pos));
        }
        let (pos, explicit) = (expr.pos, context == Context::Explicit);
        let kind = ExprKind::Cast { arg: Box::new(expr), explicit };
        Ok(Expr { kind, ty, typmod, pos })
    }

    /// A value of the right type with the length, precision or scale asked for.
    fn apply_typmod(&self, expr: Expr, typmod: Typmod, context: Context) -> Expr {
        if typmod.is_none() || expr.typmod == typmod {
            return expr;
        }
        let (ty, pos, explicit) = (expr.ty, expr.pos, context == Context::Explicit);
        Expr { kind: ExprKind::Cast { arg: Box::new(expr), explicit }, ty, typmod, pos }
    }

    /// A literal, NULL or parameter that has no type of its own takes the one asked for.
    fn coerce_unknown(&mut self, expr: Expr, ty: Type, typmod: Typmod, context: Context) -> Result<Expr> {
        if ty.is_polymorphic() || matches!(ty, Type::ANY | Type::UNKNOWN) {
            return Ok(expr);
        }
        let pos = expr.pos;
        match expr.kind {
            ExprKind::Param(index) => {
                if let Some(param) = self.params.get_mut(index)
                    && *param == Type::UNKNOWN
                {
                    *param = ty;
                }
                let param = Expr { kind: ExprKind::Param(index), ty, typmod: Typmod::NONE, pos };
                Ok(self.apply_typmod(param, typmod, context))
            }
            ExprKind::Const(Value::Null) => Ok(Expr { kind: ExprKind::Const(Value::Null), ty, typmod, pos }),
            ExprKind::Const(Value::Text(text)) => self.literal(&text, ty, typmod, context, pos),
            // A column of an inner query whose literals have stayed unknown.
            kind => {
                let arg = Box::new(Expr { kind, ty: Type::TEXT, typmod: Typmod::NONE, pos });
                Ok(Expr { kind: ExprKind::Cast { arg, explicit: true }, ty, typmod, pos })
            }
        }
    }

    /// A string literal as a value of a type.
    fn literal(&mut self, text: &str, ty: Type, typmod: Typmod, context: Context, pos: u32) -> Result<Expr> {
        if is_relative_time(ty, text) {
            let arg = Box::new(Expr { pos, ..Expr::constant(Value::text(text), Type::TEXT) });
            return Ok(Expr { kind: ExprKind::Cast { arg, explicit: true }, ty, typmod, pos });
        }
        let value = if ty.is_oid_alias() && ty != Type::OID {
            self.object(ty, text).map_err(|error| error.at(pos))?
        } else {
            // The length of varchar(n) is checked when the value is stored, cut off when it is cast.
            Value::from_text(ty, Typmod::NONE, text, self.env.format())
                .map_err(|error| SqlError::from(error).at(pos))?
        };
        let constant = Expr { kind: ExprKind::Const(value), ty, typmod: Typmod::NONE, pos };
        Ok(self.apply_typmod(constant, typmod, context))
    }

    /// The object that a regclass, regtype … literal names.
    fn object(&self, ty: Type, text: &str) -> Result<Value> {
        if let Ok(oid) = text.trim().parse::<u32>() {
            return Ok(Value::Oid(oid));
        }
        if text == "-" {
            return Ok(Value::Oid(0));
        }
        let found = self.env.object_oid(ty, text)?;
        found.map(Value::Oid).ok_or_else(|| no_object(ty, text))
    }

    /// The type that several expressions have in common: of CASE, UNION, VALUES, ARRAY, COALESCE.
    ///
    /// # Errors
    /// 42804 if there is none.
    pub(super) fn common_type(&self, exprs: &[&Expr], construct: &str) -> Result<Type> {
        let mut chosen = Type::UNKNOWN;
        for expr in exprs {
            if expr.ty == Type::UNKNOWN || expr.ty == chosen {
                continue;
            }
            if chosen == Type::UNKNOWN {
                chosen = expr.ty;
                continue;
            }
            if expr.ty.category() != chosen.category() {
                return Err(SqlError::new(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "{construct} types {} and {} cannot be matched",
                        chosen.sql_name(Typmod::NONE),
                        expr.ty.sql_name(Typmod::NONE)
                    ),
                )
                .at(expr.pos));
            }
            let widens = can_coerce(chosen, expr.ty, Context::Implicit);
            let narrows = can_coerce(expr.ty, chosen, Context::Implicit);
            if !chosen.is_preferred() && widens && (!narrows || expr.ty.is_preferred()) {
                chosen = expr.ty;
            }
        }
        Ok(if chosen == Type::UNKNOWN { Type::TEXT } else { chosen })
    }

    /// Coerces all to the type that they have in common, with their modifier if they agree on it.
    pub(super) fn unify(&mut self, exprs: Vec<Expr>, construct: &str) -> Result<(Vec<Expr>, Type, Typmod)> {
        let ty = self.common_type(&exprs.iter().collect::<Vec<_>>(), construct)?;
        let exprs = exprs
            .into_iter()
            .map(|expr| self.coerce(expr, ty, Typmod::NONE, Context::Implicit))
            .collect::<Result<Vec<_>>>()?;
        let typmod = match exprs.split_first() {
            Some((first, rest)) if rest.iter().all(|expr| expr.typmod == first.typmod) => first.typmod,
            _ => Typmod::NONE,
        };
        Ok((exprs, ty, typmod))
    }

    /// The expression as a condition.
    ///
    /// # Errors
    /// 42804 if it is no boolean.
    pub(super) fn condition(&mut self, expr: Expr, clause: &str) -> Result<Expr> {
        if expr.ty != Type::BOOL && expr.ty != Type::UNKNOWN {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "argument of {clause} must be type boolean, not type {}",
                    expr.ty.sql_name(Typmod::NONE)
                ),
            )
            .at(expr.pos));
        }
        self.coerce(expr, Type::BOOL, Typmod::NONE, Context::Implicit)
    }

    /// Literals and parameters that nobody has given a type are text.
    pub(super) fn known(&mut self, expr: Expr) -> Result<Expr> {
        if expr.ty == Type::UNKNOWN {
            self.coerce(expr, Type::TEXT, Typmod::NONE, Context::Implicit)
        } else {
            Ok(expr)
        }
    }
}

/// Words such as `now` mean another time whenever the statement runs.
fn is_relative_time(ty: Type, text: &str) -> bool {
    let is_time = matches!(ty, Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ);
    let lower = text.to_ascii_lowercase();
    is_time && ["now", "today", "tomorrow", "yesterday"].iter().any(|word| lower.contains(word))
}

/// There is no object of that name.
pub(super) fn no_object(ty: Type, text: &str) -> SqlError {
    let (state, what) = match ty {
        Type::REGCLASS => (sqlstate::UNDEFINED_TABLE, "relation"),
        Type::REGNAMESPACE => (sqlstate::INVALID_SCHEMA_NAME, "schema"),
        Type::REGROLE => (sqlstate::UNDEFINED_OBJECT, "role"),
        Type::REGPROC | Type::REGPROCEDURE => (sqlstate::UNDEFINED_FUNCTION, "function"),
        Type::REGOPER | Type::REGOPERATOR => (sqlstate::UNDEFINED_FUNCTION, "operator"),
        _ => (sqlstate::UNDEFINED_OBJECT, "type"),
    };
    SqlError::new(state, format!("{what} \"{text}\" does not exist"))
}
