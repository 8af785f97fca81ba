//! Expressions, types and windows as text.

use super::super::ast::*;
use super::parens::{is_plain_negated, is_plain_operand, is_plain_term};
use super::{Printer, Result, Style};
use std::fmt::Write;

impl Printer {
    /// An expression without parentheses of its own.
    pub(super) fn bare(&mut self, expr: &Expr) -> Result {
        match &expr.kind {
            ExprKind::Null => self.word("NULL"),
            ExprKind::Bool(true) => self.word("true"),
            ExprKind::Bool(false) => self.word("false"),
            ExprKind::Integer(value) => write!(self.out, "{value}"),
            ExprKind::Number(text) => self.word(text),
            ExprKind::String(text) => self.literal(text),
            ExprKind::BitString(digits) => write!(self.out, "B'{}'", digits.replace('\'', "''")),
            ExprKind::HexString(digits) => write!(self.out, "X'{}'", digits.replace('\'', "''")),
            ExprKind::Param(number) => write!(self.out, "${number}"),
            ExprKind::Default => self.word("DEFAULT"),
            ExprKind::Column(name) => self.object_name(name),
            ExprKind::Wildcard(qualifier) => {
                for part in qualifier {
                    self.ident(part)?;
                    self.word(".")?;
                }
                self.word("*")
            }
            ExprKind::Subscript { base, indexes } => {
                self.base(base)?;
                indexes.iter().try_for_each(|index| self.subscript(index))
            }
            ExprKind::Field { base, field } => {
                self.parens(|p| p.expr(base))?;
                self.word(".")?;
                self.ident(field)
            }
            ExprKind::AllFields(base) => {
                self.parens(|p| p.expr(base))?;
                self.word(".*")
            }
            ExprKind::Unary { op, operand } => {
                self.operator(op)?;
                self.word(" ")?;
                self.operand(operand)
            }
            ExprKind::Binary { op, left, right } => {
                self.operand_if(left, |left| is_plain_operand(left, op, true))?;
                self.word(" ")?;
                self.operator(op)?;
                self.word(" ")?;
                self.operand_if(right, |right| is_plain_operand(right, op, false))
            }
            ExprKind::And(terms) => self
                .separated(terms, " AND ", |p, term| p.operand_if(term, |term| is_plain_term(term, false))),
            ExprKind::Or(terms) => {
                self.separated(terms, " OR ", |p, term| p.operand_if(term, |term| is_plain_term(term, true)))
            }
            ExprKind::Not(operand) => {
                self.word("NOT ")?;
                self.operand_if(operand, is_plain_negated)
            }
            ExprKind::CurrentOf(cursor) => {
                self.word("CURRENT OF ")?;
                self.ident(cursor)
            }
            ExprKind::Is { .. }
            | ExprKind::IsDistinct { .. }
            | ExprKind::Between(_)
            | ExprKind::InList { .. }
            | ExprKind::InSubquery { .. }
            | ExprKind::Like(_)
            | ExprKind::QuantifiedArray(_)
            | ExprKind::QuantifiedQuery(_) => self.predicate(&expr.kind),
            _ => self.constructor(&expr.kind),
        }
    }

    /// What may have subscripts: a column and a parameter as they are, all else in parentheses.
    fn base(&mut self, base: &Expr) -> Result {
        match base.kind {
            ExprKind::Column(_) | ExprKind::Param(_) => self.expr(base),
            _ => self.parens(|p| p.expr(base)),
        }
    }

    fn subscript(&mut self, index: &Subscript) -> Result {
        self.word("[")?;
        match index {
            Subscript::Index(expr) => self.expr(expr)?,
            Subscript::Slice { low, high } => {
                low.iter().try_for_each(|low| self.expr(low))?;
                self.word(":")?;
                high.iter().try_for_each(|high| self.expr(high))?;
            }
        }
        self.word("]")
    }

    pub(super) fn operator(&mut self, op: &Operator) -> Result {
        let Some(schema) = &op.schema else { return self.word(&op.symbol) };
        self.word("OPERATOR(")?;
        self.object_name(schema)?;
        write!(self.out, ".{})", op.symbol)
    }

