//! Bound expressions back to trees, with every coercion written out: the text under which defaults, checks
//! and index expressions are kept. It means the same whatever is found by name later on, and reads as
//! PostgreSQL prints it.

use crate::functions::registry;
use crate::parse::ast::{
    self, CallSyntax, FunctionArg, FunctionCall, Ident, IsTest, ObjectName, Operator, Pos, QuantifiedArray,
    Subscript,
};
use crate::parse::parse_type;
use crate::plan::{Expr, ExprKind, Quantifier};
use ast::ExprKind as Tree;
use strata_types::{Format, Type, Typmod, Value};

/// What numbers in a bound expression are called.
pub trait Naming {
    /// A column of the row.
    fn column(&self, at: usize) -> Option<String>;
    /// An object, by the text of an OID's alias type, so that it is found whatever the search path is.
    fn object(&self, ty: Type, oid: u32) -> Option<String>;
}

/// The tree of a bound expression. `written` is the tree that it was bound from, which knows what binding
/// forgets; it is the answer where there is no way back.
pub fn canonical(bound: &Expr, written: &ast::Expr, naming: &dyn Naming) -> ast::Expr {
    let writer = Writer { naming, words: words(written) };
    writer.tree(bound, false).unwrap_or_else(|| written.clone())
}

/// `CURRENT_DATE` and its kind, by their places: they are bound to calls of ordinary functions.
type Words<'a> = Vec<(u32, &'a Tree)>;

struct Writer<'a> {
    naming: &'a dyn Naming,
    words: Words<'a>,
}

