//! The visible nodes, one by one.

use super::node::{Detail, Node, Value};
use super::tree::{Builder, Built};
use super::words::{Name, Words, symbol};
use crate::plan::{
    AggregateCall, ConflictAction, Expr, HashKey, JoinKind, KeyRange, Physical, Probes, SetOpKind, SortKey,
};
use crate::schema::{IndexDef, KeySource, RelationDef, RelationKind};

impl Builder<'_> {
    /// A node that has a line of its own.
    pub(super) fn visible(&mut self, plan: &Physical, index: usize) -> Built {
        match plan {
            Physical::SeqScan { relation, columns, filter } => {
                let mut node = Node::new("Seq Scan");
                let names = self.scanned(&mut node, relation, columns);
                self.add_filter(&mut node, &names, filter.as_ref());
                Built { node, names }
            }
            Physical::KeyLookup { relation, index: at, columns, probes, filter } => {
                let (mut node, names) = self.index_scan(relation, *at, columns, false);
                let keys = self.key_names(relation, *at);
                let condition = self.say(&mut node, &[], |words| probe_text(words, &keys, probes));
                node.text("Index Cond", condition);
                self.add_filter(&mut node, &names, filter.as_ref());
                Built { node, names }
            }
            Physical::IndexRange { relation, index: at, columns, range, reverse, filter } => {
                let (mut node, names) = self.index_scan(relation, *at, columns, *reverse);
                let keys = self.key_names(relation, *at);
                let conditions = self.say(&mut node, &[], |words| range_text(words, &keys, range));
                if !conditions.is_empty() {
                    let text = if conditions.len() == 1 {
                        conditions.concat()
                    } else {
                        format!("({})", conditions.join(" AND "))
                    };
                    node.text("Index Cond", text);
                }
                self.add_filter(&mut node, &names, filter.as_ref());
                Built { node, names }
            }
            Physical::SystemScan { relation, name, columns, .. } => {
                let mut node = Node::new("Seq Scan");
                let alias = self.alias(name);
                node.heading = format!("Seq Scan on {name}");
                if alias != *name {
                    node.heading = format!("Seq Scan on {name} {alias}");
                }
                node.facts.push(("Relation Name", name.clone()));
                node.facts.push(("Alias", alias.clone()));
                let defs = crate::catalog::system::by_oid(*relation);
                let column = |at: &usize| {
                    let known = defs.and_then(|def| def.columns.get(*at)).map(|column| column.name);
                    self.column(&alias, known.unwrap_or("column"))
                };
                Built { names: columns.iter().map(column).collect(), node }
            }
            Physical::FunctionScan { calls, types, .. } => self.function_scan(calls, types.len()),
            Physical::Values { rows, types } => self.values(rows, types.len()),
            Physical::Supplied { types } => {
                let names = self.numbered("supplied", types.len());
                Built { node: Node::new("Supplied"), names }
            }
            Physical::Filter { input, .. } | Physical::Project { input, .. } => self.build(input, index + 1),
            Physical::ProjectSet { input, exprs } => {
                let mut node = Node::new("ProjectSet");
                let below = self.input(input, index + 1);
                let names = self.say(&mut node, &below.names, |words| {
                    exprs.iter().map(|expr| words.name(expr)).collect()
                });
                node.input(below.node, "Outer");
                Built { node, names }
            }
            Physical::NestedLoop { kind, left, right, on, lateral } => {
                self.nested_loop(*kind, (left, right), on.as_ref(), *lateral, index)
            }
            Physical::HashJoin { kind, left, right, keys, residual } => {
                self.hash_join(*kind, (left, right), keys, residual.as_ref(), index)
            }
            Physical::Aggregate { input, groups, sets, calls, grouping_calls } => {
                self.aggregate(input, (groups, sets, calls), grouping_calls.len(), index)
            }
            Physical::Window { input, calls } => {
                let mut node = Node::new("WindowAgg");
                let below = self.input(input, index + 1);
                let mut names = below.names.clone();
                names.extend(self.say(&mut node, &below.names, |words| {
                    calls.iter().map(|call| Name::expression(words.window(call))).collect::<Vec<_>>()
                }));
                node.input(below.node, "Outer");
                Built { node, names }
            }
            Physical::Sort { input, keys } => self.sort(input, keys, "quicksort", index),
            Physical::TopN { input, keys, .. } => {
                let mut limit = Node::new("Limit");
                let sorted = self.sort(input, keys, "top-N heapsort", index);
                let mut sort = sorted.node;
                sort.estimate = super::estimate::sorted(&sort);
                sort.actual = self.actual(index);
                limit.input(sort, "Outer");
                Built { node: limit, names: sorted.names }
            }
            Physical::Limit { input, .. } => self.above("Limit", input, index),
            Physical::Distinct { input, on: None } => {
                let mut built = self.above("HashAggregate", input, index);
                built.node.kind = "Aggregate";
                built.node.facts.push(("Strategy", "Hashed".to_owned()));
                let keys = built.names.iter().map(|name| name.text.clone()).collect();
                built.node.list("Group Key", keys);
                self.tell_batches(&mut built.node, index);
                built
            }
            Physical::Distinct { input, on: Some(_) } => self.above("Unique", input, index),
            Physical::Append { inputs } => {
                let mut node = Node::new("Append");
                let mut names = None;
                let mut next = index + 1;
                for input in inputs {
                    let below = self.input(input, next);
                    next += Self::size(input);
                    node.input(below.node, "Member");
                    names.get_or_insert(below.names);
                }
                Built { node, names: names.unwrap_or_default() }
            }
            Physical::SetOp { kind, all, left, right } => {
                let mut node = Node::new("SetOp");
                let word = if *kind == SetOpKind::Except { "Except" } else { "Intersect" };
                node.heading = format!("HashSetOp {word}{}", if *all { " All" } else { "" });
                let below = self.input(left, index + 1);
                let other = self.input(right, index + 1 + Self::size(left));
                node.input(below.node, "Outer");
                node.input(other.node, "Inner");
                Built { node, names: below.names }
            }
            Physical::With { ctes, body } => {
                let mut next = index + 1;
                let mut parts = Vec::with_capacity(ctes.len());
                for cte in ctes {
                    let built = self.input(&cte.plan, next);
                    next += Self::size(&cte.plan);
                    self.define_cte(cte.id, &built);
                    let mut part = built.node;
                    part.label = Some(format!("CTE {}", cte.name));
                    part.relationship = "InitPlan";
                    parts.push(part);
                }
                let mut built = self.build(body, next);
                // The definitions come before the node's own inputs.
                parts.append(&mut built.node.inputs);
                built.node.inputs = parts;
                built
            }
            Physical::CteScan { id, name, types } => {
                let is_round = self.rounds.contains(id);
                let mut node = Node::new(if is_round { "WorkTable Scan" } else { "CTE Scan" });
                let alias = self.alias(name);
                node.heading.push_str(&format!(" on {name}"));
                if alias != *name {
                    node.heading.push_str(&format!(" {alias}"));
                }
                node.facts.push(("CTE Name", name.clone()));
                node.facts.push(("Alias", alias.clone()));
                Built { node, names: self.cte_columns(*id, &alias, types.len()) }
            }
            Physical::Recursive { id, base, step, .. } => {
                let mut node = Node::new("Recursive Union");
                let below = self.input(base, index + 1);
                self.define_cte(*id, &below);
                self.rounds.push(*id);
                let round = self.input(step, index + 1 + Self::size(base));
                self.rounds.pop();
                node.input(below.node, "Outer");
                node.input(round.node, "Inner");
                Built { node, names: below.names }
            }
            Physical::LockRows { input, .. } => self.above("LockRows", input, index),
            Physical::Insert(node) => {
                let conflict = node.conflict.as_ref().map(|conflict| match conflict.action {
                    ConflictAction::Nothing => "NOTHING",
                    ConflictAction::Update { .. } => "UPDATE",
                });
                self.modify("Insert", &node.relation, &node.input, conflict, index)
            }
            Physical::Update(node) => self.modify("Update", &node.relation, &node.input, None, index),
            Physical::Delete(node) => self.modify("Delete", &node.relation, &node.input, None, index),
        }
    }

    /// A node that passes its input's columns on.
    fn above(&mut self, kind: &'static str, input: &Physical, index: usize) -> Built {
        let mut node = Node::new(kind);
        let below = self.input(input, index + 1);
        node.input(below.node, "Outer");
        Built { node, names: below.names }
    }

    /// `method` is how rows are sorted that fit in memory.
    fn sort(&mut self, input: &Physical, keys: &[SortKey], method: &'static str, index: usize) -> Built {
        let mut built = self.above("Sort", input, index);
        let names = std::mem::take(&mut built.names);
        let keys = self.say(&mut built.node, &names, |words| words.keys(keys));
        built.node.list("Sort Key", keys);
        if let Some(space) = self.space(index) {
            let on_disk = space.disk > 0;
            let method = if on_disk { "external merge" } else { method };
            let kilobytes = if on_disk { space.disk } else { space.memory }.div_ceil(1024);
            let value = Value::Sort { method, on_disk, kilobytes };
            built.node.details.push(Detail { name: "Sort Method", value });
        }
        built.names = names;
        built
    }

    fn index_scan(
        &mut self,
        relation: &RelationDef,
        at: usize,
        columns: &[usize],
        reverse: bool,
    ) -> (Node, Vec<Name>) {
        let mut node = Node::new("Index Scan");
        let name = index_of(relation, at).map_or("?", |index| &index.name).to_owned();
        let direction = if reverse { " Backward" } else { "" };
        node.heading = format!("Index Scan{direction} using {name}");
        node.facts.push(("Scan Direction", if reverse { "Backward" } else { "Forward" }.to_owned()));
        node.facts.push(("Index Name", name));
        let names = self.scanned(&mut node, relation, columns);
        (node, names)
    }

    /// The keys of an index, as conditions name them.
    fn key_names(&self, relation: &RelationDef, at: usize) -> Vec<String> {
        let RelationKind::Table(table) = &relation.kind else { return Vec::new() };
        let Some(index) = index_of(relation, at) else { return Vec::new() };
        let name = |source: &KeySource| match source {
            KeySource::Column(column) => table
                .columns
                .get(*column)
                .map(|column| crate::parse::quote_ident(&column.name))
                .unwrap_or_default(),
            KeySource::Expression(text, _) => format!("({text})"),
        };
        index.keys.iter().map(|key| name(&key.source)).collect()
    }

    fn function_scan(&mut self, calls: &[(Expr, usize)], width: usize) -> Built {
        let mut node = Node::new("Function Scan");
        let texts = self
            .say(&mut node, &[], |words| calls.iter().map(|(call, _)| words.expr(call)).collect::<Vec<_>>());
        let name = match texts.as_slice() {
            [only] => only.split('(').next().unwrap_or("function").to_owned(),
            _ => "\"*ROWS FROM*\"".to_owned(),
        };
        let alias = self.alias(&name);
        node.heading = format!("Function Scan on {alias}");
        node.facts.push(("Function Name", name));
        node.facts.push(("Alias", alias.clone()));
        let names = match width {
            1 => vec![self.column(&alias, &alias)],
            width => self.numbered(&alias, width),
        };
        Built { node, names }
    }

    fn values(&mut self, rows: &[Vec<Expr>], width: usize) -> Built {
        if let [row] = rows {
            let mut node = Node::new("Result");
            let names = self.say(&mut node, &[], |words| {
                row.iter().map(|expr| Name::expression(words.expr(expr))).collect()
            });
            return Built { node, names };
        }
        let mut node = Node::new("Values Scan");
        node.heading = "Values Scan on \"*VALUES*\"".to_owned();
        node.facts.push(("Alias", "*VALUES*".to_owned()));
        let names = self.numbered("*VALUES*", width);
        Built { node, names }
    }

    fn nested_loop(
        &mut self,
        kind: JoinKind,
        (left, right): (&Physical, &Physical),
        on: Option<&Expr>,
        lateral: bool,
        index: usize,
    ) -> Built {
        let mut node = Node::new("Nested Loop");
        head_join(&mut node, "Nested Loop", kind);
        let outer = self.input(left, index + 1);
        let at = index + 1 + Self::size(left);
        let mut inner = if lateral {
            self.around(&outer.names, |builder| builder.input(right, at))
        } else {
            self.input(right, at)
        };
        if !lateral {
            let mut kept = Node::new("Materialize");
            kept.estimate = inner.node.estimate;
            kept.actual = inner.node.actual;
            kept.input(inner.node, "Outer");
            inner.node = kept;
        }
        let names = joined(&outer.names, &inner.names);
        if let Some(on) = on {
            let text = self.say(&mut node, &names, |words| words.expr(on));
            node.text("Join Filter", text);
        }
        node.input(outer.node, "Outer");
        node.input(inner.node, "Inner");
        Built { node, names: visible_names(kind, names, outer.names.len()) }
    }

    fn hash_join(
        &mut self,
        kind: JoinKind,
        (left, right): (&Physical, &Physical),
        keys: &[HashKey],
        residual: Option<&Expr>,
        index: usize,
    ) -> Built {
        let mut node = Node::new("Hash Join");
        head_join(&mut node, "Hash", kind);
        let outer = self.input(left, index + 1);
        let inner = self.input(right, index + 1 + Self::size(left));
        let mut conditions = Vec::with_capacity(keys.len());
        for key in keys {
            let one = self.say(&mut node, &outer.names, |words| words.expr(&key.left));
            let other = self.say(&mut node, &inner.names, |words| words.expr(&key.right));
            let equal =
                if key.null_equal { "IS NOT DISTINCT FROM" } else { symbol(key.equal).unwrap_or("=") };
            conditions.push(format!("({one} {equal} {other})"));
        }
        let text = match conditions.len() {
            1 => conditions.concat(),
            _ => format!("({})", conditions.join(" AND ")),
        };
        node.text("Hash Cond", text);
        let names = joined(&outer.names, &inner.names);
        if let Some(residual) = residual {
            let text = self.say(&mut node, &names, |words| words.expr(residual));
            node.text("Join Filter", text);
        }
        let mut hash = Node::new("Hash");
        hash.estimate = inner.node.estimate;
        hash.actual = inner.node.actual;
        hash.input(inner.node, "Outer");
        node.input(outer.node, "Outer");
        node.input(hash, "Inner");
        Built { node, names: visible_names(kind, names, outer.names.len()) }
    }

    /// Under ANALYZE: what groups took.
    fn tell_batches(&self, node: &mut Node, index: usize) {
        let Some(space) = self.space(index) else { return };
        let kilobytes = |bytes: u64| bytes.div_ceil(1024);
        let (memory, disk) = (kilobytes(space.memory), kilobytes(space.disk));
        let value = Value::Batches { count: space.parts + 1, memory, disk };
        node.details.push(Detail { name: "Batches", value });
    }

    fn aggregate(
        &mut self,
        input: &Physical,
        (groups, sets, calls): (&[Expr], &[Vec<usize>], &[AggregateCall]),
        grouping_calls: usize,
        index: usize,
    ) -> Built {
        let mut node = Node::new("Aggregate");
        let below = self.input(input, index + 1);
        let keys = self.say(&mut node, &below.names, |words| {
            groups.iter().map(|group| words.expr(group)).collect::<Vec<_>>()
        });
        node.facts.push(("Strategy", if groups.is_empty() { "Plain" } else { "Hashed" }.to_owned()));
        if !groups.is_empty() {
            node.heading = "HashAggregate".to_owned();
        }
        let is_plain = matches!(sets, [set] if set.len() == groups.len());
        if is_plain && !keys.is_empty() {
            node.list("Group Key", keys.clone());
        }
        for set in sets.iter().filter(|_| !is_plain) {
            let parts: Vec<String> = set.iter().filter_map(|at| keys.get(*at).cloned()).collect();
            match parts.is_empty() {
                true => node.text("Group Key", "()".to_owned()),
                false => node.list("Hash Key", parts),
            }
        }
        if !groups.is_empty() {
            self.tell_batches(&mut node, index);
        }
        let mut names = self.say(&mut node, &below.names, |words| {
            let mut names: Vec<Name> = groups.iter().map(|group| words.name(group)).collect();
            names.extend(calls.iter().map(|call| Name::expression(words.aggregate(call))));
            names
        });
        names.extend((0..grouping_calls).map(|_| Name::expression("GROUPING()".to_owned())));
        node.input(below.node, "Outer");
        Built { node, names }
    }

    fn modify(
        &mut self,
        word: &'static str,
        relation: &RelationDef,
        input: &Physical,
        conflict: Option<&'static str>,
        index: usize,
    ) -> Built {
        let mut node = Node::new("ModifyTable");
        node.heading = format!("{word} on {}", relation.name);
        node.facts.push(("Operation", word.to_owned()));
        node.facts.push(("Relation Name", relation.name.clone()));
        node.facts.push(("Alias", relation.name.clone()));
        if let Some(resolution) = conflict {
            node.details
                .push(Detail { name: "Conflict Resolution", value: Value::Text(resolution.to_owned()) });
        }
        let below = self.input(input, index + 1);
        node.input(below.node, "Outer");
        Built { node, names: below.names }
    }
}