    fn predicate(&mut self, kind: &ExprKind) -> Result {
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match kind {
            ExprKind::Is { operand, test, negated } => {
                self.operand(operand)?;
                write!(self.out, " IS {}{}", not(*negated), test_words(*test))
            }
            ExprKind::IsDistinct { operands, negated } => {
                self.operand(&operands.0)?;
                write!(self.out, " IS {}DISTINCT FROM ", not(*negated))?;
                self.operand(&operands.1)
            }
            ExprKind::Between(between) => {
                self.operand(&between.operand)?;
                let symmetric = if between.symmetric { "SYMMETRIC " } else { "" };
                write!(self.out, " {}BETWEEN {symmetric}", not(between.negated))?;
                self.operand(&between.low)?;
                self.word(" AND ")?;
                self.operand(&between.high)
            }
            ExprKind::InList { operand, list, negated } => {
                self.operand(operand)?;
                write!(self.out, " {}IN ", not(*negated))?;
                self.parens(|p| p.list(list, Self::expr))
            }
            ExprKind::InSubquery { operand, query, negated } => {
                self.operand(operand)?;
                write!(self.out, " {}IN ", not(*negated))?;
                self.parens(|p| p.query(query))
            }
            ExprKind::Like(like) => {
                self.operand(&like.operand)?;
                let word = match like.kind {
                    LikeKind::Like => "LIKE",
                    LikeKind::ILike => "ILIKE",
                    LikeKind::SimilarTo => "SIMILAR TO",
                };
                write!(self.out, " {}{word} ", not(like.negated))?;
                self.operand(&like.pattern)?;
                if let Some(escape) = &like.escape {
                    self.word(" ESCAPE ")?;
                    self.operand(escape)?;
                }
                Ok(())
            }
            ExprKind::QuantifiedArray(any) => {
                self.quantified(&any.operand, &any.op, any.quantifier)?;
                self.parens(|p| p.expr(&any.array))
            }
            ExprKind::QuantifiedQuery(any) => {
                self.quantified(&any.operand, &any.op, any.quantifier)?;
                self.parens(|p| p.query(&any.query))
            }
            _ => unreachable!("only predicates come here"),
        }
    }

    fn quantified(&mut self, operand: &Expr, op: &Operator, quantifier: Quantifier) -> Result {
        self.operand(operand)?;
        self.word(" ")?;
        self.operator(op)?;
        self.word(if quantifier == Quantifier::Any { " ANY " } else { " ALL " })
    }

    fn constructor(&mut self, kind: &ExprKind) -> Result {
        match kind {
            ExprKind::Exists(query) => {
                self.word("EXISTS ")?;
                self.parens(|p| p.query(query))
            }
            ExprKind::Subquery(query) => self.parens(|p| p.query(query)),
            ExprKind::ArraySubquery(query) => {
                self.word("ARRAY")?;
                self.parens(|p| p.query(query))
            }
            ExprKind::Array(elements) => {
                self.word("ARRAY")?;
                self.array(elements)
            }
            ExprKind::Row { fields, explicit } => {
                self.word(if *explicit { "ROW" } else { "" })?;
                self.parens(|p| p.list(fields, Self::expr))
            }
            ExprKind::Case(case) => self.case(case),
            ExprKind::Cast { operand, ty } => {
                match (&operand.kind, self.style) {
                    (ExprKind::String(_) | ExprKind::Null, _) => self.bare(operand)?,
                    (_, Style::Full) => self.parens(|p| p.expr(operand))?,
                    (_, Style::Spare) => self.operand(operand)?,
                }
                self.word("::")?;
                self.type_name(ty)
            }
            ExprKind::Collate { operand, collation } => {
                self.operand(operand)?;
                self.word(" COLLATE ")?;
                self.object_name(collation)
            }
            ExprKind::Coalesce(args) => self.keyword_call("COALESCE", args),
            ExprKind::Greatest(args) => self.keyword_call("GREATEST", args),
            ExprKind::Least(args) => self.keyword_call("LEAST", args),
            ExprKind::Grouping(args) => self.keyword_call("GROUPING", args),
            ExprKind::NullIf(args) => {
                self.word("NULLIF(")?;
                self.expr(&args.0)?;
                self.word(", ")?;
                self.expr(&args.1)?;
                self.word(")")
            }
            ExprKind::SqlValue { function, precision } => {
                self.word(sql_value_words(*function))?;
                precision.iter().try_for_each(|precision| write!(self.out, "({precision})"))
            }
            ExprKind::Function(call) => self.call(call),
            _ => unreachable!("the caller prints every other kind"),
        }
    }

    fn keyword_call(&mut self, name: &str, args: &[Expr]) -> Result {
        self.word(name)?;
        self.parens(|p| p.list(args, Self::expr))
    }

