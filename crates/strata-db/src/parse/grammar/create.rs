//! CREATE of everything but tables.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<Statement> {
        let pos = self.pos();
        self.advance();
        let or_replace = self.eat_two(K::Or, K::Replace);
        let persistence = self.persistence();
        match self.keyword() {
            Some(K::Table) => self.create_table(persistence, false),
            Some(K::Foreign) if self.peek_is(1, K::Table) => {
                self.advance();
                self.create_table(persistence, true)
            }
            Some(K::View | K::Recursive) => self.create_view(or_replace, persistence),
            Some(K::Materialized) => self.create_materialized_view(persistence),
            Some(K::Sequence) => {
                self.advance();
                let if_not_exists = self.if_not_exists()?;
                let name = self.relation_name()?;
                let options = self.sequence_options()?;
                Ok(Statement::CreateSequence(Box::new(CreateSequence {
                    name,
                    persistence,
                    if_not_exists,
                    options,
                })))
            }
            Some(K::Unique | K::Index) => self.create_index(),
            Some(K::Schema) => self.create_schema(),
            Some(K::Type) => self.create_type(),
            Some(K::Domain) => self.create_domain(),
            Some(K::Function | K::Procedure) => self.create_function(or_replace),
            Some(K::Trigger | K::Constraint) => self.create_trigger(or_replace),
            Some(K::Policy) => self.create_policy(),
            Some(K::Role | K::User | K::Group) if !self.peek_is(1, K::Mapping) => self.create_role(),
            Some(K::Database) => self.create_database(),
            Some(K::Extension) => self.create_extension(),
            Some(K::Collation) => self.create_collation(),
            _ => self.unsupported("CREATE", pos),
        }
    }

    /// A statement that PostgreSQL has and that has no node: its words name it, its text is passed.
    pub(super) fn unsupported(&mut self, verb: &str, pos: Pos) -> Result<Statement> {
        let known: &[(&[K], &str)] = &[
            (&[K::Access, K::Method], "ACCESS METHOD"),
            (&[K::Aggregate], "AGGREGATE"),
            (&[K::Cast], "CAST"),
            (&[K::Conversion], "CONVERSION"),
            (&[K::Default, K::Conversion], "CONVERSION"),
            (&[K::Event, K::Trigger], "EVENT TRIGGER"),
            (&[K::Foreign, K::Data], "FOREIGN DATA WRAPPER"),
            (&[K::Language], "LANGUAGE"),
            (&[K::Procedural, K::Language], "LANGUAGE"),
            (&[K::Trusted], "LANGUAGE"),
            (&[K::Large, K::Object], "LARGE OBJECT"),
            (&[K::Operator, K::Class], "OPERATOR CLASS"),
            (&[K::Operator, K::Family], "OPERATOR FAMILY"),
            (&[K::Operator], "OPERATOR"),
            (&[K::Publication], "PUBLICATION"),
            (&[K::Rule], "RULE"),
            (&[K::Server], "SERVER"),
            (&[K::Statistics], "STATISTICS"),
            (&[K::Subscription], "SUBSCRIPTION"),
            (&[K::System], "SYSTEM"),
            (&[K::Tablespace], "TABLESPACE"),
            (&[K::Text, K::Search], "TEXT SEARCH"),
            (&[K::Transform], "TRANSFORM"),
            (&[K::User, K::Mapping], "USER MAPPING"),
            (&[K::Collation], "COLLATION"),
            (&[K::Extension], "EXTENSION"),
            (&[K::Policy], "POLICY"),
            (&[K::Trigger], "TRIGGER"),
        ];
        for (words, name) in known {
            if words.iter().enumerate().all(|(i, word)| self.peek_is(i, *word)) {
                self.pass_statement()?;
                let name = format!("{verb} {name}").into();
                return Ok(Statement::Unsupported(Unsupported { name, pos }));
            }
        }
        self.unexpected()
    }

    /// Reads to the end of the statement; semicolons in parentheses are inside it.
    pub(super) fn pass_statement(&mut self) -> Result<()> {
        let mut open = 0_usize;
        loop {
            match self.token.kind {
                T::End => return Ok(()),
                T::Punct(b';') if open == 0 => return Ok(()),
                T::Punct(b'(') => open += 1,
                T::Punct(b')') => open = open.saturating_sub(1),
                T::Punct(0) => return self.unexpected(),
                _ => {}
            }
            self.advance();
        }
    }

    fn create_view(&mut self, or_replace: bool, persistence: Persistence) -> Result<Statement> {
        let recursive = self.eat(K::Recursive);
        self.expect(K::View)?;
        let name = self.relation_name()?;
        let columns = if recursive {
            self.paren_list(Self::column_id)?
        } else {
            self.optional_paren_list(Self::column_id)?
        };
        let options = if self.eat(K::With) { self.option_list()? } else { Vec::new() };
        self.expect(K::As)?;
        let query = self.query()?;
        let mut check_option = None;
        if self.eat(K::With) {
            let local = self.eat_any(&[K::Local, K::Cascaded]) == Some(K::Local);
            self.expect(K::Check)?;
            self.expect(K::Option)?;
            check_option = Some(if local { CheckOption::Local } else { CheckOption::Cascaded });
        }
        Ok(Statement::CreateView(Box::new(CreateView {
            name,
            or_replace,
            persistence,
            recursive,
            columns,
            options,
            query,
            check_option,
        })))
    }

    fn create_materialized_view(&mut self, persistence: Persistence) -> Result<Statement> {
        self.advance();
        self.expect(K::View)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.relation_name()?;
        let columns = self.optional_paren_list(Self::column_id)?;
        let storage = self.table_storage()?;
        self.expect(K::As)?;
        let source = CreateAsSource::Query(Box::new(self.query()?));
        let with_data = self.with_data()?;
        Ok(Statement::CreateTableAs(Box::new(CreateTableAs {
            name,
            materialized_view: true,
            select_into: false,
            persistence,
            if_not_exists,
            columns,
            storage,
            source,
            with_data,
        })))
    }

    fn create_index(&mut self) -> Result<Statement> {
        let unique = self.eat(K::Unique);
        self.expect(K::Index)?;
        let concurrently = self.eat(K::Concurrently);
        let if_not_exists = self.if_not_exists()?;
        let name = if self.at(K::On) && !if_not_exists { None } else { Some(self.column_id()?) };
        self.expect(K::On)?;
        let table = self.relation_expr()?;
        let method = if self.eat(K::Using) { Some(self.column_id()?) } else { None };
        let keys = self.paren_list(Self::index_key)?;
        let include = if self.eat(K::Include) { self.paren_list(Self::index_key)? } else { Vec::new() };
        let nulls_not_distinct = self.nulls_not_distinct()?;
        let options = if self.eat(K::With) { self.option_list()? } else { Vec::new() };
        let tablespace = if self.eat(K::Tablespace) { Some(self.column_id()?) } else { None };
        let filter = self.where_clause()?;
        Ok(Statement::CreateIndex(Box::new(CreateIndex {
            name,
            table,
            unique,
            concurrently,
            if_not_exists,
            method,
            keys,
            include,
            nulls_not_distinct,
            options,
            tablespace,
            filter,
        })))
    }

    fn create_schema(&mut self) -> Result<Statement> {
        self.advance();
        let if_not_exists = self.if_not_exists()?;
        let name = if self.at(K::Authorization) { None } else { Some(self.object_name()?) };
        let owner = if self.eat(K::Authorization) { Some(self.role()?) } else { None };
        let mut elements = Vec::new();
        while self.at_any(&[K::Create, K::Grant]) {
            elements.push(self.nested(Self::statement)?);
        }
        Ok(Statement::CreateSchema(Box::new(CreateSchema { name, owner, if_not_exists, elements })))
    }

    fn create_type(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        let definition = if !self.eat(K::As) {
            TypeDefinition::Base(if self.at_punct(b'(') { self.option_list()? } else { Vec::new() })
        } else if self.eat(K::Enum) {
            self.expect_punct(b'(')?;
            let labels = if self.at_punct(b')') {
                Vec::new()
            } else {
                self.list(|p| {
                    let pos = p.pos();
                    Ok((p.string()?, pos))
                })?
            };
            self.expect_punct(b')')?;
            TypeDefinition::Enum(labels)
        } else if self.eat(K::Range) {
            TypeDefinition::Range(self.option_list()?)
        } else {
            self.expect_punct(b'(')?;
            let columns = if self.at_punct(b')') { Vec::new() } else { self.list(Self::record_column)? };
            self.expect_punct(b')')?;
            TypeDefinition::Composite(columns)
        };
        Ok(Statement::CreateType(Box::new(CreateType { name, definition })))
    }

    fn create_domain(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.object_name()?;
        self.eat(K::As);
        let ty = self.type_name()?;
        let collation = if self.eat(K::Collate) { Some(self.object_name()?) } else { None };
        let constraints = self.column_constraints()?;
        Ok(Statement::CreateDomain(Box::new(CreateDomain { name, ty, collation, constraints })))
    }

    fn create_function(&mut self, or_replace: bool) -> Result<Statement> {
        let procedure = self.at(K::Procedure);
        self.advance();
        let first = self.label()?;
        let name = self.object_name_from(first)?;
        let parameters = self.parameters()?;
        let (mut returns, mut returns_table) = (None, Vec::new());
        if self.at(K::Returns) && !self.peek_is(1, K::Null) {
            self.advance();
            if self.eat(K::Table) {
                returns_table = self.paren_list(|p| {
                    let name = Some(p.column_id()?);
                    Ok(FunctionParameter {
                        mode: ParameterMode::Table,
                        name,
                        ty: p.type_name()?,
                        default: None,
                    })
                })?;
            } else {
                returns = Some(self.type_name()?);
            }
        }
        let mut options = Vec::new();
        while let Some(option) = self.function_option()? {
            options.push(option);
        }
        Ok(Statement::CreateFunction(Box::new(CreateFunction {
            name,
            procedure,
            or_replace,
            parameters,
            returns,
            returns_table,
            options,
        })))
    }

    /// `(parameters)`.
    pub(super) fn parameters(&mut self) -> Result<Vec<FunctionParameter>> {
        self.expect_punct(b'(')?;
        let parameters = if self.at_punct(b')') { Vec::new() } else { self.list(Self::parameter)? };
        self.expect_punct(b')')?;
        Ok(parameters)
    }

    fn parameter(&mut self) -> Result<FunctionParameter> {
        let mut mode = self.parameter_mode();
        // A parameter is a type, or a name and a type: what follows the first word decides.
        let named = !matches!(
            self.peek(1),
            T::Punct(b',' | b')' | b'(' | b'[' | b'.')
                | T::Operator(_)
                | T::End
                | T::Keyword(K::Default | K::Precision | K::Varying | K::With | K::Without | K::Array)
        ) && !self.at(K::Setof)
            && !(self.at(K::National))
            && !(self.at(K::Interval));
        let mut name = None;
        if named {
            name = Some(self.non_reserved_word()?);
            if mode == ParameterMode::In {
                mode = self.parameter_mode();
            }
        }
        let ty = self.type_name()?;
        let default = if self.eat(K::Default) || self.eat_operator("=") { Some(self.expr()?) } else { None };
        Ok(FunctionParameter { mode, name, ty, default })
    }

    fn parameter_mode(&mut self) -> ParameterMode {
        match self.eat_any(&[K::In, K::Out, K::Inout, K::Variadic]) {
            Some(K::In) if self.eat(K::Out) => ParameterMode::InOut,
            Some(K::Out) => ParameterMode::Out,
            Some(K::Inout) => ParameterMode::InOut,
            Some(K::Variadic) => ParameterMode::Variadic,
            _ => ParameterMode::In,
        }
    }

    /// One option of a function, if one comes next.
    pub(super) fn function_option(&mut self) -> Result<Option<FunctionOption>> {
        use FunctionOption as F;
        let Some(word) = self.keyword() else { return Ok(None) };
        if matches!(word, K::Set) {
            self.advance();
            return Ok(Some(F::Set(Box::new(self.variable_set()?))));
        }
        if word == K::Reset {
            return Ok(Some(F::Set(Box::new(self.reset()?))));
        }
        let known = [
            K::Language,
            K::As,
            K::Immutable,
            K::Stable,
            K::Volatile,
            K::Strict,
            K::Called,
            K::Returns,
            K::External,
            K::Security,
            K::Leakproof,
            K::Not,
            K::Window,
            K::Cost,
            K::Rows,
            K::Support,
            K::Parallel,
            K::Transform,
            K::Return,
            K::Begin,
        ];
        let Some(word) = self.eat_any(&known) else { return Ok(None) };
        Ok(Some(match word {
            K::Language => F::Language(if matches!(self.token.kind, T::String(_)) {
                self.string()?
            } else {
                self.non_reserved_word()?.name
            }),
            K::As => F::As(self.list(Self::string)?),
            K::Immutable => F::Volatility(Volatility::Immutable),
            K::Stable => F::Volatility(Volatility::Stable),
            K::Volatile => F::Volatility(Volatility::Volatile),
            K::Strict => F::Strict(true),
            K::Called => self.on_null_input(false)?,
            K::Returns => {
                self.expect(K::Null)?;
                self.on_null_input(true)?
            }
            K::External | K::Security => {
                if word == K::External {
                    self.expect(K::Security)?;
                }
                match self.eat_any(&[K::Definer, K::Invoker]) {
                    Some(word) => F::SecurityDefiner(word == K::Definer),
                    None => return self.unexpected(),
                }
            }
            K::Leakproof => F::Leakproof(true),
            K::Not => {
                self.expect(K::Leakproof)?;
                F::Leakproof(false)
            }
            K::Window => F::Window,
            K::Cost => F::Cost(self.signed_number()?),
            K::Rows => F::Rows(self.signed_number()?),
            K::Support => F::Support(self.object_name()?),
            K::Parallel => F::Parallel(self.column_id()?),
            K::Transform => F::Transform(self.list(|p| {
                p.expect(K::For)?;
                p.expect(K::Type)?;
                p.type_name()
            })?),
            K::Return => F::Return(self.expr()?),
            _ => F::Atomic(self.atomic_body()?),
        }))
    }

    fn on_null_input(&mut self, strict: bool) -> Result<FunctionOption> {
        for word in [K::On, K::Null, K::Input] {
            self.expect(word)?;
        }
        Ok(FunctionOption::Strict(strict))
    }

    /// `ATOMIC statement; .. END`.
    fn atomic_body(&mut self) -> Result<Vec<Statement>> {
        self.expect(K::Atomic)?;
        let mut body = Vec::new();
        while !self.eat(K::End) {
            if self.eat_punct(b';') {
                continue;
            }
            body.push(if self.at(K::Return) {
                // `RETURN e` is `SELECT e`.
                let pos = self.pos();
                self.advance();
                let expr = self.expr()?;
                select_expr(expr, pos)
            } else {
                self.nested(Self::statement)?
            });
            self.expect_punct(b';')?;
        }
        Ok(body)
    }

    fn create_trigger(&mut self, or_replace: bool) -> Result<Statement> {
        let constraint = self.eat(K::Constraint);
        self.expect(K::Trigger)?;
        let name = self.column_id()?;
        let timing = match self.eat_any(&[K::Before, K::After, K::Instead]) {
            Some(K::Before) => TriggerTiming::Before,
            Some(K::After) => TriggerTiming::After,
            Some(_) => self.expect(K::Of).map(|()| TriggerTiming::InsteadOf)?,
            None => return self.unexpected(),
        };
        let mut events = vec![self.trigger_event()?];
        while self.eat(K::Or) {
            events.push(self.trigger_event()?);
        }
        self.expect(K::On)?;
        let table = self.relation_name()?;
        let from = if self.eat(K::From) { Some(self.relation_name()?) } else { None };
        let deferral = self.constraint_timing()?;
        let mut referencing = Vec::new();
        if self.eat(K::Referencing) {
            while let Some(word) = self.eat_any(&[K::New, K::Old]) {
                let is_table = match self.eat_any(&[K::Table, K::Row]) {
                    Some(kind) => kind == K::Table,
                    None => return self.unexpected(),
                };
                self.eat(K::As);
                referencing.push((word == K::New, is_table, self.column_id()?));
            }
        }
        let mut for_each_row = constraint;
        if self.eat(K::For) {
            self.eat(K::Each);
            for_each_row = match self.eat_any(&[K::Row, K::Statement]) {
                Some(word) => word == K::Row,
                None => return self.unexpected(),
            };
        }
        let when = if self.eat(K::When) { Some(self.paren_expr()?) } else { None };
        self.expect(K::Execute)?;
        if self.eat_any(&[K::Function, K::Procedure]).is_none() {
            return self.unexpected();
        }
        let function = self.label()?;
        let function = self.object_name_from(function)?;
        self.expect_punct(b'(')?;
        let args = if self.at_punct(b')') { Vec::new() } else { self.list(Self::trigger_argument)? };
        self.expect_punct(b')')?;
        Ok(Statement::CreateTrigger(Box::new(CreateTrigger {
            name,
            or_replace,
            constraint,
            timing,
            events,
            table,
            from,
            deferral,
            referencing,
            for_each_row,
            when,
            function,
            args,
        })))
    }

    fn trigger_argument(&mut self) -> Result<Box<str>> {
        match self.token.kind {
            T::String(_) => self.string(),
            T::Integer(_) | T::Number(_) => self.signed_number(),
            _ => Ok(self.label()?.name),
        }
    }

    fn trigger_event(&mut self) -> Result<TriggerEvent> {
        match self.eat_any(&[K::Insert, K::Delete, K::Update, K::Truncate]) {
            Some(K::Insert) => Ok(TriggerEvent::Insert),
            Some(K::Delete) => Ok(TriggerEvent::Delete),
            Some(K::Truncate) => Ok(TriggerEvent::Truncate),
            Some(_) => Ok(TriggerEvent::Update(if self.eat(K::Of) {
                self.list(Self::column_id)?
            } else {
                Vec::new()
            })),
            None => self.unexpected(),
        }
    }

    fn create_collation(&mut self) -> Result<Statement> {
        self.advance();
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        let from = if self.eat(K::From) { Some(self.object_name()?) } else { None };
        let options = if from.is_none() { self.option_list()? } else { Vec::new() };
        Ok(Statement::CreateCollation(Box::new(CreateCollation { name, if_not_exists, from, options })))
    }

    /// `OPTIONS (name 'value', ..)`, or nothing.
    pub(super) fn generic_options(&mut self) -> Result<Vec<OptionDef>> {
        if !self.eat(K::Options) {
            return Ok(Vec::new());
        }
        self.paren_list(|p| {
            let name = p.label()?;
            Ok(OptionDef { namespace: None, name, value: Some(OptionValue::Text(p.string()?)) })
        })
    }
}

/// `SELECT expr`.
fn select_expr(expr: Expr, pos: Pos) -> Statement {
    let mut select = super::query::empty_select(pos);
    select.targets.push(Target { expr, alias: None });
    Statement::Query(Box::new(Query {
        with: None,
        body: QueryBody::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        offset: None,
        locking: Vec::new(),
        pos,
    }))
}
