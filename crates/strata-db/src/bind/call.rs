//! Function calls: scalar, set-returning, aggregate, window.

use super::binder::{AGGREGATE_BASE, Binder, WINDOW_BASE};
use super::coerce::Context;
use super::group::has_placeholder;
use super::resolve::{Candidate, Chosen, choose, function_candidates};
use super::types::type_of;
use crate::error::{Result, SqlError};
use crate::functions::{Function, FunctionKind, parameters, registry};
use crate::parse::ast;
use crate::plan::{
    AggregateCall, Expr, ExprKind, Frame, FrameBound, FrameExclusion, FrameUnits, FunctionRef, SortKey,
    WindowCall,
};
use strata_types::{Type, Typmod, Value, sqlstate};

/// The function behind rows as JSON.
const NAMED_ROW_TO_JSON: &str = "strata_row_to_json";

impl Binder<'_> {
    /// A call of a function that the binder itself needs, by name.
    pub(super) fn call_named(&mut self, name: &str, args: Vec<Expr>, pos: u32) -> Result<Expr> {
        let (function, wanted) = self.find_function(name, &args, pos)?;
        let (args, ty) = self.fit_arguments(&wanted, function.result, args)?;
        Ok(Expr {
            kind: ExprKind::Call { function: FunctionRef(function), args },
            ty,
            typmod: Typmod::NONE,
            pos,
        })
    }

    /// Binds a call.
    pub(super) fn function(&mut self, call: &ast::FunctionCall) -> Result<Expr> {
        let pos = call.pos.0;
        let name = call.name.base();
        if let Some(cast) = self.functional_cast(call)? {
            return Ok(cast);
        }
        let nested = self.enter_arguments(call);
        let args = call.args.iter().map(|arg| self.expr(&arg.value)).collect::<Result<Vec<_>>>();
        let order_by = self.sort_keys_of_call(&call.order_by);
        let filter = call.filter.as_ref().map(|filter| self.filter_clause(filter)).transpose();
        self.leave_arguments(nested);
        let (args, order_by, filter) = (args?, order_by?, filter?);
        let mut args = self.named_rows(call, args)?;
        // Drivers send the output parameters of a function call along, as parameters of type void.
        args.retain(|arg| !(arg.ty == Type::VOID && matches!(arg.kind, ExprKind::Param(_))));
        let mut args =
            if call.args.iter().any(|arg| arg.name.is_some()) { placed(call, args)? } else { args };
        if call.variadic {
            return self.variadic_array_call(call, args, pos);
        }
        if call.within_group {
            args.extend(order_by.iter().map(|key| key.expr.clone()));
        }
        // A row with named columns is JSON already.
        let is_json_row = name == "row_to_json" && matches!(args.as_slice(), [only] if only.ty == Type::JSON);
        let (function, wanted) =
            self.find_function(if is_json_row { "to_json" } else { name }, &args, pos)?;
        let (args, ty) = self.fit_arguments(&wanted, function.result, args)?;
        match (&function.kind, &call.over) {
            (FunctionKind::Aggregate(_), None) => {
                let aggregate = AggregateCall {
                    function: FunctionRef(function),
                    args,
                    distinct: call.distinct,
                    order_by,
                    filter,
                    ty,
                };
                self.add_aggregate(aggregate, pos)
            }
            (FunctionKind::Aggregate(_) | FunctionKind::Window(_), Some(over)) => {
                if call.distinct {
                    return Err(SqlError::unsupported("DISTINCT for window functions").at(pos));
                }
                self.add_window(function, args, filter, over, ty, pos)
            }
            (FunctionKind::Window(_), None) => Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("window function {name} requires an OVER clause"),
            )
            .at(pos)),
            (FunctionKind::Scalar(..) | FunctionKind::Set(..), over) => {
                let wrong = match (call.distinct, call.filter.is_some(), over.is_some()) {
                    (true, ..) => Some("DISTINCT specified, but {} is not an aggregate function"),
                    (_, true, _) => Some("FILTER specified, but {} is not an aggregate function"),
                    (_, _, true) => {
                        Some("OVER specified, but {} is not a window function nor an aggregate function")
                    }
                    _ => None,
                };
                if let Some(wrong) = wrong {
                    return Err(SqlError::new(sqlstate::WRONG_OBJECT_TYPE, wrong.replace("{}", name)).at(pos));
                }
                let kind = ExprKind::Call { function: FunctionRef(function), args };
                Ok(Expr { kind, ty, typmod: Typmod::NONE, pos })
            }
        }
    }

    /// Rows of a FROM item that become JSON: the names of their columns become keys.
    fn named_rows(&mut self, call: &ast::FunctionCall, args: Vec<Expr>) -> Result<Vec<Expr>> {
        let makes_json = matches!(
            call.name.base(),
            "to_json"
                | "to_jsonb"
                | "row_to_json"
                | "json_agg"
                | "jsonb_agg"
                | "json_build_object"
                | "jsonb_build_object"
                | "json_build_array"
                | "jsonb_build_array"
                | "json_object_agg"
                | "jsonb_object_agg"
        );
        if !makes_json {
            return Ok(args);
        }
        let mut named = Vec::with_capacity(args.len());
        for (tree, arg) in call.args.iter().zip(args) {
            named.push(match (&tree.value.kind, &arg.kind) {
                (ast::ExprKind::Column(name), ExprKind::Row(fields)) if name.0.len() == 1 => {
                    let names = self.columns_of_item(name.base());
                    let pairs = names.into_iter().zip(fields.clone());
                    let keyed = |(name, field)| [Expr::constant(Value::text(name), Type::TEXT), field];
                    let pairs: Vec<Expr> = pairs.flat_map(keyed).collect();
                    self.call_named(NAMED_ROW_TO_JSON, pairs, arg.pos)?
                }
                _ => arg,
            });
        }
        Ok(named)
    }

    fn columns_of_item(&self, name: &str) -> Vec<String> {
        let item = self.levels.iter().rev().find_map(|level| level.scope.item(name));
        item.map_or_else(Vec::new, |item| item.columns.iter().map(|column| column.name.clone()).collect())
    }

    /// `int4('5')`, `text(x)`: a type's name called with one argument is a cast, unless a function fits.
    fn functional_cast(&mut self, call: &ast::FunctionCall) -> Result<Option<Expr>> {
        let [arg] = call.args.as_slice() else { return Ok(None) };
        if !registry::by_name(call.name.base()).is_empty() || arg.name.is_some() || call.over.is_some() {
            return Ok(None);
        }
        let name = ast::TypeName {
            name: call.name.clone(),
            modifiers: Vec::new(),
            interval: None,
            array: Vec::new(),
            setof: false,
            of_column: false,
            pos: call.pos,
        };
        let Ok((ty, typmod)) = type_of(self.env, &name) else { return Ok(None) };
        let operand = self.expr(&arg.value)?;
        self.coerce(operand, ty, typmod, Context::Explicit).map(Some)
    }

    /// `f(VARIADIC array)`: the array stands for all further arguments.
    fn variadic_array_call(&mut self, call: &ast::FunctionCall, args: Vec<Expr>, pos: u32) -> Result<Expr> {
        let array = args.last().map_or(Type::UNKNOWN, |last| last.ty);
        let element = array.element().ok_or_else(|| {
            SqlError::new(sqlstate::DATATYPE_MISMATCH, "VARIADIC argument must be an array").at(pos)
        })?;
        let function = registry::by_name(call.name.base())
            .iter()
            .find(|function| function.variadic && function.args.len() == args.len())
            .ok_or_else(|| {
                no_function(call.name.base(), &[array], sqlstate::UNDEFINED_FUNCTION, "does not exist")
                    .at(pos)
            })?;
        let mut wanted = function.args.to_vec();
        if let Some(last) = wanted.last_mut() {
            *last = if *last == Type::ANY { array } else { last.array_of().unwrap_or(array) };
        }
        let _ = element;
        let (args, ty) = self.fit_arguments(&wanted, function.result, args)?;
        Ok(Expr {
            kind: ExprKind::Call { function: FunctionRef(function), args },
            ty,
            typmod: Typmod::NONE,
            pos,
        })
    }

    /// The function that a call means, and the types that it wants.
    fn find_function(
        &mut self,
        name: &str,
        args: &[Expr],
        pos: u32,
    ) -> Result<(&'static Function, Vec<Type>)> {
        let given: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        match choose(function_candidates(registry::by_name(name), given.len()), &given) {
            Chosen::One(Candidate { item, args }) => Ok((item, args)),
            Chosen::None => Err(no_function(name, &given, sqlstate::UNDEFINED_FUNCTION, "does not exist")
                .hint("No function matches the given name and argument types. You might need to add explicit type casts.")
                .at(pos)),
            Chosen::Ambiguous => Err(no_function(name, &given, sqlstate::AMBIGUOUS_FUNCTION, "is not unique")
                .hint("Could not choose a best candidate function. You might need to add explicit type casts.")
                .at(pos)),
        }
    }

    /// Within an aggregate's arguments further aggregates are refused.
    fn enter_arguments(&mut self, call: &ast::FunctionCall) -> Option<bool> {
        let functions = registry::by_name(call.name.base());
        let is_aggregate =
            functions.iter().any(|function| matches!(function.kind, FunctionKind::Aggregate(_)));
        let level = self.levels.last_mut()?;
        if !is_aggregate || call.over.is_some() {
            return None;
        }
        Some(std::mem::replace(&mut level.in_aggregate, true))
    }

    fn leave_arguments(&mut self, before: Option<bool>) {
        if let (Some(before), Some(level)) = (before, self.levels.last_mut()) {
            level.in_aggregate = before;
        }
    }

    fn filter_clause(&mut self, filter: &ast::Expr) -> Result<Expr> {
        let bound = self.expr(filter)?;
        self.condition(bound, "FILTER")
    }

    fn sort_keys_of_call(&mut self, keys: &[ast::SortKey]) -> Result<Vec<SortKey>> {
        keys.iter()
            .map(|key| {
                let expr = self.expr(&key.expr)?;
                let expr = self.known(expr)?;
                Ok(sort_key(key, expr))
            })
            .collect()
    }

    /// An aggregate of the query at hand: a placeholder until the grouping is built.
    fn add_aggregate(&mut self, call: AggregateCall, pos: u32) -> Result<Expr> {
        let ty = call.ty;
        let Some(level) = self.levels.last_mut() else {
            return Err(misplaced("aggregate functions", "this context", pos));
        };
        if level.in_aggregate {
            return Err(
                SqlError::new(sqlstate::GROUPING_ERROR, "aggregate function calls cannot be nested").at(pos)
            );
        }
        if let Some(clause) = level.no_aggregates {
            return Err(misplaced("aggregate functions", clause, pos));
        }
        if call.args.iter().chain(&call.filter).any(|expr| has_placeholder(expr, WINDOW_BASE)) {
            let message = "aggregate function calls cannot contain window function calls";
            return Err(SqlError::new(sqlstate::GROUPING_ERROR, message).at(pos));
        }
        let index = match level.aggregates.iter().position(|other| *other == call) {
            Some(index) => index,
            None => {
                level.aggregates.push(call);
                level.aggregates.len() - 1
            }
        };
        Ok(Expr { kind: ExprKind::Column(AGGREGATE_BASE + index), ty, typmod: Typmod::NONE, pos })
    }

    /// `GROUPING(a, b)`: a placeholder behind those of the aggregates.
    pub(super) fn grouping(&mut self, args: &[ast::Expr], pos: u32) -> Result<Expr> {
        let args = self.exprs(args)?;
        let Some(level) = self.levels.last_mut() else {
            return Err(misplaced("grouping operations", "this context", pos));
        };
        level.groupings.push(args);
        let index = super::group::GROUPING_BASE + level.groupings.len() - 1;
        Ok(Expr { kind: ExprKind::Column(index), ty: Type::INT4, typmod: Typmod::NONE, pos })
    }

    fn add_window(
        &mut self,
        function: &'static Function,
        args: Vec<Expr>,
        filter: Option<Expr>,
        over: &ast::Over,
        ty: Type,
        pos: u32,
    ) -> Result<Expr> {
        let refused = self.levels.last().map_or(Some("this context"), |level| level.no_windows);
        if let Some(clause) = refused {
            return Err(SqlError::new(
                sqlstate::WINDOWING_ERROR,
                format!("window functions are not allowed in {clause}"),
            )
            .at(pos));
        }
        let (partition_by, order_by, frame) = match over {
            ast::Over::Name(name) => self.named_window(name)?,
            ast::Over::Spec(spec) => self.window_spec(spec)?,
        };
        let call =
            WindowCall { function: FunctionRef(function), args, filter, partition_by, order_by, frame, ty };
        let read = call.args.iter().chain(&call.filter).chain(&call.partition_by);
        if read
            .chain(call.order_by.iter().map(|key| &key.expr))
            .any(|expr| has_placeholder(expr, WINDOW_BASE))
        {
            let message = "window function calls cannot be nested";
            return Err(SqlError::new(sqlstate::WINDOWING_ERROR, message).at(pos));
        }
        let Some(level) = self.levels.last_mut() else {
            return Err(misplaced("window functions", "this context", pos));
        };
        level.windows.push(call);
        let index = WINDOW_BASE + level.windows.len() - 1;
        Ok(Expr { kind: ExprKind::Column(index), ty, typmod: Typmod::NONE, pos })
    }

    fn named_window(&mut self, name: &ast::Ident) -> Result<(Vec<Expr>, Vec<SortKey>, Frame)> {
        let found = self.levels.last().and_then(|level| {
            level.named_windows.iter().find(|(other, _)| **other == *name.name).map(|(_, spec)| spec.clone())
        });
        match found {
            Some(spec) => self.window_spec(&spec),
            None => Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("window \"{}\" does not exist", name.name),
            )
            .at(name.pos.0)),
        }
    }

    fn window_spec(&mut self, spec: &ast::WindowSpec) -> Result<(Vec<Expr>, Vec<SortKey>, Frame)> {
        let inherited = spec.base.as_ref().map(|base| self.named_window(base)).transpose()?;
        let (mut partition_by, mut order_by) = match inherited {
            Some((partition_by, order_by, _)) => (partition_by, order_by),
            None => (Vec::new(), Vec::new()),
        };
        for tree in &spec.partition_by {
            let expr = self.expr(tree)?;
            partition_by.push(self.known(expr)?);
        }
        order_by.extend(self.sort_keys_of_call(&spec.order_by)?);
        let frame = match &spec.frame {
            Some(frame) => self.frame(frame, &order_by)?,
            None => Frame {
                units: FrameUnits::Range,
                start: FrameBound::UnboundedPreceding,
                end: FrameBound::CurrentRow,
                exclusion: FrameExclusion::NoOthers,
            },
        };
        Ok((partition_by, order_by, frame))
    }

    fn frame(&mut self, frame: &ast::Frame, order_by: &[SortKey]) -> Result<Frame> {
        let units = match frame.units {
            ast::FrameUnits::Rows => FrameUnits::Rows,
            ast::FrameUnits::Range => FrameUnits::Range,
            ast::FrameUnits::Groups => FrameUnits::Groups,
        };
        let exclusion = match frame.exclude {
            ast::FrameExclusion::NoOthers => FrameExclusion::NoOthers,
            ast::FrameExclusion::CurrentRow => FrameExclusion::CurrentRow,
            ast::FrameExclusion::Group => FrameExclusion::Group,
            ast::FrameExclusion::Ties => FrameExclusion::Ties,
        };
        let start = self.frame_bound(&frame.start, units, order_by)?;
        let end = self.frame_bound(&frame.end, units, order_by)?;
        Ok(Frame { units, start, end, exclusion })
    }

    fn frame_bound(
        &mut self,
        bound: &ast::FrameBound,
        units: FrameUnits,
        order_by: &[SortKey],
    ) -> Result<FrameBound> {
        Ok(match bound {
            ast::FrameBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
            ast::FrameBound::CurrentRow => FrameBound::CurrentRow,
            ast::FrameBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
            ast::FrameBound::Preceding(offset) => {
                FrameBound::Preceding(self.frame_offset(offset, units, order_by)?)
            }
            ast::FrameBound::Following(offset) => {
                FrameBound::Following(self.frame_offset(offset, units, order_by)?)
            }
        })
    }

    /// Rows and groups are counted; a RANGE offset is what is added to or taken from the sort key.
    fn frame_offset(&mut self, offset: &ast::Expr, units: FrameUnits, order_by: &[SortKey]) -> Result<Expr> {
        let bound = self.expr(offset)?;
        let ty = match (units, order_by) {
            (FrameUnits::Rows | FrameUnits::Groups, _) => Type::INT8,
            (FrameUnits::Range, [key]) => match key.expr.ty {
                Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME | Type::TIMETZ => {
                    Type::INTERVAL
                }
                ty => ty,
            },
            (FrameUnits::Range, _) => {
                return Err(SqlError::new(
                    sqlstate::WINDOWING_ERROR,
                    "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
                )
                .at(offset.pos.0));
            }
        };
        if bound.contains(&mut |part| matches!(part.kind, ExprKind::Column(_))) {
            let clause = match units {
                FrameUnits::Rows => "ROWS",
                FrameUnits::Range => "RANGE",
                FrameUnits::Groups => "GROUPS",
            };
            return Err(SqlError::new(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!("argument of {clause} must not contain variables"),
            )
            .at(offset.pos.0));
        }
        self.coerce(bound, ty, Typmod::NONE, Context::Implicit)
    }
}