    /// Inner brackets of an array have no word before them.
    fn array(&mut self, elements: &[Expr]) -> Result {
        let nested = !elements.is_empty() && elements.iter().all(|e| matches!(e.kind, ExprKind::Array(_)));
        self.word("[")?;
        self.list(elements, |p, element| match &element.kind {
            ExprKind::Array(inner) if nested => p.array(inner),
            _ => p.expr(element),
        })?;
        self.word("]")
    }

    fn case(&mut self, case: &Case) -> Result {
        self.word("CASE")?;
        if let Some(operand) = &case.operand {
            self.word(" ")?;
            self.expr(operand)?;
        }
        for branch in &case.branches {
            self.word(" WHEN ")?;
            self.expr(&branch.condition)?;
            self.word(" THEN ")?;
            self.expr(&branch.result)?;
        }
        if let Some(otherwise) = &case.otherwise {
            self.word(" ELSE ")?;
            self.expr(otherwise)?;
        }
        self.word(" END")
    }

    /// A call, in the syntax that it was written in.
    pub(super) fn call(&mut self, call: &FunctionCall) -> Result {
        match (call.syntax, call.args.as_slice()) {
            (CallSyntax::AtTimeZone, [zone, time]) => {
                self.operand(&time.value)?;
                self.word(" AT TIME ZONE ")?;
                self.operand(&zone.value)?;
            }
            (CallSyntax::Extract, [field, from]) => {
                self.word("EXTRACT(")?;
                match &field.value.kind {
                    ExprKind::String(word) if word.bytes().all(|b| b.is_ascii_lowercase()) => {
                        self.word(word)?
                    }
                    _ => self.expr(&field.value)?,
                }
                self.word(" FROM ")?;
                self.expr(&from.value)?;
                self.word(")")?;
            }
            (CallSyntax::Position, [within, what]) => {
                self.word("POSITION(")?;
                self.operand(&what.value)?;
                self.word(" IN ")?;
                self.operand(&within.value)?;
                self.word(")")?;
            }
            (CallSyntax::Overlaps, [a, b, c, d]) => {
                self.parens(|p| p.list(&[a, b], |p, arg| p.expr(&arg.value)))?;
                self.word(" OVERLAPS ")?;
                self.parens(|p| p.list(&[c, d], |p, arg| p.expr(&arg.value)))?;
            }
            (CallSyntax::CollationFor, [arg]) => self.special("COLLATION FOR ", &[("", arg)])?,
            (CallSyntax::Substring, [text, from]) => {
                self.special("SUBSTRING", &[("", text), (" FROM ", from)])?
            }
            (CallSyntax::Substring, [text, from, count]) => {
                self.special("SUBSTRING", &[("", text), (" FROM ", from), (" FOR ", count)])?;
            }
            (CallSyntax::SubstringSimilar, [text, pattern, escape]) => {
                self.word("SUBSTRING(")?;
                self.operand(&text.value)?;
                self.word(" SIMILAR ")?;
                self.expr(&pattern.value)?;
                self.word(" ESCAPE ")?;
                self.expr(&escape.value)?;
                self.word(")")?;
            }
            (CallSyntax::Normalize, [text, form]) => {
                self.word("NORMALIZE(")?;
                self.expr(&text.value)?;
                self.word(", ")?;
                // The form is a keyword, not a string.
                if let ExprKind::String(form) = &form.value.kind {
                    self.word(form)?;
                }
                self.word(")")?;
            }
            (CallSyntax::Trim, [text]) => {
                self.word("TRIM(")?;
                self.word(trim_side(call))?;
                self.word("FROM ")?;
                self.expr(&text.value)?;
                self.word(")")?;
            }
            (CallSyntax::Normalize, [arg]) => self.special("NORMALIZE", &[("", arg)])?,
            (CallSyntax::Overlay, [a, b, c]) => {
                self.special("OVERLAY", &[("", a), (" PLACING ", b), (" FROM ", c)])?;
            }
            (CallSyntax::Overlay, [a, b, c, d]) => {
                self.special("OVERLAY", &[("", a), (" PLACING ", b), (" FROM ", c), (" FOR ", d)])?;
            }
            (CallSyntax::Trim, [text, characters]) => {
                let side = trim_side(call);
                self.special("TRIM", &[(side, characters), (" FROM ", text)])?;
            }
            _ => self.plain_call(call)?,
        }
        self.call_clauses(call)
    }

