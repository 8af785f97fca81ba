//! SET, RESET, SHOW, SET TRANSACTION and DISCARD.

use super::done;
use super::transaction::{mode_as_setting, set_modes};
use crate::error::{Result, SqlError};
use crate::parse::ast::{DiscardTarget, ExprKind, Set, SetTransaction, SetValue, Show, VariableSet};
use crate::parse::quote_ident;
use crate::plan::Field;
use crate::session::notify::Signal;
use crate::session::portal::Outcome;
use crate::session::session::Session;
use crate::session::settings::{Kind, setting};
use crate::session::shared::Shared;
use crate::session::snapshots;
use crate::session::transaction::Block;
use strata_types::{Batch, Type, Value, sqlstate};

/// `SET`, `SET LOCAL`, `RESET`.
///
/// # Errors
/// 42704 for an unknown setting, 22023 for a bad value and others of [`crate::session::settings`].
pub(super) fn set(session: &mut Session, shared: &Shared, set: &Set) -> Result<Outcome> {
    if set.local && session.transaction.block() == Block::Implicit {
        let warning = super::outside_of_block("SET LOCAL");
        session.variables.notice("WARNING", warning);
    }
    let tag = match &set.variable {
        VariableSet::To { name, values } => {
            let value = value_of(&name.name, values)?;
            assign(session, shared, &name.name, &value, set.local)?;
            "SET"
        }
        VariableSet::ToDefault(name) => {
            reset(session, &name.name, set.local)?;
            "SET"
        }
        VariableSet::FromCurrent(_) => "SET",
        VariableSet::Reset(name) => {
            reset(session, &name.name, false)?;
            "RESET"
        }
        VariableSet::ResetAll => {
            session.variables.settings.borrow_mut().reset_all();
            "RESET"
        }
    };
    session.variables.refresh_search_path();
    Ok(done(tag))
}

/// The text of the values of a SET, as the setting takes it.
fn value_of(name: &str, values: &[SetValue]) -> Result<String> {
    let row = setting(name);
    let is_list = row.is_some_and(|row| row.kind == Kind::List);
    if values.len() > 1 && !is_list && row.is_none_or(|row| row.kind != Kind::DateStyle) {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("SET {name} takes only one argument"),
        ));
    }
    let mut parts = Vec::with_capacity(values.len());
    for value in values {
        parts.push(match value {
            SetValue::Text(text) | SetValue::Word(text) if is_list => quote_ident(text),
            SetValue::Text(text) | SetValue::Word(text) | SetValue::Number(text) => text.to_string(),
            SetValue::Interval(expr) => interval_zone(expr)?,
        });
    }
    Ok(parts.join(", "))
}

/// `SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE`: the offset as POSIX writes it. An interval counts to the
/// east, POSIX to the west.
fn interval_zone(expr: &crate::parse::ast::Expr) -> Result<String> {
    let mut inner = expr;
    loop {
        match &inner.kind {
            ExprKind::Cast { operand, .. } => inner = operand,
            ExprKind::String(text) => {
                return Ok(match text.strip_prefix('-') {
                    Some(west) => format!("+{west}"),
                    None => format!("-{}", text.trim_start_matches('+')),
                });
            }
            _ => {
                return Err(SqlError::new(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    "invalid interval value for time zone",
                ));
            }
        }
    }
}

fn assign(session: &mut Session, shared: &Shared, name: &str, value: &str, local: bool) -> Result<()> {
    match name {
        "role" => set_role(session, shared, value, local),
        "session_authorization" => set_session_authorization(session, shared, value),
        "transaction_isolation" | "transaction_read_only" if session.transaction.has_snapshot => {
            let current = session.variables.settings.borrow().get(name).map(str::to_owned);
            if current.as_deref() == Some(value) {
                return Ok(());
            }
            let message = if name == "transaction_isolation" {
                "SET TRANSACTION ISOLATION LEVEL must be called before any query"
            } else {
                "transaction read-write mode must be set before any query"
            };
            Err(SqlError::new(sqlstate::ACTIVE_SQL_TRANSACTION, message))
        }
        _ => session.variables.settings.borrow_mut().set(name, value, local),
    }
}

fn set_role(session: &mut Session, shared: &Shared, role: &str, local: bool) -> Result<()> {
    let catalog = session.transaction.catalog(shared);
    let mut superuser =
        catalog.role_named(&session.variables.session_user).is_some_and(|role| role.superuser);
    if role != "none" {
        let Some(found) = catalog.role_named(role) else { return Err(no_role(role)) };
        if !superuser && !is_member(&catalog, &session.variables.session_user, found.oid) {
            return Err(SqlError::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to set role \"{role}\""),
            ));
        }
        superuser = found.superuser;
    }
    let mut settings = session.variables.settings.borrow_mut();
    settings.set("role", role, local)?;
    settings.set_fact("is_superuser", if superuser { "on" } else { "off" });
    Ok(())
}

