//! From a physical plan to the nodes that EXPLAIN shows.
//!
//! Filters and projections have no node of their own: as in PostgreSQL they belong to the node beneath.
//! Plan nodes are numbered in the order in which `exec` builds their operators: subqueries first, then the
//! main query, each before its inputs.

use super::node::{Actual, Detail, Node, Value};
use super::words::{Name, SubPlans, Words};
use super::{Options, estimate};
use crate::exec::{Measured, Space};
use crate::plan::{Expr, Physical, PhysicalPlan, ROW_KEY, SubqueryKind};
use crate::schema::{RelationDef, RelationKind};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use strata_types::Format;

/// What the tree is made from.
pub(super) struct Builder<'a> {
    plan: &'a PhysicalPlan,
    options: &'a Options,
    pub(super) format: &'a Format,
    pub(super) statistics: &'a dyn crate::optimize::Statistics,
    schema_of: &'a dyn Fn(&RelationDef) -> String,
    measured: Option<&'a [Measured]>,
    /// How often each relation's name has been given.
    named: HashMap<String, usize>,
    /// Columns are shown with their table's name.
    prefixed: bool,
    shown_subplans: HashSet<usize>,
    outer: Vec<Vec<Name>>,
    ctes: HashMap<usize, KnownCte>,
    /// Recursive queries whose next round is being shown: their rows come from the work table.
    pub(super) rounds: Vec<usize>,
}

/// A common table expression that has been shown.
struct KnownCte {
    rows: f64,
    columns: Vec<String>,
}

/// A node with the names of its output columns.
pub(super) struct Built {
    pub(super) node: Node,
    pub(super) names: Vec<Name>,
}

impl SubPlans for PhysicalPlan {
    fn mention(&self, index: usize, kind: &SubqueryKind) -> String {
        match (is_initial(self, index, kind), kind) {
            (true, _) => format!("${index}"),
            (false, SubqueryKind::Compare { .. }) if is_constant(self, index) => {
                format!("(hashed SubPlan {})", index + 1)
            }
            (false, _) => format!("(SubPlan {})", index + 1),
        }
    }
}

/// Whether a subquery is computed once, before the row that wants it.
fn is_initial(plan: &PhysicalPlan, index: usize, kind: &SubqueryKind) -> bool {
    is_constant(plan, index) && !matches!(kind, SubqueryKind::Compare { .. })
}

fn is_constant(plan: &PhysicalPlan, index: usize) -> bool {
    plan.subplans.get(index).is_some_and(|subplan| subplan.reads.is_empty() && !subplan.volatile)
}

/// Nodes of a plan, itself included.
fn size(plan: &Physical) -> usize {
    1 + plan.inputs().into_iter().map(size).sum::<usize>()
}