fn index_of(relation: &RelationDef, at: usize) -> Option<&IndexDef> {
    match &relation.kind {
        RelationKind::Table(table) => table.indexes.get(at).map(|index| &**index),
        _ => None,
    }
}

fn probe_text(words: &Words<'_>, keys: &[String], probes: &Probes) -> String {
    match probes {
        Probes::Keys(probes) => {
            let probe = |values: &Vec<Expr>| {
                let equal: Vec<String> = keys
                    .iter()
                    .zip(values)
                    .map(|(key, value)| format!("({key} = {})", words.expr(value)))
                    .collect();
                words.all(&equal)
            };
            match (probes.as_slice(), keys) {
                ([one], _) => probe(one),
                (several, [key]) => {
                    let values: Vec<String> =
                        several.iter().flatten().map(|value| words.expr(value)).collect();
                    format!("({key} = ANY (ARRAY[{}]))", values.join(", "))
                }
                (several, _) => {
                    let texts: Vec<String> = several.iter().map(probe).collect();
                    format!("({})", texts.join(" OR "))
                }
            }
        }
        Probes::Elements(array) => {
            let key = keys.first().map_or("", String::as_str);
            format!("({key} = ANY ({}))", words.expr(array))
        }
    }
}

fn range_text(words: &Words<'_>, keys: &[String], range: &KeyRange) -> Vec<String> {
    let mut conditions = Vec::new();
    for (key, value) in keys.iter().zip(&range.prefix) {
        conditions.push(format!("({key} = {})", words.expr(value)));
    }
    let next = keys.get(range.prefix.len()).map_or("", String::as_str);
    if range.not_null {
        conditions.push(format!("({next} IS NOT NULL)"));
    }
    if let Some((lower, included)) = &range.lower {
        let sign = if *included { ">=" } else { ">" };
        conditions.push(format!("({next} {sign} {})", words.expr(lower)));
    }
    if let Some((upper, included)) = &range.upper {
        let sign = if *included { "<=" } else { "<" };
        conditions.push(format!("({next} {sign} {})", words.expr(upper)));
    }
    conditions
}

fn head_join(node: &mut Node, algorithm: &str, kind: JoinKind) {
    let word = match kind {
        JoinKind::Inner => "Inner",
        JoinKind::Left => "Left",
        JoinKind::Right => "Right",
        JoinKind::Full => "Full",
        JoinKind::Semi => "Semi",
        JoinKind::Anti | JoinKind::NullAwareAnti => "Anti",
    };
    node.facts.push(("Join Type", word.to_owned()));
    node.heading = match (algorithm, kind) {
        ("Hash", JoinKind::Inner) => "Hash Join".to_owned(),
        (_, JoinKind::Inner) => algorithm.to_owned(),
        _ => format!("{algorithm} {word} Join"),
    };
}

fn joined(left: &[Name], right: &[Name]) -> Vec<Name> {
    left.iter().chain(right).cloned().collect()
}

fn visible_names(kind: JoinKind, mut names: Vec<Name>, left: usize) -> Vec<Name> {
    if !kind.yields_right() {
        names.truncate(left);
    }
    names
}
