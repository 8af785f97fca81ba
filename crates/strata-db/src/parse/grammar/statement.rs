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
            K::Create => self.create(),
            K::Alter => self.alter(),
            K::Drop => self.drop_statement(),
            K::Reassign => self.reassign(),
            K::Comment => self.comment(),
            K::Truncate => self.truncate(),
            K::Grant | K::Revoke => self.grant(),
            K::Refresh => self.refresh(),
            K::Reindex => self.reindex(),
            K::Begin | K::Start | K::Commit | K::End | K::Rollback | K::Abort | K::Savepoint | K::Release => {
                self.transaction(keyword)
            }
            K::Set => self.set(),
            K::Reset => {
                let variable = self.reset()?;
                Ok(Statement::Set(Box::new(Set { local: false, variable })))
            }
            K::Show => self.show(),
            K::Discard => self.discard(),
            K::Copy => self.copy(),
            K::Explain => self.explain(),
            K::Vacuum | K::Analyze | K::Analyse => self.vacuum(),
            K::Prepare => self.prepare(),
            K::Execute => Ok(Statement::Execute(Box::new(self.execute()?))),
            K::Deallocate => self.deallocate(),
            K::Declare => self.declare(),
            K::Fetch | K::Move => self.fetch(),
            K::Close => self.close(),
            K::Listen => {
                self.advance();
                Ok(Statement::Listen(self.column_id()?))
            }
            K::Unlisten => self.unlisten(),
            K::Notify => self.notify(),
            K::Lock => self.lock(),
            K::Do => self.do_block(),
            K::Call => self.call_statement(),
            K::Checkpoint => {
                self.advance();
                Ok(Statement::Checkpoint)
            }
            K::Cluster => self.cluster(),
            K::Import | K::Security | K::Load => self.unsupported_verb(keyword),
            _ => self.unexpected(),
        }
    }

    /// IMPORT FOREIGN SCHEMA, SECURITY LABEL, LOAD.
    fn unsupported_verb(&mut self, keyword: K) -> Result<Statement> {
        let pos = self.pos();
        let name = match keyword {
            K::Import => "IMPORT FOREIGN SCHEMA",
            K::Security => "SECURITY LABEL",
            _ => "LOAD",
        };
        self.pass_statement()?;
        Ok(Statement::Unsupported(Unsupported { name: name.into(), pos }))
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