/// A sort key with PostgreSQL's defaults: NULLs last when ascending, first when descending.
pub(super) fn sort_key(key: &ast::SortKey, expr: Expr) -> SortKey {
    let descending = match &key.direction {
        ast::SortDirection::Desc => true,
        ast::SortDirection::Using(operator) => operator.symbol.starts_with('>'),
        ast::SortDirection::Unspecified | ast::SortDirection::Asc => false,
    };
    SortKey { expr, descending, nulls_first: key.nulls_first.unwrap_or(descending) }
}

/// Names and types of the columns of a call that yields records.
pub(super) fn record_columns(expr: &Expr) -> &'static [(&'static str, Type)] {
    match &expr.kind {
        ExprKind::Call { function, .. } => match function.0.kind {
            FunctionKind::Set(_, columns) => columns,
            _ => &[],
        },
        _ => &[],
    }
}

/// Named arguments in the places of their parameters; what is left out between them is 0 or NULL.
fn placed(call: &ast::FunctionCall, args: Vec<Expr>) -> Result<Vec<Expr>> {
    let name = call.name.base();
    let place = |function: &Function| -> Option<Vec<usize>> {
        let names = parameters::names(function);
        let at = |(index, arg): (usize, &ast::FunctionArg)| match &arg.name {
            None => Some(index),
            Some(wanted) => names.iter().position(|name| *name == &*wanted.name),
        };
        let places: Vec<usize> = call.args.iter().enumerate().map(at).collect::<Option<_>>()?;
        let distinct =
            places.iter().enumerate().all(|(index, place)| !places.iter().take(index).any(|p| p == place));
        distinct.then_some(places)
    };
    let found = registry::by_name(name).iter().find_map(|function| Some((*function, place(function)?)));
    let Some((function, places)) = found else {
        let shown: Vec<String> = call
            .args
            .iter()
            .zip(&args)
            .map(|(arg, bound)| match &arg.name {
                Some(name) => format!("{} => {}", name.name, bound.ty),
                None => bound.ty.to_string(),
            })
            .collect();
        let message = format!("function {name}({}) does not exist", shown.join(", "));
        return Err(SqlError::new(sqlstate::UNDEFINED_FUNCTION, message)
            .hint("No function matches the given name and argument types. You might need to add explicit type casts.")
            .at(call.pos.0));
    };
    let count = places.iter().max().map_or(0, |last| last + 1);
    let left_out = |ty: &Type| {
        let value = match *ty {
            Type::INT4 => Value::Int4(0),
            Type::FLOAT8 => Value::Float8(0.0),
            _ => Value::Null,
        };
        Expr::constant(value, *ty)
    };
    let mut placed: Vec<Expr> = function.args.iter().take(count).map(left_out).collect();
    for (place, arg) in places.into_iter().zip(args) {
        if let Some(slot) = placed.get_mut(place) {
            *slot = arg;
        }
    }
    Ok(placed)
}

fn misplaced(what: &str, clause: &str, pos: u32) -> SqlError {
    SqlError::new(sqlstate::GROUPING_ERROR, format!("{what} are not allowed in {clause}")).at(pos)
}

fn no_function(name: &str, given: &[Type], state: &str, why: &str) -> SqlError {
    let shown: Vec<String> = given.iter().map(|ty| ty.sql_name(Typmod::NONE).into_owned()).collect();
    SqlError::new(state, format!("function {name}({}) {why}", shown.join(", ")))
}
