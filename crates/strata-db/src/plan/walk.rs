//! Walking over expressions and plans: every place that looks for or replaces something goes through here.

use super::{Expr, ExprKind, Logical, Quantifier, SortKey, SubqueryKind};

impl Expr {
    /// The expressions directly inside this one, subqueries' plans aside.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Const(_) | ExprKind::Column(_) | ExprKind::Outer { .. } | ExprKind::Param(_) => {
                Vec::new()
            }
            ExprKind::Call { args, .. }
            | ExprKind::And(args)
            | ExprKind::Or(args)
            | ExprKind::Coalesce(args)
            | ExprKind::MinMax { args, .. }
            | ExprKind::Array(args)
            | ExprKind::Row(args) => args.iter_mut().collect(),
            ExprKind::Cast { arg, .. }
            | ExprKind::Not(arg)
            | ExprKind::IsNull { arg, .. }
            | ExprKind::IsBool { arg, .. }
            | ExprKind::Field { arg, .. } => vec![arg],
            ExprKind::IsDistinct { left, right, .. } | ExprKind::NullIf { left, right, .. } => {
                vec![left, right]
            }
            ExprKind::Case { whens, otherwise } => {
                let mut children: Vec<&mut Expr> =
                    whens.iter_mut().flat_map(|(condition, result)| [condition, result]).collect();
                children.extend(otherwise.as_deref_mut());
                children
            }
            ExprKind::InList { arg, list, .. } => std::iter::once(&mut **arg).chain(list).collect(),
            ExprKind::Quantified { arg, array, .. } => vec![arg, array],
            ExprKind::Subscript { arg, indices, .. } => {
                let bounds = indices.iter_mut().flat_map(|(low, high)| low.iter_mut().chain(high));
                std::iter::once(&mut **arg).chain(bounds).collect()
            }
            ExprKind::Subquery(subquery) => subquery_operands(&mut subquery.kind),
            ExprKind::SubPlan { kind, .. } => subquery_operands(kind),
        }
    }

    /// Calls `visit` for this expression and all inside it, from the outside inwards. `depth` is how many rows
    /// lie between: columns of the row that the whole expression is computed for are `Column` at depth 0 and
    /// `Outer { depth, .. }` within subqueries. `visit` returns whether to go on inside.
    pub fn visit_mut(&mut self, depth: usize, visit: &mut dyn FnMut(&mut Expr, usize) -> bool) {
        if !visit(self, depth) {
            return;
        }
        if let ExprKind::Subquery(subquery) = &mut self.kind {
            subquery.plan.visit_exprs_mut(depth + 1, visit);
        }
        for child in self.children_mut() {
            child.visit_mut(depth, visit);
        }
    }

    /// Whether something holds for this expression or one inside it, subqueries included.
    pub fn any_within(&self, mut holds: impl FnMut(&Expr, usize) -> bool) -> bool {
        let mut copy = self.clone();
        let mut found = false;
        copy.visit_mut(0, &mut |expr, depth| {
            found = found || holds(expr, depth);
            !found
        });
        found
    }

    /// The same expression for a row in which its columns stand `by` places further right.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Expr {
        self.map_row_columns(&mut |column| column + by);
        self
    }

    /// Renumbers the columns of the row that the expression is computed for, wherever they are referred to.
    pub fn map_row_columns(&mut self, renumber: &mut dyn FnMut(usize) -> usize) {
        self.visit_mut(0, &mut |expr, depth| {
            match &mut expr.kind {
                ExprKind::Column(column) if depth == 0 => *column = renumber(*column),
                ExprKind::Outer { depth: up, column } if depth > 0 && *up == depth => {
                    *column = renumber(*column)
                }
                _ => {}
            }
            true
        });
    }
}

fn subquery_operands(kind: &mut SubqueryKind) -> Vec<&mut Expr> {
    match kind {
        SubqueryKind::Scalar | SubqueryKind::Exists | SubqueryKind::Array => Vec::new(),
        SubqueryKind::Compare { left, quantifier: Quantifier::Any | Quantifier::All, .. } => {
            left.iter_mut().collect()
        }
    }
}

impl Logical {
    /// Calls `visit` for every expression of the plan, those of nodes beneath included. `depth` is as in
    /// [`Expr::visit_mut`]: how many rows up the row is that is asked about.
    pub fn visit_exprs_mut(&mut self, depth: usize, visit: &mut dyn FnMut(&mut Expr, usize) -> bool) {
        for expr in self.exprs_mut() {
            expr.visit_mut(depth, visit);
        }
        match self {
            Logical::Join { left, right, lateral, .. } => {
                left.visit_exprs_mut(depth, visit);
                // The left row of a lateral join is a row of its own.
                right.visit_exprs_mut(depth + usize::from(*lateral), visit);
            }
            other => other.inputs_mut().into_iter().for_each(|input| input.visit_exprs_mut(depth, visit)),
        }
    }

