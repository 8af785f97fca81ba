//! Which statement it is.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::ParseError;
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

impl Parser<'_> {
    /// A statement at the top of the text or inside one that holds statements.
    pub(in super::super) fn statement(&mut self) -> Result<Statement> {
        let statement = self.statement_of_any_kind()?;
        match self.into.take() {
            Some(into) => Err(ParseError::syntax("SELECT ... INTO is not allowed here", into.pos)),
            None => Ok(statement),
        }
    }

    fn statement_of_any_kind(&mut self) -> Result<Statement> {
        if self.at_punct(b'(') {
            return self.row_statement();
        }
        let T::Keyword(keyword) = self.token.kind else { return self.unexpected() };
        match keyword {
            K::Select | K::Values | K::Table | K::With | K::Insert | K::Update | K::Delete | K::Merge => {
                self.row_statement()
            }
            _ => self.unexpected(),
        }
    }

    /// A statement about rows: what EXPLAIN, PREPARE and COPY may hold.
    pub(super) fn row_statement(&mut self) -> Result<Statement> {
        let pos = self.pos();
        let with = self.with()?;
        Ok(match self.keyword() {
            Some(K::Insert) => Statement::Insert(Box::new(self.insert(with)?)),
            Some(K::Update) => Statement::Update(Box::new(self.update(with)?)),
            Some(K::Delete) => Statement::Delete(Box::new(self.delete(with)?)),
            Some(K::Merge) => Statement::Merge(Box::new(self.merge(with)?)),
            _ => {
                let query = Box::new(self.query_after_with(with, pos)?);
                match self.into.take() {
                    Some(into) => Statement::CreateTableAs(Box::new(CreateTableAs {
                        name: into.name,
                        materialized_view: false,
                        select_into: true,
                        persistence: into.persistence,
                        if_not_exists: false,
                        columns: Vec::new(),
                        storage: TableStorage::default(),
                        source: CreateAsSource::Query(query),
                        with_data: true,
                    })),
                    None => Statement::Query(query),
                }
            }
        })
    }
}
