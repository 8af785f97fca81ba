//! CREATE of policies, databases, extensions and roles.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::error::ParseError;
use super::super::keyword::Keyword as K;
use super::super::token::TokenKind as T;

impl Parser<'_> {
    pub(super) fn create_policy(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.column_id()?;
        self.expect(K::On)?;
        let table = self.relation_name()?;
        let mut restrictive = false;
        if self.eat(K::As) {
            restrictive = match &*self.label()?.name {
                "restrictive" => true,
                "permissive" => false,
                _ => return self.unexpected(),
            };
        }
        let command = if self.eat(K::For) { self.label()?.name } else { "all".into() };
        let roles = if self.eat(K::To) { self.list(Self::role)? } else { Vec::new() };
        let using = if self.eat(K::Using) { Some(self.paren_expr()?) } else { None };
        let check = if self.eat_two(K::With, K::Check) { Some(self.paren_expr()?) } else { None };
        Ok(Statement::CreatePolicy(Box::new(CreatePolicy {
            name,
            table,
            restrictive,
            command,
            roles,
            using,
            check,
        })))
    }

    pub(super) fn create_database(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.column_id()?;
        self.eat(K::With);
        let mut options = Vec::new();
        while matches!(self.token.kind, T::Ident(_) | T::Keyword(_)) {
            options.push(self.database_option()?);
        }
        Ok(Statement::CreateDatabase(Box::new(CreateDatabase { name, options })))
    }

    /// `OWNER [=] role` and its kind.
    pub(super) fn database_option(&mut self) -> Result<OptionDef> {
        let mut name = self.label()?;
        if &*name.name == "connection" {
            self.expect(K::Limit)?;
            name.name = "connection_limit".into();
        }
        self.eat_operator("=");
        let value = if self.eat(K::Default) { None } else { Some(self.option_value()?) };
        Ok(OptionDef { namespace: None, name, value })
    }

    pub(super) fn create_extension(&mut self) -> Result<Statement> {
        self.advance();
        let if_not_exists = self.if_not_exists()?;
        let name = self.column_id()?;
        self.eat(K::With);
        let mut extension =
            CreateExtension { name, if_not_exists, schema: None, version: None, cascade: false };
        loop {
            match self.eat_any(&[K::Schema, K::Version, K::Cascade]) {
                Some(K::Schema) => extension.schema = Some(self.column_id()?),
                Some(K::Version) => {
                    let quoted = matches!(self.token.kind, T::String(_));
                    extension.version =
                        Some(if quoted { self.string()? } else { self.non_reserved_word()?.name });
                }
                Some(_) => extension.cascade = true,
                None => return Ok(Statement::CreateExtension(Box::new(extension))),
            }
        }
    }

    pub(super) fn create_role(&mut self) -> Result<Statement> {
        let kind = match self.eat_any(&[K::Role, K::User, K::Group]) {
            Some(K::Role) => RoleKind::Role,
            Some(K::User) => RoleKind::User,
            _ => RoleKind::Group,
        };
        let name = self.role()?;
        self.eat(K::With);
        let options = self.role_options()?;
        Ok(Statement::CreateRole(Box::new(CreateRole { name, kind, options })))
    }

    /// The options of a role.
    pub(super) fn role_options(&mut self) -> Result<Vec<RoleOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.role_option()? {
            options.push(option);
        }
        Ok(options)
    }

    fn role_option(&mut self) -> Result<Option<RoleOption>> {
        use RoleOption as R;
        if let T::Ident(word) = &self.token.kind {
            let (yes, word) = match word.strip_prefix("no") {
                Some(rest) => (false, rest),
                None => (true, &**word),
            };
            let option = match word {
                "superuser" => R::Superuser(yes),
                "createdb" => R::CreateDb(yes),
                "createrole" => R::CreateRole(yes),
                "inherit" => R::Inherit(yes),
                "login" => R::Login(yes),
                "replication" => R::Replication(yes),
                "bypassrls" => R::BypassRls(yes),
                _ => {
                    let pos = self.pos();
                    let message = format!("unrecognized role option \"{}\"", self.token_text());
                    return Err(ParseError::syntax(message, pos));
                }
            };
            self.advance();
            return Ok(Some(option));
        }
        let words = [
            K::Encrypted,
            K::Password,
            K::Connection,
            K::Valid,
            K::In,
            K::Role,
            K::User,
            K::Admin,
            K::Inherit,
            K::Sysid,
        ];
        Ok(Some(match self.eat_any(&words) {
            Some(K::Encrypted) => {
                self.expect(K::Password)?;
                R::Password(Some(self.string()?))
            }
            Some(K::Password) => R::Password(if self.eat(K::Null) { None } else { Some(self.string()?) }),
            Some(K::Connection) => {
                self.expect(K::Limit)?;
                R::ConnectionLimit(self.signed_integer()?)
            }
            Some(K::Valid) => {
                self.expect(K::Until)?;
                R::ValidUntil(self.string()?)
            }
            Some(K::In) => {
                if self.eat_any(&[K::Role, K::Group]).is_none() {
                    return self.unexpected();
                }
                R::InRole(self.list(Self::role)?)
            }
            Some(K::Role | K::User) => R::Members(self.list(Self::role)?),
            Some(K::Admin) => R::Admins(self.list(Self::role)?),
            Some(K::Inherit) => R::Inherit(true),
            Some(_) => {
                self.integer()?;
                R::SysId
            }
            None => return Ok(None),
        }))
    }
}