    /// The plans directly beneath.
    pub fn inputs_mut(&mut self) -> Vec<&mut Logical> {
        match self {
            Logical::Values { .. }
            | Logical::Scan { .. }
            | Logical::SystemScan { .. }
            | Logical::FunctionScan { .. }
            | Logical::CteScan { .. } => Vec::new(),
            Logical::Filter { input, .. }
            | Logical::Project { input, .. }
            | Logical::ProjectSet { input, .. }
            | Logical::Aggregate { input, .. }
            | Logical::Window { input, .. }
            | Logical::Sort { input, .. }
            | Logical::Limit { input, .. }
            | Logical::Distinct { input, .. }
            | Logical::LockRows { input, .. } => vec![input],
            Logical::Join { left, right, .. } | Logical::SetOp { left, right, .. } => vec![left, right],
            Logical::Recursive { base, step, .. } => vec![base, step],
            Logical::With { ctes, body } => {
                ctes.iter_mut().map(|cte| &mut cte.plan).chain(std::iter::once(&mut **body)).collect()
            }
            Logical::Insert(node) => vec![&mut node.input],
            Logical::Update(node) => vec![&mut node.input],
            Logical::Delete(node) => vec![&mut node.input],
        }
    }

    /// The expressions of this node itself.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Logical::Scan { .. }
            | Logical::SystemScan { .. }
            | Logical::SetOp { .. }
            | Logical::CteScan { .. }
            | Logical::Recursive { .. }
            | Logical::With { .. }
            | Logical::LockRows { .. } => Vec::new(),
            Logical::Values { rows, .. } => rows.iter_mut().flatten().collect(),
            Logical::FunctionScan { calls, .. } => calls.iter_mut().map(|(call, _)| call).collect(),
            Logical::Filter { predicate, .. } => vec![predicate],
            Logical::Project { exprs, .. } | Logical::ProjectSet { exprs, .. } => exprs.iter_mut().collect(),
            Logical::Join { on, .. } => vec![on],
            Logical::Aggregate { groups, calls, .. } => {
                let of_calls = calls.iter_mut().flat_map(|call| {
                    call.args.iter_mut().chain(sort_exprs(&mut call.order_by)).chain(&mut call.filter)
                });
                groups.iter_mut().chain(of_calls).collect()
            }
            Logical::Window { calls, .. } => {
                let exprs = calls.iter_mut().flat_map(|call| {
                    call.args
                        .iter_mut()
                        .chain(&mut call.filter)
                        .chain(&mut call.partition_by)
                        .chain(sort_exprs(&mut call.order_by))
                        .chain(call.frame.exprs_mut())
                });
                exprs.collect()
            }
            Logical::Sort { keys, .. } => sort_exprs(keys).collect(),
            Logical::Limit { offset, count, ties, .. } => offset
                .iter_mut()
                .chain(count)
                .chain(ties.iter_mut().flat_map(|keys| sort_exprs(keys)))
                .collect(),
            Logical::Distinct { on, .. } => on.iter_mut().flatten().collect(),
            Logical::Insert(node) => {
                let conflict = node.conflict.iter_mut().flat_map(|conflict| conflict.exprs_mut());
                let checks = node.checks.iter_mut().map(|(_, check)| check);
                let generated = node.generated.iter_mut().map(|(_, expr)| expr);
                let indexes = node.indexes.iter_mut().flat_map(|index| index.exprs_mut());
                checks
                    .chain(generated)
                    .chain(indexes)
                    .chain(conflict)
                    .chain(node.returning.iter_mut().flatten())
                    .collect()
            }
            Logical::Update(node) => {
                let assigned = node.assignments.iter_mut().map(|(_, expr)| expr);
                let checks = node.checks.iter_mut().map(|(_, check)| check);
                let generated = node.generated.iter_mut().map(|(_, expr)| expr);
                let indexes = node.indexes.iter_mut().flat_map(|index| index.exprs_mut());
                assigned
                    .chain(checks)
                    .chain(generated)
                    .chain(indexes)
                    .chain(node.returning.iter_mut().flatten())
                    .collect()
            }
            Logical::Delete(node) => {
                let indexes = node.indexes.iter_mut().flat_map(|index| index.exprs_mut());
                indexes.chain(node.returning.iter_mut().flatten()).collect()
            }
        }
    }
}

fn sort_exprs(keys: &mut [SortKey]) -> impl Iterator<Item = &mut Expr> {
    keys.iter_mut().map(|key| &mut key.expr)
}

impl super::Frame {
    /// The offsets of the bounds.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        use super::FrameBound::{Following, Preceding};
        [&mut self.start, &mut self.end]
            .into_iter()
            .filter_map(|bound| match bound {
                Preceding(expr) | Following(expr) => Some(expr),
                _ => None,
            })
            .collect()
    }
}

impl super::Conflict {
    /// The expressions of DO UPDATE.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.action {
            super::ConflictAction::Nothing => Vec::new(),
            super::ConflictAction::Update { assignments, predicate } => {
                assignments.iter_mut().map(|(_, expr)| expr).chain(predicate).collect()
            }
        }
    }
}

impl super::IndexExprs {
    /// Keys and predicate.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.keys.iter_mut().chain(&mut self.predicate).collect()
    }
}
