//! Objects by kind and name: DROP, COMMENT, GRANT, TRUNCATE and their kind.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::ParseError;
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

/// The words of each kind of object, longest first where one begins another.
const KINDS: &[(&[K], ObjectKind)] = &[
    (&[K::Access, K::Method], ObjectKind::AccessMethod),
    (&[K::Aggregate], ObjectKind::Aggregate),
    (&[K::Cast], ObjectKind::Cast),
    (&[K::Collation], ObjectKind::Collation),
    (&[K::Column], ObjectKind::Column),
    (&[K::Constraint], ObjectKind::Constraint),
    (&[K::Conversion], ObjectKind::Conversion),
    (&[K::Database], ObjectKind::Database),
    (&[K::Domain], ObjectKind::Domain),
    (&[K::Event, K::Trigger], ObjectKind::EventTrigger),
    (&[K::Extension], ObjectKind::Extension),
    (&[K::Foreign, K::Data, K::Wrapper], ObjectKind::ForeignDataWrapper),
    (&[K::Foreign, K::Server], ObjectKind::ForeignServer),
    (&[K::Foreign, K::Table], ObjectKind::ForeignTable),
    (&[K::Function], ObjectKind::Function),
    (&[K::Index], ObjectKind::Index),
    (&[K::Procedural, K::Language], ObjectKind::Language),
    (&[K::Language], ObjectKind::Language),
    (&[K::Large, K::Object], ObjectKind::LargeObject),
    (&[K::Materialized, K::View], ObjectKind::MaterializedView),
    (&[K::Operator, K::Class], ObjectKind::OperatorClass),
    (&[K::Operator, K::Family], ObjectKind::OperatorFamily),
    (&[K::Operator], ObjectKind::Operator),
    (&[K::Parameter], ObjectKind::Parameter),
    (&[K::Policy], ObjectKind::Policy),
    (&[K::Procedure], ObjectKind::Procedure),
    (&[K::Publication], ObjectKind::Publication),
    (&[K::Role], ObjectKind::Role),
    (&[K::Routine], ObjectKind::Routine),
    (&[K::Rule], ObjectKind::Rule),
    (&[K::Schema], ObjectKind::Schema),
    (&[K::Sequence], ObjectKind::Sequence),
    (&[K::Server], ObjectKind::ForeignServer),
    (&[K::Statistics], ObjectKind::Statistics),
    (&[K::Subscription], ObjectKind::Subscription),
    (&[K::Table], ObjectKind::Table),
    (&[K::Tablespace], ObjectKind::Tablespace),
    (&[K::Text, K::Search, K::Configuration], ObjectKind::TextSearchConfiguration),
    (&[K::Text, K::Search, K::Dictionary], ObjectKind::TextSearchDictionary),
    (&[K::Text, K::Search, K::Parser], ObjectKind::TextSearchParser),
    (&[K::Text, K::Search, K::Template], ObjectKind::TextSearchTemplate),
    (&[K::Transform], ObjectKind::Transform),
    (&[K::Trigger], ObjectKind::Trigger),
    (&[K::Type], ObjectKind::Type),
    (&[K::User, K::Mapping], ObjectKind::UserMapping),
    (&[K::View], ObjectKind::View),
];