fn scans(plan: &Physical) -> usize {
    let own = matches!(
        plan,
        Physical::SeqScan { .. }
            | Physical::KeyLookup { .. }
            | Physical::IndexRange { .. }
            | Physical::SystemScan { .. }
            | Physical::FunctionScan { .. }
            | Physical::CteScan { .. }
    );
    usize::from(own) + plan.inputs().into_iter().map(scans).sum::<usize>()
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        plan: &'a PhysicalPlan,
        options: &'a Options,
        format: &'a Format,
        statistics: &'a dyn crate::optimize::Statistics,
        schema_of: &'a dyn Fn(&RelationDef) -> String,
        measured: Option<&'a [Measured]>,
    ) -> Builder<'a> {
        let sources = scans(&plan.root) + plan.subplans.iter().map(|sub| scans(&sub.plan)).sum::<usize>();
        Builder {
            plan,
            options,
            format,
            statistics,
            schema_of,
            measured,
            named: HashMap::new(),
            prefixed: sources > 1 || options.verbose,
            shown_subplans: HashSet::new(),
            outer: Vec::new(),
            ctes: HashMap::new(),
            rounds: Vec::new(),
        }
    }

    /// The whole tree.
    pub(super) fn root(mut self) -> Node {
        let plan = self.plan;
        let index = plan.subplans.iter().map(|subplan| size(&subplan.plan)).sum();
        let built = self.build(&plan.root, index);
        let mut node = built.node;
        if self.options.verbose {
            let output: Vec<String> = built.names.into_iter().map(|name| name.text).collect();
            node.details.insert(0, Detail { name: "Output", value: Value::List(output) });
        }
        node
    }

    /// A node and what is beneath it. `index` is its number.
    pub(super) fn build(&mut self, plan: &Physical, index: usize) -> Built {
        let mut built = match plan {
            Physical::Filter { input, predicate } => {
                let mut built = self.build(input, index + 1);
                let names = std::mem::take(&mut built.names);
                self.add_filter(&mut built.node, &names, Some(predicate));
                self.count_removed(&mut built.node, index);
                built.names = names;
                built
            }
            Physical::Project { input, exprs } => {
                let mut built = self.build(input, index + 1);
                let names = self.say(&mut built.node, &built.names, |words| {
                    exprs.iter().map(|expr| words.name(expr)).collect()
                });
                built.names = names;
                built
            }
            _ => self.visible(plan, index),
        };
        built.node.estimate = estimate::of(plan, &built.node, self);
        built.node.actual = self.actual(index).or(built.node.actual);
        // What is computed beforehand is told first, what is computed for each row last.
        built.node.inputs.sort_by_key(|input| match input.relationship {
            "InitPlan" => 0,
            "SubPlan" => 2,
            _ => 1,
        });
        built
    }

    /// The inputs' numbers: each follows its parent and the siblings before it.
    pub(super) fn input(&mut self, plan: &Physical, index: usize) -> Built {
        let mut built = self.build(plan, index);
        built.names = built.names.iter().map(Name::seen_above).collect();
        built
    }

    pub(super) fn actual(&self, index: usize) -> Option<Actual> {
        let measured = self.measured?.get(index)?;
        Some(Actual {
            startup_us: measured.startup_us,
            total_us: measured.total_us,
            rows: measured.rows,
            loops: measured.loops,
        })
    }

    /// Under ANALYZE: what an operator that has run took for the rows that it gathered.
    pub(super) fn space(&self, index: usize) -> Option<Space> {
        let measured = self.measured?.get(index)?;
        (measured.loops > 0).then_some(measured.space)
    }

    /// Under ANALYZE: rows that came into a filter and did not leave it.
    fn count_removed(&self, node: &mut Node, index: usize) {
        if let (Some(before), Some(after)) = (self.actual(index + 1), self.actual(index)) {
            let removed = before.rows.saturating_sub(after.rows) / after.loops.max(1);
            if removed > 0 || after.loops > 0 {
                node.details.push(Detail { name: "Rows Removed by Filter", value: Value::Count(removed) });
            }
        }
    }

    /// Writes expressions over columns of these names; the subqueries in them go beneath the node.
    pub(super) fn say<T>(
        &mut self,
        node: &mut Node,
        names: &[Name],
        write: impl FnOnce(&Words<'_>) -> T,
    ) -> T {
        let mentioned = RefCell::new(Vec::new());
        let words = Words {
            columns: names,
            outer: &self.outer,
            subplans: self.plan,
            format: self.format,
            mentioned: &mentioned,
        };
        let text = write(&words);
        for (index, is_value) in mentioned.into_inner() {
            self.add_subplan(node, names, index, is_value);
        }
        text
    }

    fn add_subplan(&mut self, node: &mut Node, names: &[Name], index: usize, is_value: bool) {
        let plan = self.plan;
        let Some(subplan) = plan.subplans.get(index) else { return };
        if !self.shown_subplans.insert(index) {
            return;
        }
        let number: usize = plan.subplans.iter().take(index).map(|before| size(&before.plan)).sum();
        self.outer.push(names.to_vec());
        let mut inner = self.build(&subplan.plan, number).node;
        self.outer.pop();
        let initial = is_constant(plan, index) && is_value;
        inner.label = Some(match initial {
            true => format!("InitPlan {} (returns ${index})", index + 1),
            false => format!("SubPlan {}", index + 1),
        });
        node.input(inner, if initial { "InitPlan" } else { "SubPlan" });
    }

    /// Inside of a lateral join's right side and of subqueries: the row around.
    pub(super) fn around<T>(&mut self, names: &[Name], inside: impl FnOnce(&mut Self) -> T) -> T {
        self.outer.push(names.to_vec());
        let outcome = inside(self);
        self.outer.pop();
        outcome
    }

    /// Adds a condition to a node's Filter.
    pub(super) fn add_filter(&mut self, node: &mut Node, names: &[Name], filter: Option<&Expr>) {
        let Some(filter) = filter else { return };
        let bare: Vec<Name>;
        let is_scan = node.facts.iter().any(|(name, _)| *name == "Alias");
        let names = if is_scan && !self.options.verbose {
            bare = names.iter().map(Name::within_scan).collect();
            bare.as_slice()
        } else {
            names
        };
        let text = self.say(node, names, |words| words.expr(filter));
        let known = node.details.iter_mut().find(|detail| detail.name == "Filter");
        match known.map(|detail| &mut detail.value) {
            Some(Value::Text(known)) => *known = format!("({known} AND {text})"),
            _ => node.text("Filter", text),
        }
    }

    /// A scan's heading and the names of its columns.
    pub(super) fn scanned(
        &mut self,
        node: &mut Node,
        relation: &RelationDef,
        columns: &[usize],
    ) -> Vec<Name> {
        let alias = self.alias(&relation.name);
        let shown = if self.options.verbose {
            format!("{}.{}", (self.schema_of)(relation), relation.name)
        } else {
            relation.name.clone()
        };
        node.heading.push_str(" on ");
        node.heading.push_str(&shown);
        if alias != relation.name {
            node.heading.push(' ');
            node.heading.push_str(&alias);
        }
        node.facts.push(("Relation Name", relation.name.clone()));
        if self.options.verbose {
            node.facts.push(("Schema", (self.schema_of)(relation)));
        }
        node.facts.push(("Alias", alias.clone()));
        let RelationKind::Table(table) = &relation.kind else { return Vec::new() };
        let name = |column: &usize| match table.columns.get(*column) {
            Some(column) => self.column(&alias, &column.name),
            None if *column == ROW_KEY => self.column(&alias, "ctid"),
            None => Name::plain("?"),
        };
        columns.iter().map(name).collect()
    }

    /// A name for one more use of a relation: PostgreSQL's `t`, `t_1`, `t_2`.
    pub(super) fn alias(&mut self, relation: &str) -> String {
        let count = self.named.entry(relation.to_owned()).or_default();
        *count += 1;
        match *count {
            1 => relation.to_owned(),
            count => format!("{relation}_{}", count - 1),
        }
    }

    pub(super) fn column(&self, alias: &str, column: &str) -> Name {
        use crate::parse::quote_ident;
        let bare = quote_ident(column);
        match self.prefixed {
            true => {
                Name { bare: Some(bare.clone()), ..Name::plain(format!("{}.{bare}", quote_ident(alias))) }
            }
            false => Name::plain(bare),
        }
    }

    /// Names for columns that are known by number only.
    pub(super) fn numbered(&self, alias: &str, count: usize) -> Vec<Name> {
        (1..=count).map(|number| self.column(alias, &format!("column{number}"))).collect()
    }

    /// A common table expression is shown: its scans have its columns.
    pub(super) fn define_cte(&mut self, id: usize, built: &Built) {
        let own = |(index, name): (usize, &Name)| {
            let last = name.text.rsplit('.').next().filter(|_| name.plain && !name.text.starts_with('('));
            last.map_or_else(|| format!("column{}", index + 1), str::to_owned)
        };
        let columns = built.names.iter().enumerate().map(own).collect();
        self.ctes.insert(id, KnownCte { rows: built.node.estimate.rows, columns });
    }

    /// The columns of a scan of a common table expression.
    pub(super) fn cte_columns(&self, id: usize, alias: &str, count: usize) -> Vec<Name> {
        match self.ctes.get(&id) {
            Some(cte) => cte.columns.iter().map(|column| self.column(alias, column)).collect(),
            None => self.numbered(alias, count),
        }
    }

    pub(super) fn cte_rows(&self, id: usize) -> f64 {
        self.ctes.get(&id).map_or(100.0, |cte| cte.rows)
    }

    pub(super) fn size(plan: &Physical) -> usize {
        size(plan)
    }
}