impl Writer<'_> {
    /// The tree; `None` if a part of the expression has none. An implicit cast that is not `shown` leaves
    /// no trace.
    fn tree(&self, expr: &Expr, shown: bool) -> Option<ast::Expr> {
        let kind = match &expr.kind {
            ExprKind::Const(value) => return self.constant(value, expr.ty, expr.typmod),
            ExprKind::Column(at) => Tree::Column(ObjectName(vec![ident(&self.naming.column(*at)?)])),
            ExprKind::Cast { arg, explicit } => {
                if let Some(word) = self.word(expr) {
                    return Some(plain(word));
                }
                if !explicit && !shown {
                    return self.tree(arg, false);
                }
                cast(self.tree(arg, false)?, expr.ty, expr.typmod)?
            }
            ExprKind::Call { .. } => match self.word(expr) {
                Some(word) => word,
                None => self.call(expr)?,
            },
            ExprKind::And(terms) => Tree::And(self.trees(terms, false)?),
            ExprKind::Or(terms) => Tree::Or(self.trees(terms, false)?),
            ExprKind::Not(arg) => Tree::Not(Box::new(self.tree(arg, false)?)),
            ExprKind::IsNull { arg, negated } => self.is(arg, IsTest::Null, *negated)?,
            ExprKind::IsBool { arg, truth, negated } => {
                let test = match truth {
                    Some(true) => IsTest::True,
                    Some(false) => IsTest::False,
                    None => IsTest::Unknown,
                };
                self.is(arg, test, *negated)?
            }
            ExprKind::IsDistinct { left, right, negated, .. } => {
                let operands = Box::new((self.tree(left, true)?, self.tree(right, true)?));
                Tree::IsDistinct { operands, negated: *negated }
            }
            ExprKind::Case { whens, otherwise } => {
                let branch = |(condition, result): &(Expr, Expr)| {
                    let (condition, result) = (self.tree(condition, false)?, self.tree(result, true)?);
                    Some(ast::CaseBranch { condition, result, pos: Pos::default() })
                };
                let otherwise = match otherwise {
                    Some(otherwise) => Some(self.tree(otherwise, true)?),
                    None => None,
                };
                let branches = whens.iter().map(branch).collect::<Option<_>>()?;
                Tree::Case(Box::new(ast::Case { operand: None, branches, otherwise }))
            }
            ExprKind::Coalesce(args) => Tree::Coalesce(self.trees(args, true)?),
            ExprKind::NullIf { left, right, .. } => {
                Tree::NullIf(Box::new((self.tree(left, true)?, self.tree(right, true)?)))
            }
            ExprKind::MinMax { args, greatest: true } => Tree::Greatest(self.trees(args, true)?),
            ExprKind::MinMax { args, greatest: false } => Tree::Least(self.trees(args, true)?),
            ExprKind::InList { arg, list, negated, .. } => self.in_list(arg, list, *negated)?,
            ExprKind::Quantified { arg, function, quantifier, array } => {
                let op = Operator::plain(symbol_of(function)?);
                quantified(
                    self.operand(arg, function.args.first())?,
                    op,
                    *quantifier,
                    self.tree(array, true)?,
                )
            }
            ExprKind::Array(elements) => Tree::Array(self.trees(elements, true)?),
            ExprKind::Row(fields) => Tree::Row { fields: self.trees(fields, true)?, explicit: true },
            ExprKind::Subscript { arg, indices, slice: false } => {
                let index = |(_, index): &(Option<Expr>, Option<Expr>)| {
                    Some(Subscript::Index(self.tree(index.as_ref()?, false)?))
                };
                let indexes = indices.iter().map(index).collect::<Option<_>>()?;
                Tree::Subscript { base: Box::new(self.tree(arg, true)?), indexes }
            }
            ExprKind::Subscript { slice: true, .. }
            | ExprKind::Outer { .. }
            | ExprKind::Param(_)
            | ExprKind::Field { .. }
            | ExprKind::Subquery(_)
            | ExprKind::SubPlan { .. } => return None,
        };
        Some(plain(kind))
    }

    fn trees(&self, exprs: &[Expr], shown: bool) -> Option<Vec<ast::Expr>> {
        exprs.iter().map(|expr| self.tree(expr, shown)).collect()
    }

    fn is(&self, arg: &Expr, test: IsTest, negated: bool) -> Option<Tree> {
        Some(Tree::Is { operand: Box::new(self.tree(arg, true)?), test, negated })
    }

    /// The word that stands where the expression does, if it has the word's type.
    fn word(&self, expr: &Expr) -> Option<Tree> {
        let (_, word) = self.words.iter().find(|(pos, _)| *pos == expr.pos)?;
        let Tree::SqlValue { function, .. } = word else { return None };
        (expr.ty == type_of(*function)).then(|| (*word).clone())
    }

    /// An operator if there is one for the function, its call otherwise.
    fn call(&self, expr: &Expr) -> Option<Tree> {
        let ExprKind::Call { function, args } = &expr.kind else { return None };
        let wanted = |at: usize| function.args.get(at).or(function.args.last());
        let mut trees = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            trees.push(self.operand(arg, wanted(at))?);
        }
        if let Some(symbol) = symbol_of(function) {
            let op = Operator::plain(symbol);
            let mut operands = trees.into_iter();
            return match (operands.next(), operands.next()) {
                (Some(left), Some(right)) => {
                    Some(Tree::Binary { op, left: Box::new(left), right: Box::new(right) })
                }
                (Some(operand), None) => Some(Tree::Unary { op, operand: Box::new(operand) }),
                _ => None,
            };
        }
        let syntax = match (function.name, trees.len()) {
            ("extract", 2) => CallSyntax::Extract,
            ("timezone", 2) => CallSyntax::AtTimeZone,
            _ => CallSyntax::Ordinary,
        };
        if syntax == CallSyntax::Extract
            && let Some(field) = trees.first_mut()
            && let Tree::Cast { operand, .. } = &field.kind
        {
            *field = (**operand).clone();
        }
        Some(Tree::Function(Box::new(FunctionCall {
            name: ObjectName(vec![ident(function.name)]),
            args: trees.into_iter().map(|value| FunctionArg { name: None, value }).collect(),
            star: false,
            variadic: false,
            distinct: false,
            order_by: Vec::new(),
            within_group: false,
            filter: None,
            over: None,
            syntax,
            pos: Pos::default(),
        })))
    }

    /// An argument with the cast that its type does not need to become the one wanted, but its reader does:
    /// `varchar` is taken for `text` as it is.
    fn operand(&self, arg: &Expr, wanted: Option<&Type>) -> Option<ast::Expr> {
        let tree = self.tree(arg, true)?;
        match wanted {
            Some(&Type::TEXT) if arg.ty == Type::VARCHAR => match &arg.kind {
                ExprKind::Const(value) => self.constant(value, Type::TEXT, Typmod::NONE),
                _ => Some(plain(cast(tree, Type::TEXT, Typmod::NONE)?)),
            },
            _ => Some(tree),
        }
    }

    /// A value as a literal that has its type.
    fn constant(&self, value: &Value, ty: Type, typmod: Typmod) -> Option<ast::Expr> {
        let labelled = |text: Tree| Some(plain(cast(plain(text), ty, typmod)?));
        let mut text = Vec::new();
        match value {
            Value::Null if ty == Type::UNKNOWN => return Some(plain(Tree::Null)),
            Value::Null => return labelled(Tree::Null),
            Value::Bool(truth) => return Some(plain(Tree::Bool(*truth))),
            Value::Oid(oid) if ty != Type::OID && ty.is_oid_alias() && *oid != 0 => {
                text.extend_from_slice(self.naming.object(ty, *oid)?.as_bytes());
            }
            Value::Int4(number) if *number >= 0 => return Some(plain(Tree::Integer(i64::from(*number)))),
            value => value.write_text(ty, &Format::default(), &mut text),
        }
        let text = String::from_utf8(text).ok()?;
        let is_decimal = text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['.', 'e', 'E']);
        match ty {
            Type::UNKNOWN => Some(plain(Tree::String(text.into()))),
            Type::NUMERIC if is_decimal && typmod.is_none() => Some(plain(Tree::Number(text.into()))),
            _ => labelled(Tree::String(text.into())),
        }
    }

    /// `a IN (b, c)` is `a = ANY (ARRAY[b, c])`, and of one value `a = b`.
    fn in_list(&self, arg: &Expr, list: &[Expr], negated: bool) -> Option<Tree> {
        let text = (arg.ty == Type::VARCHAR).then_some(&Type::TEXT);
        let left = self.operand(arg, text)?;
        let op = Operator::plain(if negated { "<>" } else { "=" });
        if let [only] = list {
            let right = Box::new(self.operand(only, text)?);
            return Some(Tree::Binary { op, left: Box::new(left), right });
        }
        let mut array = plain(Tree::Array(self.trees(list, true)?));
        if text.is_some() {
            array = plain(cast(array, Type::TEXT_ARRAY, Typmod::NONE)?);
        }
        let quantifier = if negated { Quantifier::All } else { Quantifier::Any };
        Some(quantified(left, op, quantifier, array))
    }
}