/// Whether a role is, or belongs directly or through others to, another one.
fn is_member(catalog: &crate::catalog::Catalog, member: &str, of: crate::schema::Oid) -> bool {
    let mut seen = Vec::new();
    let mut open: Vec<_> = catalog.role_named(member).map(|role| role.oid).into_iter().collect();
    while let Some(oid) = open.pop() {
        if oid == of {
            return true;
        }
        if !seen.contains(&oid) {
            seen.push(oid);
            open.extend(catalog.role(oid).map(|role| role.member_of.clone()).unwrap_or_default());
        }
    }
    false
}

fn set_session_authorization(session: &mut Session, shared: &Shared, role: &str) -> Result<()> {
    let catalog = session.transaction.catalog(shared);
    let Some(found) = catalog.role_named(role) else { return Err(no_role(role)) };
    let may = catalog.role_named(&session.variables.session_user).is_some_and(|role| role.superuser);
    if !may && role != session.variables.session_user {
        return Err(SqlError::new(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            "permission denied to set session authorization",
        ));
    }
    let mut settings = session.variables.settings.borrow_mut();
    settings.set("role", role, false)?;
    settings.set_fact("is_superuser", if found.superuser { "on" } else { "off" });
    Ok(())
}

fn no_role(role: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, format!("role \"{role}\" does not exist"))
}

fn reset(session: &mut Session, name: &str, local: bool) -> Result<()> {
    let name = if name == "session_authorization" { "role" } else { name };
    session.variables.settings.borrow_mut().reset(name, local)
}

/// `SET TRANSACTION`, `SET SESSION CHARACTERISTICS`.
///
/// # Errors
/// 25001 after the first query; those of [`snapshots::adopt`].
pub(super) fn set_transaction(
    session: &mut Session,
    shared: &Shared,
    set: &SetTransaction,
) -> Result<Outcome> {
    if let Some(identifier) = &set.snapshot {
        snapshots::adopt(session, shared, identifier)?;
    } else if set.session {
        for mode in &set.modes {
            let (name, value) = mode_as_setting(*mode);
            session.variables.settings.borrow_mut().set(
                &format!("default_transaction_{name}"),
                value,
                false,
            )?;
        }
    } else if session.transaction.block() == Block::Open {
        set_modes(session, &set.modes)?;
    } else {
        let warning = super::outside_of_block("SET TRANSACTION");
        session.variables.notice("WARNING", warning);
    }
    Ok(done("SET"))
}

/// The columns of SHOW.
pub(super) fn show_fields(show: &Show) -> Vec<Field> {
    let names = match show {
        Show::Variable(name) => {
            let name = setting(&name.name).map_or(&*name.name, |row| row.name);
            return vec![Field::new(name, Type::TEXT)];
        }
        Show::All => ["name", "setting", "description"],
    };
    names.map(|name| Field::new(name, Type::TEXT)).to_vec()
}

/// `SHOW`.
///
/// # Errors
/// 42704 for an unknown setting.
pub(super) fn show(session: &Session, show: &Show) -> Result<Outcome> {
    let settings = session.variables.settings.borrow();
    let rows = match show {
        Show::Variable(name) => {
            let known = match &*name.name {
                "session_authorization" => Some(session.variables.session_user.as_str()),
                "transaction_isolation" => settings.get(session.mode_setting("isolation")),
                "transaction_read_only" => settings.get(session.mode_setting("read_only")),
                "transaction_deferrable" => settings.get(session.mode_setting("deferrable")),
                name => settings.get(name),
            };
            let value = known.ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("unrecognized configuration parameter \"{}\"", name.name),
                )
            })?;
            vec![vec![Value::text(value)]]
        }
        Show::All => settings
            .all()
            .map(|(row, value)| vec![Value::text(row.name), Value::text(value), Value::text(row.doc)])
            .collect(),
    };
    let types = vec![Type::TEXT; rows.first().map_or(1, Vec::len)];
    Ok(Outcome::Rows(vec![Batch::from_rows(&types, &rows)], "SHOW".to_owned()))
}

/// `DISCARD`.
///
/// # Errors
/// 25001 for DISCARD ALL inside of a block.
pub(super) fn discard(session: &mut Session, shared: &Shared, target: DiscardTarget) -> Result<Outcome> {
    match target {
        DiscardTarget::All => {
            super::refuse_in_block(session, "DISCARD ALL")?;
            session.portals.clear();
            session.statements.clear();
            session.variables.settings.borrow_mut().reset_all();
            session.variables.settings.borrow_mut().reset("role", false)?;
            session.variables.refresh_search_path();
            session.variables.forget_sequences();
            session.variables.signals.borrow_mut().push(Signal::Unlisten(None));
            shared.advisory.release_all(shared, session.variables.session);
            crate::session::ddl::discard_temporary(session, shared)?;
            Ok(done("DISCARD ALL"))
        }
        DiscardTarget::Plans => Ok(done("DISCARD PLANS")),
        DiscardTarget::Sequences => {
            session.variables.forget_sequences();
            Ok(done("DISCARD SEQUENCES"))
        }
        DiscardTarget::Temp => {
            crate::session::ddl::discard_temporary(session, shared)?;
            Ok(done("DISCARD TEMP"))
        }
    }
}