    fn special(&mut self, name: &str, parts: &[(&str, &FunctionArg)]) -> Result {
        self.word(name)?;
        self.parens(|p| {
            parts.iter().try_for_each(|(word, arg)| {
                p.word(word)?;
                p.expr(&arg.value)
            })
        })
    }

    fn plain_call(&mut self, call: &FunctionCall) -> Result {
        self.object_name(&call.name)?;
        self.word("(")?;
        if call.star {
            self.word("*")?;
        }
        if call.distinct {
            self.word("DISTINCT ")?;
        }
        for (i, arg) in call.args.iter().enumerate() {
            if i > 0 {
                self.word(", ")?;
            }
            if call.variadic && i + 1 == call.args.len() {
                self.word("VARIADIC ")?;
            }
            if let Some(name) = &arg.name {
                self.ident(name)?;
                self.word(" => ")?;
            }
            self.expr(&arg.value)?;
        }
        if !call.within_group {
            self.order_by(&call.order_by)?;
        }
        self.word(")")
    }

    fn call_clauses(&mut self, call: &FunctionCall) -> Result {
        if call.within_group {
            self.word(" WITHIN GROUP (")?;
            self.order_by(&call.order_by)?;
            self.word(")")?;
        }
        if let Some(filter) = &call.filter {
            self.word(" FILTER (WHERE ")?;
            self.expr(filter)?;
            self.word(")")?;
        }
        match &call.over {
            None => Ok(()),
            Some(Over::Name(name)) => {
                self.word(" OVER ")?;
                self.ident(name)
            }
            Some(Over::Spec(spec)) => {
                self.word(" OVER ")?;
                self.window(spec)
            }
        }
    }

    /// `(base PARTITION BY .. ORDER BY .. frame)`.
    pub(super) fn window(&mut self, spec: &WindowSpec) -> Result {
        self.parens(|p| {
            if let Some(base) = &spec.base {
                p.ident(base)?;
            }
            if !spec.partition_by.is_empty() {
                p.word(" PARTITION BY ")?;
                p.list(&spec.partition_by, Self::expr)?;
            }
            p.order_by(&spec.order_by)?;
            spec.frame.iter().try_for_each(|frame| p.frame(frame))
        })
    }

    fn frame(&mut self, frame: &Frame) -> Result {
        self.word(match frame.units {
            FrameUnits::Rows => " ROWS BETWEEN ",
            FrameUnits::Range => " RANGE BETWEEN ",
            FrameUnits::Groups => " GROUPS BETWEEN ",
        })?;
        self.bound(&frame.start)?;
        self.word(" AND ")?;
        self.bound(&frame.end)?;
        self.word(match frame.exclude {
            FrameExclusion::NoOthers => "",
            FrameExclusion::CurrentRow => " EXCLUDE CURRENT ROW",
            FrameExclusion::Group => " EXCLUDE GROUP",
            FrameExclusion::Ties => " EXCLUDE TIES",
        })
    }

    fn bound(&mut self, bound: &FrameBound) -> Result {
        match bound {
            FrameBound::UnboundedPreceding => self.word("UNBOUNDED PRECEDING"),
            FrameBound::UnboundedFollowing => self.word("UNBOUNDED FOLLOWING"),
            FrameBound::CurrentRow => self.word("CURRENT ROW"),
            FrameBound::Preceding(offset) => {
                self.operand(offset)?;
                self.word(" PRECEDING")
            }
            FrameBound::Following(offset) => {
                self.operand(offset)?;
                self.word(" FOLLOWING")
            }
        }
    }

    /// ` ORDER BY ..`, or nothing.
    pub(super) fn order_by(&mut self, keys: &[SortKey]) -> Result {
        if keys.is_empty() {
            return Ok(());
        }
        self.word(" ORDER BY ")?;
        self.list(keys, |p, key| {
            p.expr(&key.expr)?;
            match &key.direction {
                SortDirection::Unspecified => {}
                SortDirection::Asc => p.word(" ASC")?,
                SortDirection::Desc => p.word(" DESC")?,
                SortDirection::Using(op) => {
                    p.word(" USING ")?;
                    p.operator(op)?;
                }
            }
            p.word(match key.nulls_first {
                None => "",
                Some(true) => " NULLS FIRST",
                Some(false) => " NULLS LAST",
            })
        })
    }