fn plain(kind: Tree) -> ast::Expr {
    ast::Expr::new(kind, Pos::default())
}

fn ident(name: &str) -> Ident {
    Ident { name: name.into(), pos: Pos::default() }
}

fn quantified(operand: ast::Expr, op: Operator, quantifier: Quantifier, array: ast::Expr) -> Tree {
    let quantifier = match quantifier {
        Quantifier::Any => ast::Quantifier::Any,
        Quantifier::All => ast::Quantifier::All,
    };
    Tree::QuantifiedArray(Box::new(QuantifiedArray { operand, op, quantifier, array }))
}

fn cast(operand: ast::Expr, ty: Type, typmod: Typmod) -> Option<Tree> {
    let name = match ty {
        // Without a length, the words of SQL mean a length of 1.
        Type::BPCHAR if typmod.is_none() => "bpchar".into(),
        Type::BIT if typmod.is_none() => "\"bit\"".into(),
        ty => ty.sql_name(typmod),
    };
    let ty = Box::new(parse_type(&name).ok()?);
    Some(Tree::Cast { operand: Box::new(operand), ty })
}

/// The operator that a function is behind.
fn symbol_of(function: &crate::functions::Function) -> Option<&'static str> {
    let behind = |operator: &&crate::functions::Operator| std::ptr::eq(operator.function, function);
    registry::all_operators().iter().find(behind).map(|operator| operator.symbol)
}

fn type_of(function: ast::SqlValueFunction) -> Type {
    use ast::SqlValueFunction as F;
    match function {
        F::CurrentDate => Type::DATE,
        F::CurrentTime => Type::TIMETZ,
        F::CurrentTimestamp => Type::TIMESTAMPTZ,
        F::LocalTime => Type::TIME,
        F::LocalTimestamp => Type::TIMESTAMP,
        F::CurrentRole | F::CurrentUser | F::User | F::SessionUser | F::CurrentCatalog | F::CurrentSchema => {
            Type::NAME
        }
    }
}

/// The words in a tree of operators, casts and calls.
fn words(tree: &ast::Expr) -> Words<'_> {
    let mut found = Vec::new();
    let mut rest = vec![tree];
    while let Some(tree) = rest.pop() {
        match &tree.kind {
            word @ Tree::SqlValue { .. } => found.push((tree.pos.0, word)),
            Tree::Binary { left, right, .. } => rest.extend([&**left, &**right]),
            Tree::And(terms) | Tree::Or(terms) | Tree::Coalesce(terms) | Tree::Array(terms) => {
                rest.extend(terms)
            }
            Tree::Unary { operand, .. }
            | Tree::Not(operand)
            | Tree::Is { operand, .. }
            | Tree::Cast { operand, .. } => rest.push(operand),
            Tree::Between(between) => rest.extend([&between.operand, &between.low, &between.high]),
            Tree::InList { operand, list, .. } => {
                rest.push(operand);
                rest.extend(list);
            }
            Tree::Function(call) => rest.extend(call.args.iter().map(|arg| &arg.value)),
            Tree::Case(case) => {
                rest.extend(case.branches.iter().flat_map(|branch| [&branch.condition, &branch.result]));
                rest.extend(&case.otherwise);
            }
            _ => {}
        }
    }
    found
}
