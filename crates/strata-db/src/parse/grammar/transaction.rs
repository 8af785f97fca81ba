//! Transaction control and settings.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

impl Parser<'_> {
    pub(super) fn transaction(&mut self, word: K) -> Result<Statement> {
        self.advance();
        let statement = match word {
            K::Begin => {
                self.eat_any(&[K::Work, K::Transaction]);
                Transaction::Begin { start: false, modes: self.transaction_modes(false)? }
            }
            K::Start => {
                self.expect(K::Transaction)?;
                Transaction::Begin { start: true, modes: self.transaction_modes(false)? }
            }
            K::Commit if self.at(K::Prepared) => {
                self.advance();
                Transaction::CommitPrepared(self.string()?)
            }
            K::Rollback if self.at(K::Prepared) => {
                self.advance();
                Transaction::RollbackPrepared(self.string()?)
            }
            K::Savepoint => Transaction::Savepoint(self.column_id()?),
            K::Release => {
                self.savepoint_word();
                Transaction::Release(self.column_id()?)
            }
            _ => {
                self.eat_any(&[K::Work, K::Transaction]);
                if word == K::Rollback && self.eat(K::To) {
                    self.savepoint_word();
                    Transaction::RollbackTo(self.column_id()?)
                } else {
                    let chain = self.and_chain()?;
                    match word {
                        K::Commit | K::End => Transaction::Commit { chain },
                        _ => Transaction::Rollback { chain },
                    }
                }
            }
        };
        Ok(Statement::Transaction(Box::new(statement)))
    }

    /// `SAVEPOINT` before a name: it may be the name itself.
    fn savepoint_word(&mut self) {
        if self.at(K::Savepoint) && !matches!(self.peek(1), T::End | T::Punct(b';')) {
            self.advance();
        }
    }

    fn and_chain(&mut self) -> Result<bool> {
        if !self.eat(K::And) {
            return Ok(false);
        }
        let chain = !self.eat(K::No);
        self.expect(K::Chain)?;
        Ok(chain)
    }

    fn transaction_modes(&mut self, required: bool) -> Result<Vec<TransactionMode>> {
        let mut modes = Vec::new();
        loop {
            let comma = !modes.is_empty() && self.eat_punct(b',');
            match self.transaction_mode()? {
                Some(mode) => modes.push(mode),
                None if comma || (required && modes.is_empty()) => return self.unexpected(),
                None => return Ok(modes),
            }
        }
    }

    fn transaction_mode(&mut self) -> Result<Option<TransactionMode>> {
        let word = self.eat_any(&[K::Isolation, K::Read, K::Deferrable, K::Not]);
        Ok(Some(match word {
            Some(K::Isolation) => {
                self.expect(K::Level)?;
                TransactionMode::Isolation(self.isolation_level()?)
            }
            Some(K::Read) => match self.eat_any(&[K::Only, K::Write]) {
                Some(word) => TransactionMode::ReadOnly(word == K::Only),
                None => return self.unexpected(),
            },
            Some(K::Deferrable) => TransactionMode::Deferrable(true),
            Some(_) => {
                self.expect(K::Deferrable)?;
                TransactionMode::Deferrable(false)
            }
            None => return Ok(None),
        }))
    }

    fn isolation_level(&mut self) -> Result<IsolationLevel> {
        match self.eat_any(&[K::Serializable, K::Repeatable, K::Read]) {
            Some(K::Serializable) => Ok(IsolationLevel::Serializable),
            Some(K::Repeatable) => self.expect(K::Read).map(|()| IsolationLevel::RepeatableRead),
            Some(_) => match self.eat_any(&[K::Committed, K::Uncommitted]) {
                Some(K::Committed) => Ok(IsolationLevel::ReadCommitted),
                Some(_) => Ok(IsolationLevel::ReadUncommitted),
                None => self.unexpected(),
            },
            None => self.unexpected(),
        }
    }

    // ---- settings ----

    pub(super) fn set(&mut self) -> Result<Statement> {
        self.advance();
        if self.eat(K::Constraints) {
            let names = if self.eat(K::All) { Vec::new() } else { self.list(Self::relation_name)? };
            let deferred = match self.eat_any(&[K::Deferred, K::Immediate]) {
                Some(word) => word == K::Deferred,
                None => return self.unexpected(),
            };
            return Ok(Statement::SetConstraints(Box::new(SetConstraints { names, deferred })));
        }
        if self.at(K::Session) && self.peek_is(1, K::Characteristics) {
            self.advance();
            self.advance();
            self.expect(K::As)?;
            self.expect(K::Transaction)?;
            let modes = self.transaction_modes(true)?;
            return Ok(Statement::SetTransaction(Box::new(SetTransaction {
                session: true,
                modes,
                snapshot: None,
            })));
        }
        let mut local = false;
        let named = matches!(self.peek(1), T::Operator(_) | T::Keyword(K::To) | T::Punct(b'.'));
        let authorization = self.at(K::Session) && self.peek_is(1, K::Authorization);
        if !named && !authorization {
            local = self.eat_any(&[K::Local, K::Session]) == Some(K::Local);
        }
        if self.at(K::Transaction) && !matches!(self.peek(1), T::Operator(_) | T::Keyword(K::To)) {
            self.advance();
            if self.eat(K::Snapshot) {
                let snapshot = Some(self.string()?);
                return Ok(Statement::SetTransaction(Box::new(SetTransaction {
                    session: false,
                    modes: Vec::new(),
                    snapshot,
                })));
            }
            let modes = self.transaction_modes(true)?;
            return Ok(Statement::SetTransaction(Box::new(SetTransaction {
                session: false,
                modes,
                snapshot: None,
            })));
        }
        let variable = self.variable_set()?;
        Ok(Statement::Set(Box::new(Set { local, variable })))
    }

    /// What follows SET, also in ALTER ROLE and CREATE FUNCTION.
    pub(super) fn variable_set(&mut self) -> Result<VariableSet> {
        let pos = self.pos();
        let special = |name: &str| Ident::new(name, pos);
        let plain = matches!(self.peek(1), T::Operator(_) | T::Keyword(K::To | K::From) | T::Punct(b'.'));
        match self.keyword() {
            Some(K::Time) if self.peek_is(1, K::Zone) => {
                self.advance();
                self.advance();
                self.time_zone(special("timezone"))
            }
            Some(K::Session) if self.peek_is(1, K::Authorization) => {
                self.advance();
                self.advance();
                self.word_value(special("session_authorization"))
            }
            Some(K::Role) if !plain => {
                self.advance();
                let value = self.text_value()?;
                Ok(VariableSet::To { name: special("role"), values: vec![value] })
            }
            Some(K::Names) if !plain => {
                self.advance();
                if self.eat(K::Default) || matches!(self.token.kind, T::End | T::Punct(b';')) {
                    return Ok(VariableSet::ToDefault(special("client_encoding")));
                }
                Ok(VariableSet::To {
                    name: special("client_encoding"),
                    values: vec![SetValue::Text(self.string()?)],
                })
            }
            Some(K::Schema) if !plain => {
                self.advance();
                Ok(VariableSet::To {
                    name: special("search_path"),
                    values: vec![SetValue::Text(self.string()?)],
                })
            }
            Some(K::Xml) if self.peek_is(1, K::Option) => {
                self.advance();
                self.advance();
                let value = self.text_value()?;
                Ok(VariableSet::To { name: special("xmloption"), values: vec![value] })
            }
            _ => self.generic_set(),
        }
    }

    fn word_value(&mut self, name: Ident) -> Result<VariableSet> {
        if self.eat(K::Default) {
            return Ok(VariableSet::ToDefault(name));
        }
        let value = self.text_value()?;
        Ok(VariableSet::To { name, values: vec![value] })
    }

    fn text_value(&mut self) -> Result<SetValue> {
        if matches!(self.token.kind, T::String(_)) {
            return Ok(SetValue::Text(self.string()?));
        }
        Ok(SetValue::Text(self.non_reserved_word()?.name))
    }

    fn generic_set(&mut self) -> Result<VariableSet> {
        let name = self.variable_name()?;
        if self.eat_two(K::From, K::Current) {
            return Ok(VariableSet::FromCurrent(name));
        }
        if !self.eat(K::To) {
            self.expect_operator("=")?;
        }
        if self.eat(K::Default) {
            return Ok(VariableSet::ToDefault(name));
        }
        Ok(VariableSet::To { name, values: self.list(Self::set_value)? })
    }

    /// A setting's name with its dots.
    fn variable_name(&mut self) -> Result<Ident> {
        let mut name = self.column_id()?;
        while self.eat_punct(b'.') {
            let part = self.column_id()?;
            name.name = format!("{}.{}", name.name, part.name).into();
        }
        Ok(name)
    }

    fn set_value(&mut self) -> Result<SetValue> {
        match &self.token.kind {
            T::String(_) => Ok(SetValue::Text(self.string()?)),
            T::Integer(_) | T::Number(_) | T::Operator(_) => Ok(SetValue::Number(self.signed_number()?)),
            T::Keyword(K::True | K::False | K::On) => Ok(SetValue::Word(self.label()?.name)),
            _ => Ok(SetValue::Text(self.non_reserved_word()?.name)),
        }
    }

    fn time_zone(&mut self, name: Ident) -> Result<VariableSet> {
        if self.eat_any(&[K::Default, K::Local]).is_some() {
            return Ok(VariableSet::ToDefault(name));
        }
        let pos = self.pos();
        let value = match &self.token.kind {
            T::Keyword(K::Interval) => SetValue::Interval(self.type_literal(pos)?),
            T::Integer(_) | T::Number(_) | T::Operator(_) => SetValue::Number(self.signed_number()?),
            T::String(_) => SetValue::Text(self.string()?),
            _ => SetValue::Text(self.column_id()?.name),
        };
        Ok(VariableSet::To { name, values: vec![value] })
    }

    pub(super) fn reset(&mut self) -> Result<VariableSet> {
        self.expect(K::Reset)?;
        let pos = self.pos();
        if self.eat(K::All) {
            return Ok(VariableSet::ResetAll);
        }
        Ok(VariableSet::Reset(match self.special_variable() {
            Some(name) => Ident::new(name, pos),
            None => self.variable_name()?,
        }))
    }

    /// The settings that have two words for a name.
    fn special_variable(&mut self) -> Option<&'static str> {
        if self.eat_two(K::Time, K::Zone) {
            Some("timezone")
        } else if self.eat_two(K::Session, K::Authorization) {
            Some("session_authorization")
        } else if self.at(K::Transaction) && self.peek_is(1, K::Isolation) {
            self.advance();
            self.advance();
            self.eat(K::Level).then_some("transaction_isolation")
        } else {
            None
        }
    }

    pub(super) fn show(&mut self) -> Result<Statement> {
        self.advance();
        let pos = self.pos();
        let show = if self.eat(K::All) {
            Show::All
        } else {
            Show::Variable(match self.special_variable() {
                Some(name) => Ident::new(name, pos),
                None => self.variable_name()?,
            })
        };
        Ok(Statement::Show(Box::new(show)))
    }
}
