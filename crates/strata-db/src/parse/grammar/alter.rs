//! ALTER.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

impl Parser<'_> {
    pub(super) fn alter(&mut self) -> Result<Statement> {
        let pos = self.pos();
        self.advance();
        if self.eat_two(K::Default, K::Privileges) {
            return self.alter_default_privileges();
        }
        if self.at_any(&[K::Role, K::User, K::Group]) && !self.peek_is(1, K::Mapping) {
            return self.alter_role();
        }
        let unsupported = [
            K::System,
            K::Event,
            K::Publication,
            K::Subscription,
            K::Text,
            K::Large,
            K::User,
            K::Server,
            K::Tablespace,
        ];
        if self.at_any(&unsupported) || (self.at(K::Foreign) && !self.peek_is(1, K::Table)) {
            return self.unsupported("ALTER", pos);
        }
        let Some(kind) = self.object_kind() else { return self.unexpected() };
        if kind == ObjectKind::Database {
            return self.alter_database();
        }
        if kind == ObjectKind::Type && self.at_enum_change() {
            return self.alter_enum();
        }
        let if_exists = self.if_exists();
        let relation = matches!(
            kind,
            ObjectKind::Table
                | ObjectKind::Index
                | ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Sequence
                | ObjectKind::ForeignTable
        );
        let (only, object) = if relation {
            if self.at(K::All) {
                self.pass_statement()?;
                return Ok(Statement::Unsupported(Unsupported { name: "ALTER TABLE ALL".into(), pos }));
            }
            let relation = self.relation_expr()?;
            (relation.only, ObjectRef::Name(relation.name))
        } else if matches!(kind, ObjectKind::Type | ObjectKind::Domain) {
            (false, ObjectRef::Name(self.object_name()?))
        } else {
            (false, self.object_ref(kind)?)
        };
        if let Some(statement) = self.general_alter(kind, &object, if_exists, only)? {
            return Ok(statement);
        }
        match (kind, object) {
            (ObjectKind::Sequence, ObjectRef::Name(name)) if !self.at(K::Set) => {
                let options = self.sequence_options()?;
                if options.is_empty() {
                    return self.unexpected();
                }
                Ok(Statement::AlterSequence(Box::new(AlterSequence { name, if_exists, options })))
            }
            (ObjectKind::Domain, ObjectRef::Name(name)) => {
                let action = self.domain_action()?;
                Ok(Statement::AlterDomain(Box::new(AlterDomain { name, action })))
            }
            (
                ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine,
                ObjectRef::Function(function),
            ) => {
                let mut options = Vec::new();
                while let Some(option) = self.function_option()? {
                    options.push(option);
                }
                if options.is_empty() {
                    return self.unexpected();
                }
                self.eat(K::Restrict);
                Ok(Statement::AlterFunction(Box::new(AlterFunction { kind, function, options })))
            }
            (_, ObjectRef::Name(name)) if relation || kind == ObjectKind::Type => {
                let actions = self.list(Self::table_action)?;
                Ok(Statement::AlterTable(Box::new(AlterTable { kind, name, only, if_exists, actions })))
            }
            _ => {
                self.pass_statement()?;
                let name = format!("ALTER {kind:?}").to_ascii_uppercase().into();
                Ok(Statement::Unsupported(Unsupported { name, pos }))
            }
        }
    }

    /// `RENAME`, `OWNER TO` and `SET SCHEMA`, which all kinds of object share.
    fn general_alter(
        &mut self,
        kind: ObjectKind,
        object: &ObjectRef,
        if_exists: bool,
        only: bool,
    ) -> Result<Option<Statement>> {
        if self.eat(K::Rename) {
            let part = if self.at(K::To) {
                None
            } else if self.eat(K::Constraint) {
                Some(RenamedPart::Constraint(self.column_id()?))
            } else if self.eat(K::Attribute) {
                Some(RenamedPart::Attribute(self.column_id()?))
            } else {
                self.eat(K::Column);
                Some(RenamedPart::Column(self.column_id()?))
            };
            self.expect(K::To)?;
            let to = self.column_id()?;
            let cascade = self.cascade();
            let object = object.clone();
            return Ok(Some(Statement::Rename(Box::new(Rename {
                kind,
                object,
                part,
                to,
                if_exists,
                only,
                cascade,
            }))));
        }
        if self.at(K::Owner) && !matches!(kind, ObjectKind::Table | ObjectKind::Type) {
            self.advance();
            self.expect(K::To)?;
            let owner = self.role()?;
            return Ok(Some(Statement::AlterOwner(Box::new(AlterOwner {
                kind,
                object: object.clone(),
                owner,
            }))));
        }
        if self.eat(K::Owner) {
            self.expect(K::To)?;
            let owner = self.role()?;
            return Ok(Some(match object {
                // In a table's list of actions the owner is one of them.
                ObjectRef::Name(name) if kind == ObjectKind::Table && self.at_punct(b',') => {
                    let mut actions = vec![AlterTableAction::OwnerTo(owner)];
                    while self.eat_punct(b',') {
                        actions.push(self.table_action()?);
                    }
                    Statement::AlterTable(Box::new(AlterTable {
                        kind,
                        name: name.clone(),
                        only,
                        if_exists,
                        actions,
                    }))
                }
                _ => Statement::AlterOwner(Box::new(AlterOwner { kind, object: object.clone(), owner })),
            }));
        }
        if self.eat_two(K::Set, K::Schema) {
            let schema = self.column_id()?;
            let object = object.clone();
            return Ok(Some(Statement::AlterObjectSchema(Box::new(AlterObjectSchema {
                kind,
                object,
                schema,
                if_exists,
            }))));
        }
        Ok(None)
    }

    fn table_action(&mut self) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        let words = [
            K::Add,
            K::Drop,
            K::Alter,
            K::Validate,
            K::Set,
            K::Reset,
            K::Inherit,
            K::No,
            K::Attach,
            K::Detach,
            K::Enable,
            K::Disable,
            K::Force,
            K::Replica,
            K::Cluster,
            K::Owner,
            K::Of,
            K::Not,
        ];
        let Some(word) = self.eat_any(&words) else {
            if self.at(K::Options) {
                return Ok(A::ForeignOptions(self.generic_options()?));
            }
            return self.unexpected();
        };
        Ok(match word {
            K::Add => self.add_action()?,
            K::Drop => self.drop_action()?,
            K::Alter => self.alter_part()?,
            K::Validate => {
                self.expect(K::Constraint)?;
                A::ValidateConstraint(self.column_id()?)
            }
            K::Set => self.set_action()?,
            K::Reset => A::ResetOptions(self.option_list()?),
            K::Inherit => A::Inherit(true, self.relation_name()?),
            K::No if self.eat(K::Inherit) => A::Inherit(false, self.relation_name()?),
            K::No => {
                self.expect(K::Force)?;
                self.row_security(RowSecurity::NoForce)?
            }
            K::Force => self.row_security(RowSecurity::Force)?,
            K::Attach => {
                self.expect(K::Partition)?;
                let partition = self.relation_name()?;
                let bound =
                    if self.at_any(&[K::For, K::Default]) { Some(self.partition_bound()?) } else { None };
                A::AttachPartition { partition, bound }
            }
            K::Detach => {
                self.expect(K::Partition)?;
                let name = self.relation_name()?;
                self.eat_any(&[K::Concurrently, K::Finalize]);
                A::DetachPartition(name)
            }
            K::Enable | K::Disable => self.enable(word == K::Enable)?,
            K::Replica => {
                self.expect(K::Identity)?;
                if self.eat_two(K::Using, K::Index) {
                    return Ok(A::ReplicaIdentity(self.column_id()?));
                }
                A::ReplicaIdentity(self.label()?)
            }
            K::Cluster => {
                self.expect(K::On)?;
                A::ClusterOn(Some(self.column_id()?))
            }
            K::Owner => {
                self.expect(K::To)?;
                A::OwnerTo(self.role()?)
            }
            K::Of => A::OfType(Some(self.object_name()?)),
            _ => {
                self.expect(K::Of)?;
                A::OfType(None)
            }
        })
    }

    fn add_action(&mut self) -> Result<AlterTableAction> {
        if self.at_any(&[K::Constraint, K::Check, K::Unique, K::Primary, K::Foreign, K::Exclude]) {
            return Ok(AlterTableAction::AddConstraint(self.table_constraint()?));
        }
        self.eat_any(&[K::Column, K::Attribute]);
        let if_not_exists = self.if_not_exists()?;
        let column = self.column_def()?;
        Ok(AlterTableAction::AddColumn { column, if_not_exists, cascade: self.cascade() })
    }

    fn drop_action(&mut self) -> Result<AlterTableAction> {
        if self.eat(K::Constraint) {
            let if_exists = self.if_exists();
            let name = self.column_id()?;
            return Ok(AlterTableAction::DropConstraint { name, if_exists, cascade: self.cascade() });
        }
        self.eat_any(&[K::Column, K::Attribute]);
        let if_exists = self.if_exists();
        let column = self.column_id()?;
        Ok(AlterTableAction::DropColumn { column, if_exists, cascade: self.cascade() })
    }

    fn alter_part(&mut self) -> Result<AlterTableAction> {
        if self.eat(K::Constraint) {
            let name = self.column_id()?;
            return Ok(AlterTableAction::AlterConstraint { name, timing: self.constraint_timing()? });
        }
        self.eat_any(&[K::Column, K::Attribute]);
        let pos = self.pos();
        let column = match self.token.kind {
            T::Integer(number) => {
                self.advance();
                Ident::new(number.to_string(), pos)
            }
            _ => self.column_id()?,
        };
        Ok(AlterTableAction::AlterColumn { column, action: self.column_action()? })
    }

    fn column_action(&mut self) -> Result<AlterColumnAction> {
        use AlterColumnAction as C;
        match self.eat_any(&[K::Set, K::Drop, K::Type, K::Reset, K::Add, K::Restart]) {
            Some(K::Type) => self.set_type(),
            Some(K::Reset) => Ok(C::ResetOptions(self.option_list()?)),
            Some(K::Add) => {
                self.expect(K::Generated)?;
                let always = self.generated_when()?;
                self.expect(K::As)?;
                self.expect(K::Identity)?;
                let mut options = Vec::new();
                if self.eat_punct(b'(') {
                    options = self.sequence_options()?;
                    self.expect_punct(b')')?;
                }
                Ok(C::AddIdentity { always, options })
            }
            Some(K::Restart) => {
                let number = self.eat(K::With) || matches!(self.token.kind, T::Integer(_) | T::Number(_));
                let number = if number { Some(self.signed_number()?) } else { None };
                let first = SequenceOption { kind: SequenceOptionKind::Restart(number), pos: self.pos() };
                self.identity_changes(None, vec![first])
            }
            Some(K::Drop) => match self.eat_any(&[K::Default, K::Not, K::Expression, K::Identity]) {
                Some(K::Default) => Ok(C::DropDefault),
                Some(K::Not) => self.expect(K::Null).map(|()| C::DropNotNull),
                Some(K::Expression) => Ok(C::DropExpression { if_exists: self.if_exists() }),
                Some(_) => Ok(C::DropIdentity { if_exists: self.if_exists() }),
                None => self.unexpected(),
            },
            Some(_) => self.set_column(),
            None => self.unexpected(),
        }
    }

    fn set_column(&mut self) -> Result<AlterColumnAction> {
        use AlterColumnAction as C;
        if self.at_punct(b'(') {
            return Ok(C::SetOptions(self.option_list()?));
        }
        let words = [K::Default, K::Not, K::Data, K::Statistics, K::Storage, K::Compression, K::Generated];
        match self.eat_any(&words) {
            Some(K::Default) => Ok(C::SetDefault(self.expr()?)),
            Some(K::Not) => self.expect(K::Null).map(|()| C::SetNotNull),
            Some(K::Data) => {
                self.expect(K::Type)?;
                self.set_type()
            }
            Some(K::Statistics) => Ok(C::SetStatistics(self.signed_integer()?)),
            Some(K::Storage) => Ok(C::SetStorage(self.label()?)),
            Some(K::Compression) => Ok(C::SetCompression(self.label()?)),
            Some(_) => {
                let always = self.generated_when()?;
                self.identity_changes(Some(always), Vec::new())
            }
            None => {
                let pos = self.pos();
                match self.sequence_option()? {
                    Some(kind) => self.identity_changes(None, vec![SequenceOption { kind, pos }]),
                    None => self.unexpected(),
                }
            }
        }
    }

    /// More of `SET GENERATED ..`, `SET option`, `RESTART`.
    fn identity_changes(
        &mut self,
        mut always: Option<bool>,
        mut options: Vec<SequenceOption>,
    ) -> Result<AlterColumnAction> {
        loop {
            let pos = self.pos();
            let set = self.eat(K::Set);
            if set && self.eat(K::Generated) {
                always = Some(self.generated_when()?);
            } else if set || self.at(K::Restart) {
                match self.sequence_option()? {
                    Some(kind) => options.push(SequenceOption { kind, pos }),
                    None => return self.unexpected(),
                }
            } else {
                return Ok(AlterColumnAction::SetIdentity { always, options });
            }
        }
    }

    fn set_type(&mut self) -> Result<AlterColumnAction> {
        let ty = self.type_name()?;
        let collation = if self.eat(K::Collate) { Some(self.object_name()?) } else { None };
        let using = if self.eat(K::Using) { Some(self.expr()?) } else { None };
        Ok(AlterColumnAction::SetType { ty, collation, using, cascade: self.cascade() })
    }

    fn set_action(&mut self) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        if self.at_punct(b'(') {
            return Ok(A::SetOptions(self.option_list()?));
        }
        match self.eat_any(&[K::Tablespace, K::Access, K::Logged, K::Unlogged, K::Without]) {
            Some(K::Tablespace) => Ok(A::SetTablespace(self.column_id()?)),
            Some(K::Access) => {
                self.expect(K::Method)?;
                Ok(A::SetAccessMethod(self.column_id()?))
            }
            Some(K::Without) if self.eat(K::Cluster) => Ok(A::ClusterOn(None)),
            Some(K::Without) => self.expect(K::Oids).map(|()| A::SetWithoutOids),
            Some(word) => Ok(A::SetLogged(word == K::Logged)),
            None => self.unexpected(),
        }
    }

    fn row_security(&mut self, state: RowSecurity) -> Result<AlterTableAction> {
        for word in [K::Row, K::Level, K::Security] {
            self.expect(word)?;
        }
        Ok(AlterTableAction::RowSecurity(state))
    }

    fn enable(&mut self, on: bool) -> Result<AlterTableAction> {
        if self.at(K::Row) {
            return self.row_security(if on { RowSecurity::Enable } else { RowSecurity::Disable });
        }
        let state = match (on, self.eat_any(&[K::Always, K::Replica])) {
            (false, None) => TriggerState::Disable,
            (true, None) => TriggerState::Enable,
            (true, Some(K::Always)) => TriggerState::EnableAlways,
            (true, Some(_)) => TriggerState::EnableReplica,
            (false, Some(_)) => return self.unexpected(),
        };
        let rule = match self.eat_any(&[K::Trigger, K::Rule]) {
            Some(word) => word == K::Rule,
            None => return self.unexpected(),
        };
        let which = match self.eat_any(&[K::All, K::User]) {
            Some(K::All) => TriggerSelection::All,
            Some(_) => TriggerSelection::User,
            None => TriggerSelection::Named(self.column_id()?),
        };
        Ok(AlterTableAction::Trigger { state, rule, which })
    }

    fn domain_action(&mut self) -> Result<AlterDomainAction> {
        use AlterDomainAction as D;
        match self.eat_any(&[K::Set, K::Drop, K::Add, K::Validate]) {
            Some(K::Set) if self.eat(K::Default) => Ok(D::SetDefault(self.expr()?)),
            Some(K::Set) => {
                self.expect(K::Not)?;
                self.expect(K::Null).map(|()| D::SetNotNull)
            }
            Some(K::Drop) => match self.eat_any(&[K::Default, K::Not, K::Constraint]) {
                Some(K::Default) => Ok(D::DropDefault),
                Some(K::Not) => self.expect(K::Null).map(|()| D::DropNotNull),
                Some(_) => {
                    let if_exists = self.if_exists();
                    let name = self.column_id()?;
                    Ok(D::DropConstraint { name, if_exists, cascade: self.cascade() })
                }
                None => self.unexpected(),
            },
            Some(K::Add) => Ok(D::AddConstraint(self.table_constraint()?)),
            Some(_) => {
                self.expect(K::Constraint)?;
                Ok(D::ValidateConstraint(self.column_id()?))
            }
            None => self.unexpected(),
        }
    }

    /// Whether `ADD VALUE` or `RENAME VALUE` follows the type's name.
    fn at_enum_change(&mut self) -> bool {
        let mut n = 1;
        while self.peek_punct(n, b'.') {
            n += 2;
        }
        (self.peek_is(n, K::Add) || self.peek_is(n, K::Rename)) && self.peek_is(n + 1, K::Value)
    }

    fn alter_enum(&mut self) -> Result<Statement> {
        let name = self.object_name()?;
        let rename = self.at(K::Rename);
        self.advance();
        self.advance();
        let action = if rename {
            let from = self.string()?;
            self.expect(K::To)?;
            AlterEnumAction::Rename { from, to: self.string()? }
        } else {
            let if_not_exists = self.if_not_exists()?;
            let label = self.string()?;
            let place = match self.eat_any(&[K::Before, K::After]) {
                Some(word) => Some((word == K::Before, self.string()?)),
                None => None,
            };
            AlterEnumAction::Add { label, if_not_exists, place }
        };
        Ok(Statement::AlterEnum(Box::new(AlterEnum { name, action })))
    }

    fn alter_role(&mut self) -> Result<Statement> {
        let group = self.at(K::Group);
        self.advance();
        let name = if self.eat(K::All) { None } else { Some(self.role()?) };
        if self.at(K::Rename) {
            let Some(role) = name else { return self.unexpected() };
            self.advance();
            self.expect(K::To)?;
            let to = self.non_reserved_word()?;
            return Ok(Statement::Rename(Box::new(Rename {
                kind: ObjectKind::Role,
                object: ObjectRef::Role(role),
                part: None,
                to,
                if_exists: false,
                only: false,
                cascade: false,
            })));
        }
        let action = if group {
            let add = match self.eat_any(&[K::Add, K::Drop]) {
                Some(word) => word == K::Add,
                None => return self.unexpected(),
            };
            self.expect(K::User)?;
            AlterRoleAction::Members(add, self.list(Self::role)?)
        } else {
            let database = if self.eat_two(K::In, K::Database) { Some(self.column_id()?) } else { None };
            if self.at(K::Reset) {
                AlterRoleAction::Set { database, set: self.reset()? }
            } else if self.eat(K::Set) {
                AlterRoleAction::Set { database, set: self.variable_set()? }
            } else {
                self.eat(K::With);
                AlterRoleAction::Options(self.role_options()?)
            }
        };
        Ok(Statement::AlterRole(Box::new(AlterRole { name, action })))
    }

    fn alter_database(&mut self) -> Result<Statement> {
        let name = self.column_id()?;
        let object = ObjectRef::Name(ObjectName(vec![name.clone()]));
        if let Some(statement) = self.general_alter(ObjectKind::Database, &object, false, false)? {
            return Ok(statement);
        }
        let action = if self.at(K::Reset) {
            AlterDatabaseAction::Set(self.reset()?)
        } else if self.eat(K::Set) {
            AlterDatabaseAction::Set(self.variable_set()?)
        } else if self.eat(K::Refresh) {
            self.expect(K::Collation)?;
            self.expect(K::Version)?;
            AlterDatabaseAction::RefreshCollationVersion
        } else {
            self.eat(K::With);
            let mut options = Vec::new();
            while matches!(self.token.kind, T::Ident(_) | T::Keyword(_)) {
                options.push(self.database_option()?);
            }
            AlterDatabaseAction::Options(options)
        };
        Ok(Statement::AlterDatabase(Box::new(AlterDatabase { name, action })))
    }

    fn alter_default_privileges(&mut self) -> Result<Statement> {
        let (mut schemas, mut roles) = (Vec::new(), Vec::new());
        loop {
            if self.eat_two(K::In, K::Schema) {
                schemas = self.list(Self::column_id)?;
            } else if self.at(K::For) {
                self.advance();
                if self.eat_any(&[K::Role, K::User]).is_none() {
                    return self.unexpected();
                }
                roles = self.list(Self::role)?;
            } else {
                break;
            }
        }
        let revoke = match self.eat_any(&[K::Grant, K::Revoke]) {
            Some(word) => word == K::Revoke,
            None => return self.unexpected(),
        };
        let option_only = revoke && self.at(K::Grant) && {
            self.advance();
            self.expect(K::Option)?;
            self.expect(K::For)?;
            true
        };
        let privileges = self.privileges()?;
        self.expect(K::On)?;
        let target = GrantTarget::Future(self.grant_plural()?);
        let grant = self.grant_tail(revoke, option_only, privileges, target)?;
        Ok(Statement::AlterDefaultPrivileges(Box::new(AlterDefaultPrivileges { schemas, roles, grant })))
    }
}