impl Parser<'_> {
    /// The words of a kind of object, if they come next.
    pub(super) fn object_kind(&mut self) -> Option<ObjectKind> {
        for (words, kind) in KINDS {
            if words.iter().enumerate().all(|(i, word)| self.peek_is(i, *word)) {
                words.iter().for_each(|_| drop(self.advance()));
                return Some(*kind);
            }
        }
        None
    }

    /// An object as statements about its kind name it.
    pub(super) fn object_ref(&mut self, kind: ObjectKind) -> Result<ObjectRef> {
        use ObjectKind as O;
        Ok(match kind {
            O::Function | O::Procedure | O::Routine | O::Aggregate => {
                ObjectRef::Function(self.function_ref(kind)?)
            }
            O::Type | O::Domain => ObjectRef::Type(self.type_name()?),
            O::Trigger | O::Policy | O::Rule | O::Constraint => {
                let name = self.column_id()?;
                self.expect(K::On)?;
                if kind == O::Constraint {
                    self.eat(K::Domain);
                }
                ObjectRef::OnTable { name, table: self.object_name()? }
            }
            O::Operator => {
                let op = self.qualified_operator()?;
                let operands =
                    self.paren_list(|p| if p.eat(K::None) { Ok(None) } else { p.type_name().map(Some) })?;
                if operands.len() < 2 {
                    return Err(ParseError::syntax("missing argument", self.pos())
                        .with_hint("Use NONE to denote the missing argument of a unary operator."));
                }
                ObjectRef::Operator { op, operands }
            }
            O::OperatorClass | O::OperatorFamily => {
                let name = self.object_name()?;
                self.expect(K::Using)?;
                ObjectRef::UsingMethod { name, method: self.column_id()? }
            }
            O::Cast => {
                self.expect_punct(b'(')?;
                let from = self.type_name()?;
                self.expect(K::As)?;
                let to = self.type_name()?;
                self.expect_punct(b')')?;
                ObjectRef::Cast(Box::new((from, to)))
            }
            O::Transform => {
                self.expect(K::For)?;
                let ty = self.type_name()?;
                self.expect(K::Language)?;
                ObjectRef::Transform { ty, language: self.column_id()? }
            }
            O::Role => ObjectRef::Role(self.role()?),
            O::LargeObject => ObjectRef::LargeObject(self.signed_number()?),
            _ => ObjectRef::Name(self.object_name()?),
        })
    }

    /// A function with or without its parameters.
    pub(super) fn function_ref(&mut self, kind: ObjectKind) -> Result<FunctionRef> {
        let first = self.label()?;
        let name = self.object_name_from(first)?;
        if !self.at_punct(b'(') && kind != ObjectKind::Aggregate {
            return Ok(FunctionRef { name, parameters: None });
        }
        if kind == ObjectKind::Aggregate {
            return Ok(FunctionRef { name, parameters: Some(self.aggregate_parameters()?) });
        }
        Ok(FunctionRef { name, parameters: Some(self.parameters()?) })
    }

    /// `(*)`, `(types)`, `(types ORDER BY types)`.
    fn aggregate_parameters(&mut self) -> Result<Vec<FunctionParameter>> {
        if self.peek(1) == &T::Operator("*".into()) {
            self.advance();
            self.advance();
            self.expect_punct(b')')?;
            return Ok(Vec::new());
        }
        self.parameters()
    }

    pub(super) fn drop_statement(&mut self) -> Result<Statement> {
        let pos = self.pos();
        self.advance();
        if self.eat_two(K::Owned, K::By) {
            let roles = self.list(Self::role)?;
            let action = OwnedAction::Drop { cascade: self.cascade() };
            return Ok(Statement::Owned(Box::new(Owned { roles, action })));
        }
        if self.at_any(&[K::Role, K::User, K::Group]) && !self.peek_is(1, K::Mapping) {
            self.advance();
            let if_exists = self.if_exists();
            return Ok(Statement::DropRole(Box::new(DropRole { names: self.list(Self::role)?, if_exists })));
        }
        if self.eat(K::Database) {
            let if_exists = self.if_exists();
            let name = self.column_id()?;
            self.eat(K::With);
            let force = self.at_punct(b'(');
            if force {
                self.paren_list(|p| p.expect(K::Force))?;
            }
            return Ok(Statement::DropDatabase(Box::new(DropDatabase { name, if_exists, force })));
        }
        if self.at(K::User) {
            return self.unsupported("DROP", pos);
        }
        let Some(kind) = self.object_kind() else { return self.unexpected() };
        let concurrently = kind == ObjectKind::Index && self.eat(K::Concurrently);
        let if_exists = self.if_exists();
        let objects = self.list(|p| p.object_ref(kind))?;
        let cascade = self.cascade();
        Ok(Statement::Drop(Box::new(Drop { kind, objects, if_exists, cascade, concurrently })))
    }

    pub(super) fn reassign(&mut self) -> Result<Statement> {
        self.advance();
        self.expect(K::Owned)?;
        self.expect(K::By)?;
        let roles = self.list(Self::role)?;
        self.expect(K::To)?;
        let action = OwnedAction::ReassignTo(self.role()?);
        Ok(Statement::Owned(Box::new(Owned { roles, action })))
    }

    pub(super) fn comment(&mut self) -> Result<Statement> {
        self.advance();
        self.expect(K::On)?;
        let Some(mut kind) = self.object_kind() else { return self.unexpected() };
        let object = if kind == ObjectKind::Constraint && self.peek_is(2, K::Domain) {
            kind = ObjectKind::DomainConstraint;
            self.object_ref(ObjectKind::Constraint)?
        } else {
            self.object_ref(kind)?
        };
        self.expect(K::Is)?;
        let text = if self.eat(K::Null) { None } else { Some(self.string()?) };
        Ok(Statement::Comment(Box::new(Comment { kind, object, text })))
    }

    pub(super) fn truncate(&mut self) -> Result<Statement> {
        self.advance();
        self.eat(K::Table);
        let tables = self.list(Self::relation_expr)?;
        let restart_identity = match self.eat_any(&[K::Restart, K::Continue]) {
            Some(word) => {
                self.expect(K::Identity)?;
                word == K::Restart
            }
            None => false,
        };
        let cascade = self.cascade();
        Ok(Statement::Truncate(Box::new(Truncate { tables, restart_identity, cascade })))
    }

    pub(super) fn refresh(&mut self) -> Result<Statement> {
        self.advance();
        self.expect(K::Materialized)?;
        self.expect(K::View)?;
        let concurrently = self.eat(K::Concurrently);
        let name = self.relation_name()?;
        Ok(Statement::Refresh(Box::new(Refresh { name, concurrently, with_data: self.with_data()? })))
    }

    pub(super) fn reindex(&mut self) -> Result<Statement> {
        self.advance();
        let options = if self.at_punct(b'(') { self.utility_options()? } else { Vec::new() };
        let kind = match self.eat_any(&[K::Index, K::Table, K::Schema, K::System, K::Database]) {
            Some(K::Index) => ReindexKind::Index,
            Some(K::Table) => ReindexKind::Table,
            Some(K::Schema) => ReindexKind::Schema,
            Some(K::System) => ReindexKind::System,
            Some(_) => ReindexKind::Database,
            None => return self.unexpected(),
        };
        let concurrently = self.eat(K::Concurrently);
        Ok(Statement::Reindex(Box::new(Reindex { kind, name: self.relation_name()?, options, concurrently })))
    }

    // ---- privileges ----

    /// GRANT, REVOKE.
    pub(super) fn grant(&mut self) -> Result<Statement> {
        let revoke = self.at(K::Revoke);
        self.advance();
        let mut option_only = None;
        if revoke && self.at_any(&[K::Grant]) || revoke && self.at(K::Admin) && self.peek_is(1, K::Option) {
            option_only = self.eat_any(&[K::Grant, K::Admin]);
            self.expect(K::Option)?;
            self.expect(K::For)?;
        }
        let privileges = self.privileges()?;
        if !self.at(K::On) {
            return self.grant_role(revoke, option_only.is_some(), privileges);
        }
        self.advance();
        let target = self.grant_target()?;
        let grant = self.grant_tail(revoke, option_only.is_some(), privileges, target)?;
        Ok(Statement::Grant(Box::new(grant)))
    }

    pub(super) fn privileges(&mut self) -> Result<Vec<Privilege>> {
        if self.at(K::All) {
            self.advance();
            self.eat(K::Privileges);
            if !self.at_punct(b'(') {
                return Ok(Vec::new());
            }
            return Ok(vec![Privilege { name: None, columns: self.paren_list(Self::column_id)? }]);
        }
        self.list(|p| {
            let system = p.at(K::Alter);
            let mut name = p.label()?;
            if system && p.eat(K::System) {
                name.name = "alter system".into();
            }
            Ok(Privilege { name: Some(name), columns: p.optional_paren_list(Self::column_id)? })
        })
    }

    fn grant_target(&mut self) -> Result<GrantTarget> {
        if self.eat(K::All) {
            let kind = self.grant_plural()?;
            self.expect(K::In)?;
            self.expect(K::Schema)?;
            return Ok(GrantTarget::AllInSchema { kind, schemas: self.list(Self::column_id)? });
        }
        let kind = self.object_kind().unwrap_or(ObjectKind::Table);
        let objects = self.list(|p| p.object_ref(kind))?;
        Ok(GrantTarget::Objects { kind, objects })
    }

    pub(super) fn grant_plural(&mut self) -> Result<ObjectKind> {
        let kind = self.eat_any(&[
            K::Tables,
            K::Sequences,
            K::Functions,
            K::Procedures,
            K::Routines,
            K::Types,
            K::Schemas,
        ]);
        Ok(match kind {
            Some(K::Tables) => ObjectKind::Table,
            Some(K::Sequences) => ObjectKind::Sequence,
            Some(K::Functions) => ObjectKind::Function,
            Some(K::Procedures) => ObjectKind::Procedure,
            Some(K::Routines) => ObjectKind::Routine,
            Some(K::Types) => ObjectKind::Type,
            Some(_) => ObjectKind::Schema,
            None => return self.unexpected(),
        })
    }

    pub(super) fn grant_tail(
        &mut self,
        revoke: bool,
        grant_option_only: bool,
        privileges: Vec<Privilege>,
        target: GrantTarget,
    ) -> Result<Grant> {
        self.expect(if revoke { K::From } else { K::To })?;
        let grantees = self.grantees()?;
        let mut with_grant_option = false;
        if !revoke && self.eat(K::With) {
            self.expect(K::Grant)?;
            self.expect(K::Option)?;
            with_grant_option = true;
        }
        let granted_by = self.granted_by()?;
        let cascade = revoke && self.cascade();
        Ok(Grant {
            revoke,
            grant_option_only,
            privileges,
            target,
            grantees,
            with_grant_option,
            granted_by,
            cascade,
        })
    }

    fn grantees(&mut self) -> Result<Vec<RoleRef>> {
        self.list(|p| {
            p.eat(K::Group);
            p.role()
        })
    }

    fn granted_by(&mut self) -> Result<Option<RoleRef>> {
        if !self.eat(K::Granted) {
            return Ok(None);
        }
        self.expect(K::By)?;
        Ok(Some(self.role()?))
    }

    fn grant_role(
        &mut self,
        revoke: bool,
        admin_option_only: bool,
        names: Vec<Privilege>,
    ) -> Result<Statement> {
        let roles: Vec<Ident> = names.into_iter().filter_map(|privilege| privilege.name).collect();
        if roles.is_empty() {
            return self.unexpected();
        }
        self.expect(if revoke { K::From } else { K::To })?;
        let grantees = self.list(Self::role)?;
        let mut with_admin_option = false;
        if !revoke && self.eat(K::With) {
            self.expect(K::Admin)?;
            self.expect(K::Option)?;
            with_admin_option = true;
        }
        let granted_by = self.granted_by()?;
        let cascade = revoke && self.cascade();
        Ok(Statement::GrantRole(Box::new(GrantRole {
            revoke,
            admin_option_only,
            roles,
            grantees,
            with_admin_option,
            granted_by,
            cascade,
        })))
    }
}
