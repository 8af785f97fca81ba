//! EXPLAIN, COPY, PREPARE, cursors, VACUUM and the other utility statements.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

impl Parser<'_> {
    pub(super) fn explain(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = Vec::new();
        if self.at_punct(b'(') && !self.explains_parentheses() {
            options = self.utility_options()?;
        } else {
            for (word, other, name) in
                [(K::Analyze, K::Analyse, "analyze"), (K::Verbose, K::Verbose, "verbose")]
            {
                let flag = self.flag(name);
                if self.eat_any(&[word, other]).is_some() {
                    options.push(flag);
                }
            }
        }
        let statement = self.nested(Self::statement)?;
        Ok(Statement::Explain(Box::new(Explain { options, statement })))
    }

    /// Whether the parenthesis behind EXPLAIN belongs to the query.
    fn explains_parentheses(&mut self) -> bool {
        self.peek_punct(1, b'(')
            || [K::Select, K::Values, K::Table, K::With].iter().any(|word| self.peek_is(1, *word))
    }

    pub(super) fn copy(&mut self) -> Result<Statement> {
        let pos = self.pos();
        self.advance();
        let binary = self.flag_if(K::Binary, "format", "binary");
        let mut options = Vec::from_iter(binary);
        let source = if self.eat_punct(b'(') {
            let statement = self.nested(Self::row_statement)?;
            self.expect_punct(b')')?;
            CopySource::Query(statement)
        } else {
            let name = self.relation_name()?;
            CopySource::Table { name, columns: self.optional_paren_list(Self::column_id)? }
        };
        let is_query = matches!(source, CopySource::Query(_));
        let from = match self.eat_any(&[K::From, K::To]) {
            Some(K::From) if !is_query => true,
            Some(K::To) => false,
            _ => return self.unexpected(),
        };
        let target = self.copy_target()?;
        if self.eat(K::Using) {
            self.expect(K::Delimiters)?;
            options.push(self.text_option("delimiter")?);
        } else if self.at(K::Delimiters) {
            self.advance();
            options.push(self.text_option("delimiter")?);
        }
        self.eat(K::With);
        if self.at_punct(b'(') {
            options.extend(self.utility_options()?);
        } else {
            while let Some(option) = self.old_copy_option()? {
                options.push(option);
            }
        }
        let filter = if from { self.where_clause()? } else { None };
        Ok(Statement::Copy(Box::new(Copy { source, from, target, options, filter, pos })))
    }

    fn copy_target(&mut self) -> Result<CopyTarget> {
        if self.eat(K::Program) {
            return Ok(CopyTarget::Program(self.string()?));
        }
        if self.eat_any(&[K::Stdin, K::Stdout]).is_some() {
            return Ok(CopyTarget::Client);
        }
        Ok(CopyTarget::File(self.string()?))
    }

    fn flag_if(&mut self, word: K, name: &str, value: &str) -> Option<OptionDef> {
        let mut option = self.flag(name);
        option.value = Some(OptionValue::Text(value.into()));
        self.eat(word).then_some(option)
    }

    fn text_option(&mut self, name: &str) -> Result<OptionDef> {
        let mut option = self.flag(name);
        self.eat(K::As);
        option.value = Some(OptionValue::Text(self.string()?));
        Ok(option)
    }

    /// The options of PostgreSQL before 9.0, under their new names.
    fn old_copy_option(&mut self) -> Result<Option<OptionDef>> {
        let (binary, csv) =
            (self.flag_if(K::Binary, "format", "binary"), self.flag_if(K::Csv, "format", "csv"));
        if binary.or(csv.clone()).is_some() {
            return Ok(csv.or_else(|| {
                Some(OptionDef { value: Some(OptionValue::Text("binary".into())), ..self.flag("format") })
            }));
        }
        let mut option = self.flag("");
        let Some(word) = self.eat_any(&[
            K::Freeze,
            K::Delimiter,
            K::Null,
            K::Header,
            K::Quote,
            K::Escape,
            K::Force,
            K::Encoding,
        ]) else {
            return Ok(None);
        };
        let name = match word {
            K::Freeze | K::Header => word.text(),
            K::Encoding => {
                option.value = Some(OptionValue::Text(self.string()?));
                "encoding"
            }
            K::Force => {
                let negated = self.eat(K::Not);
                let name = match self.eat_any(&[K::Quote, K::Null]) {
                    Some(K::Quote) if !negated => "force_quote",
                    Some(K::Null) if negated => "force_not_null",
                    Some(K::Null) => "force_null",
                    _ => return self.unexpected(),
                };
                option.value = Some(if name == "force_quote" && self.eat_operator("*") {
                    OptionValue::Star
                } else {
                    let columns = self.list(Self::column_id)?;
                    OptionValue::List(columns.into_iter().map(|c| OptionValue::Text(c.name)).collect())
                });
                name
            }
            _ => {
                self.eat(K::As);
                option.value = Some(OptionValue::Text(self.string()?));
                word.text()
            }
        };
        option.name.name = name.into();
        Ok(Some(option))
    }

    pub(super) fn vacuum(&mut self) -> Result<Statement> {
        let vacuum = self.at(K::Vacuum);
        self.advance();
        let mut options = Vec::new();
        if self.at_punct(b'(') {
            options = self.utility_options()?;
        } else {
            let words: &[(K, &str)] = if vacuum {
                &[
                    (K::Full, "full"),
                    (K::Freeze, "freeze"),
                    (K::Verbose, "verbose"),
                    (K::Analyze, "analyze"),
                    (K::Analyse, "analyze"),
                ]
            } else {
                &[(K::Verbose, "verbose")]
            };
            for (word, name) in words {
                let flag = self.flag(name);
                if self.eat(*word) {
                    options.push(flag);
                }
            }
        }
        let tables = if self.at_column_id() {
            self.list(|p| Ok((p.relation_name()?, p.optional_paren_list(Self::column_id)?)))?
        } else {
            Vec::new()
        };
        Ok(Statement::Vacuum(Box::new(Vacuum { vacuum, options, tables })))
    }

    /// PREPARE; `PREPARE TRANSACTION` is transaction control.
    pub(super) fn prepare(&mut self) -> Result<Statement> {
        self.advance();
        if self.at(K::Transaction) && matches!(self.peek(1), T::String(_)) {
            self.advance();
            return Ok(Statement::Transaction(Box::new(Transaction::Prepare(self.string()?))));
        }
        let name = self.column_id()?;
        let types = self.optional_paren_list(Self::type_name)?;
        self.expect(K::As)?;
        let statement = self.nested(Self::row_statement)?;
        Ok(Statement::Prepare(Box::new(Prepare { name, types, statement })))
    }

    pub(super) fn execute(&mut self) -> Result<Execute> {
        self.expect(K::Execute)?;
        let name = self.column_id()?;
        Ok(Execute { name, args: self.optional_paren_list(Self::expr)? })
    }

    pub(super) fn deallocate(&mut self) -> Result<Statement> {
        self.advance();
        if self.at(K::Prepare) && !matches!(self.peek(1), T::End | T::Punct(b';')) {
            self.advance();
        }
        Ok(Statement::Deallocate(self.name_or_all()?))
    }

    fn name_or_all(&mut self) -> Result<Option<Ident>> {
        if self.eat(K::All) { Ok(None) } else { Ok(Some(self.column_id()?)) }
    }

    pub(super) fn close(&mut self) -> Result<Statement> {
        self.advance();
        Ok(Statement::CloseCursor(self.name_or_all()?))
    }

    pub(super) fn declare(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.column_id()?;
        let (mut binary, mut insensitive, mut scroll) = (false, None, None);
        loop {
            match self.eat_any(&[K::Binary, K::Insensitive, K::Asensitive, K::Scroll, K::No]) {
                Some(K::Binary) => binary = true,
                Some(K::Insensitive) => insensitive = Some(true),
                Some(K::Asensitive) => insensitive = Some(false),
                Some(K::Scroll) => scroll = Some(true),
                Some(_) => {
                    self.expect(K::Scroll)?;
                    scroll = Some(false);
                }
                None => break,
            }
        }
        self.expect(K::Cursor)?;
        let hold = match self.eat_any(&[K::With, K::Without]) {
            Some(word) => {
                self.expect(K::Hold)?;
                word == K::With
            }
            None => false,
        };
        self.expect(K::For)?;
        let query = self.query()?;
        Ok(Statement::DeclareCursor(Box::new(DeclareCursor {
            name,
            binary,
            insensitive,
            scroll,
            hold,
            query,
        })))
    }

    pub(super) fn fetch(&mut self) -> Result<Statement> {
        use FetchDirection as D;
        let is_move = self.at(K::Move);
        self.advance();
        let named = matches!(self.peek(1), T::End | T::Punct(b';'));
        let mut direction = D::Forward(1);
        if !named {
            direction = match self.keyword() {
                Some(K::Next) => self.fixed_direction(D::Forward(1)),
                Some(K::Prior) => self.fixed_direction(D::Backward(1)),
                Some(K::First) => self.fixed_direction(D::Absolute(1)),
                Some(K::Last) => self.fixed_direction(D::Absolute(-1)),
                Some(K::All) => self.fixed_direction(D::ForwardAll),
                Some(K::Absolute) => {
                    self.advance();
                    D::Absolute(i64::from(self.signed_integer()?))
                }
                Some(K::Relative) => {
                    self.advance();
                    D::Relative(i64::from(self.signed_integer()?))
                }
                Some(K::Forward) => {
                    self.advance();
                    if self.eat(K::All) { D::ForwardAll } else { D::Forward(self.fetch_rows()?) }
                }
                Some(K::Backward) => {
                    self.advance();
                    if self.eat(K::All) { D::BackwardAll } else { D::Backward(self.fetch_rows()?) }
                }
                _ => D::Forward(self.fetch_rows()?),
            };
            self.eat_any(&[K::From, K::In]);
        }
        Ok(Statement::Fetch(Box::new(Fetch { is_move, direction, cursor: self.column_id()? })))
    }

    fn fixed_direction(&mut self, direction: FetchDirection) -> FetchDirection {
        self.advance();
        direction
    }

    fn fetch_rows(&mut self) -> Result<i64> {
        let number =
            matches!(self.token.kind, T::Integer(_)) || self.at_operator("-") || self.at_operator("+");
        if number { Ok(i64::from(self.signed_integer()?)) } else { Ok(1) }
    }

    pub(super) fn notify(&mut self) -> Result<Statement> {
        self.advance();
        let channel = self.column_id()?;
        let payload = if self.eat_punct(b',') { Some(self.string()?) } else { None };
        Ok(Statement::Notify { channel, payload })
    }

    pub(super) fn unlisten(&mut self) -> Result<Statement> {
        self.advance();
        if self.eat_operator("*") {
            return Ok(Statement::Unlisten(None));
        }
        Ok(Statement::Unlisten(Some(self.column_id()?)))
    }

    pub(super) fn lock(&mut self) -> Result<Statement> {
        self.advance();
        self.eat(K::Table);
        let tables = self.list(Self::relation_expr)?;
        let mut mode = TableLockMode::AccessExclusive;
        if self.eat(K::In) {
            mode = self.lock_mode()?;
            self.expect(K::Mode)?;
        }
        let nowait = self.eat(K::Nowait);
        Ok(Statement::LockTable(Box::new(LockTable { tables, mode, nowait })))
    }

    fn lock_mode(&mut self) -> Result<TableLockMode> {
        let first = self.eat_any(&[K::Access, K::Row, K::Share, K::Exclusive]);
        let second = match first {
            Some(K::Exclusive) => return Ok(TableLockMode::Exclusive),
            Some(K::Share) if self.eat_two(K::Update, K::Exclusive) => {
                return Ok(TableLockMode::ShareUpdateExclusive);
            }
            Some(K::Share) if self.eat_two(K::Row, K::Exclusive) => {
                return Ok(TableLockMode::ShareRowExclusive);
            }
            Some(K::Share) => return Ok(TableLockMode::Share),
            Some(_) => self.eat_any(&[K::Share, K::Exclusive]),
            None => None,
        };
        match (first, second) {
            (Some(K::Access), Some(K::Share)) => Ok(TableLockMode::AccessShare),
            (Some(K::Access), Some(_)) => Ok(TableLockMode::AccessExclusive),
            (Some(_), Some(K::Share)) => Ok(TableLockMode::RowShare),
            (Some(_), Some(_)) => Ok(TableLockMode::RowExclusive),
            _ => self.unexpected(),
        }
    }

    pub(super) fn do_block(&mut self) -> Result<Statement> {
        self.advance();
        let (mut language, mut code) = (None, None);
        loop {
            if self.eat(K::Language) {
                language = Some(if matches!(self.token.kind, T::String(_)) {
                    self.string()?
                } else {
                    self.non_reserved_word()?.name
                });
            } else if matches!(self.token.kind, T::String(_)) {
                code = Some(self.string()?);
            } else {
                break;
            }
        }
        match code {
            Some(code) => Ok(Statement::Do(Box::new(Do { language, code }))),
            None => self.unexpected(),
        }
    }

    pub(super) fn call_statement(&mut self) -> Result<Statement> {
        self.advance();
        let pos = self.pos();
        let name = self.label()?;
        let name = self.object_name_from(name)?;
        Ok(Statement::Call(Box::new(self.call_arguments(name, pos)?)))
    }

    pub(super) fn cluster(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = if self.at_punct(b'(') { self.utility_options()? } else { Vec::new() };
        let flag = self.flag("verbose");
        if self.eat(K::Verbose) {
            options.push(flag);
        }
        let (mut table, mut index) = (None, None);
        if self.at_column_id() {
            let name = self.relation_name()?;
            if self.eat(K::On) {
                // The old order: `CLUSTER index ON table`.
                index = name.0.into_iter().next();
                table = Some(self.relation_name()?);
            } else {
                table = Some(name);
                index = if self.eat(K::Using) { Some(self.column_id()?) } else { None };
            }
        }
        Ok(Statement::Cluster(Box::new(Cluster { table, index, options })))
    }

    pub(super) fn discard(&mut self) -> Result<Statement> {
        self.advance();
        match self.eat_any(&[K::All, K::Plans, K::Sequences, K::Temp, K::Temporary]) {
            Some(K::All) => Ok(Statement::Discard(DiscardTarget::All)),
            Some(K::Plans) => Ok(Statement::Discard(DiscardTarget::Plans)),
            Some(K::Sequences) => Ok(Statement::Discard(DiscardTarget::Sequences)),
            Some(_) => Ok(Statement::Discard(DiscardTarget::Temp)),
            None => self.unexpected(),
        }
    }
}