    /// A type: one of `pg_catalog` by the name that SQL has for it.
    pub(super) fn type_name(&mut self, ty: &TypeName) -> Result {
        if ty.setof {
            self.word("SETOF ")?;
        }
        let interval = ty.interval.map(interval_words);
        match interval {
            Some(fields) => write!(self.out, "interval {fields}")?,
            None => match sql_name(ty).and_then(|name| name.split_once(' ').map_or(Some((name, "")), Some)) {
                // The modifier of `timestamp with time zone` stands in its middle.
                Some((first @ ("timestamp" | "time"), rest)) => {
                    self.word(first)?;
                    self.modifiers(ty)?;
                    return self.rest_of_type(ty, &format!(" {rest}"));
                }
                Some((first, "")) => self.word(first)?,
                Some((first, rest)) => write!(self.out, "{first} {rest}")?,
                None => self.object_name(&ty.name)?,
            },
        }
        if ty.of_column {
            self.word("%TYPE")?;
        }
        self.modifiers(ty)?;
        self.rest_of_type(ty, "")
    }

    fn modifiers(&mut self, ty: &TypeName) -> Result {
        match ty.modifiers.as_slice() {
            [] => Ok(()),
            modifiers => self.parens(|p| p.separated(modifiers, ",", Self::expr)),
        }
    }

    fn rest_of_type(&mut self, ty: &TypeName, words: &str) -> Result {
        self.word(words)?;
        ty.array.iter().try_for_each(|bound| match bound {
            Some(bound) => write!(self.out, "[{bound}]"),
            None => self.word("[]"),
        })
    }
}

/// The name that SQL has for a type of `pg_catalog`. The words for `bpchar` and `bit` mean a length of 1 where
/// none is given, so these keep their own names.
fn sql_name(ty: &TypeName) -> Option<&'static str> {
    match ty.name.0.as_slice() {
        [_, name] if ty.modifiers.is_empty() && matches!(&*name.name, "bpchar" | "bit") => None,
        [dataset, name] if &*dataset.name == "pg_catalog" => {
            Some(strata_types::Type::by_name(&name.name)?.info()?.sql_name)
        }
        _ => None,
    }
}

fn trim_side(call: &FunctionCall) -> &'static str {
    match call.name.base() {
        "ltrim" => "LEADING ",
        "rtrim" => "TRAILING ",
        _ => "BOTH ",
    }
}

fn test_words(test: IsTest) -> &'static str {
    match test {
        IsTest::Null => "NULL",
        IsTest::True => "TRUE",
        IsTest::False => "FALSE",
        IsTest::Unknown => "UNKNOWN",
        IsTest::Document => "DOCUMENT",
        IsTest::Normalized(NormalForm::Nfc) => "NFC NORMALIZED",
        IsTest::Normalized(NormalForm::Nfd) => "NFD NORMALIZED",
        IsTest::Normalized(NormalForm::Nfkc) => "NFKC NORMALIZED",
        IsTest::Normalized(NormalForm::Nfkd) => "NFKD NORMALIZED",
    }
}

fn sql_value_words(function: SqlValueFunction) -> &'static str {
    match function {
        SqlValueFunction::CurrentDate => "CURRENT_DATE",
        SqlValueFunction::CurrentTime => "CURRENT_TIME",
        SqlValueFunction::CurrentTimestamp => "CURRENT_TIMESTAMP",
        SqlValueFunction::LocalTime => "LOCALTIME",
        SqlValueFunction::LocalTimestamp => "LOCALTIMESTAMP",
        SqlValueFunction::CurrentRole => "CURRENT_ROLE",
        SqlValueFunction::CurrentUser => "CURRENT_USER",
        SqlValueFunction::User => "USER",
        SqlValueFunction::SessionUser => "SESSION_USER",
        SqlValueFunction::CurrentCatalog => "CURRENT_CATALOG",
        SqlValueFunction::CurrentSchema => "CURRENT_SCHEMA",
    }
}

fn interval_words(fields: IntervalFields) -> &'static str {
    match fields {
        IntervalFields::Year => "year",
        IntervalFields::Month => "month",
        IntervalFields::Day => "day",
        IntervalFields::Hour => "hour",
        IntervalFields::Minute => "minute",
        IntervalFields::Second => "second",
        IntervalFields::YearToMonth => "year to month",
        IntervalFields::DayToHour => "day to hour",
        IntervalFields::DayToMinute => "day to minute",
        IntervalFields::DayToSecond => "day to second",
        IntervalFields::HourToMinute => "hour to minute",
        IntervalFields::HourToSecond => "hour to second",
        IntervalFields::MinuteToSecond => "minute to second",
    }
}
