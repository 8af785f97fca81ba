//! A session's settings: values, what a transaction may take back, and what clients are told.
//!
//! `SET` holds from now on but falls back if its transaction rolls back; `SET LOCAL` falls back at the
//! transaction's end in any case. Both are an undo log with marks for savepoints.

mod limits;
mod report;
mod table;
mod value;
mod without_effect;

pub(in crate::session) use limits::{Limits, Modes};

pub(in crate::session) use table::setting;
pub use table::{Context, Kind, SETTINGS, Setting};

use without_effect::WITHOUT_EFFECT;

use crate::error::{Result, SqlError};
use crate::functions::reports::SettingReport;
use std::collections::BTreeMap;
use strata_types::{Format, sqlstate};

/// The settings of one session.
#[derive(Clone, Debug)]
pub(in crate::session) struct Settings {
    /// Values that differ from the table's defaults, and custom ones (`myapp.user`), by lower-case name.
    values: BTreeMap<String, String>,
    /// What `RESET` goes back to, where start-up parameters named it.
    session_defaults: BTreeMap<String, String>,
    undo: Vec<Undo>,
    format: Format,
    limits: Limits,
    /// Counts changes of `search_path` and `role`: names are to be resolved anew.
    path_version: u64,
    /// Reported settings whose value has changed since the client was told.
    changed: Vec<&'static Setting>,
}

#[derive(Clone, Debug)]
struct Undo {
    name: String,
    before: Option<String>,
    local: bool,
}

/// A place in the undo log: a savepoint's.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct Mark(usize);

impl Settings {
    /// The settings of a new session. `startup` are the parameters of the start-up message that name settings.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub(in crate::session) fn new<'a>(startup: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Settings> {
        let mut settings = Settings {
            values: BTreeMap::new(),
            session_defaults: BTreeMap::new(),
            undo: Vec::new(),
            format: Format::default(),
            limits: Limits::default(),
            path_version: 0,
            changed: Vec::new(),
        };
        settings.limits = Limits::of(&settings);
        for (name, value) in startup {
            settings.set(name, value, false)?;
        }
        settings.session_defaults = settings.values.clone();
        settings.undo.clear();
        settings.changed.clear();
        Ok(settings)
    }

    /// A setting's value as `SHOW` prints it; `None` if there is no such setting.
    pub(in crate::session) fn get(&self, name: &str) -> Option<&str> {
        match self.values.get(&name.to_ascii_lowercase()) {
            Some(value) => Some(value),
            None => setting(name).map(|setting| setting.default),
        }
    }

    /// Whether a boolean setting is on.
    pub(in crate::session) fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some("on")
    }

    /// What every statement asks for.
    pub(in crate::session) fn limits(&self) -> Limits {
        self.limits
    }

    /// Changes whenever `search_path` or `role` does.
    pub(in crate::session) fn path_version(&self) -> u64 {
        self.path_version
    }

    /// How values are written and read.
    pub(in crate::session) fn format(&self) -> &Format {
        &self.format
    }

    /// Changes a setting, for the transaction only if `local`.
    ///
    /// # Errors
    /// 42704 for an unknown setting, 55P02 for one that cannot be changed, 22023 for a bad value.
    pub(in crate::session) fn set(&mut self, name: &str, text: &str, local: bool) -> Result<()> {
        let value = match setting(name) {
            Some(row) => {
                if row.context != Context::User {
                    let can = if row.context == Context::Internal { "changed" } else { "changed now" };
                    return Err(SqlError::new(
                        sqlstate::CANT_CHANGE_RUNTIME_PARAM,
                        format!("parameter \"{}\" cannot be {can}", row.name),
                    ));
                }
                value::normalise(row, text, &self.format)?
            }
            None if name.contains('.') => text.to_owned(),
            None => return Err(unknown(name)),
        };
        self.put(name, Some(value), local);
        Ok(())
    }

    /// Gives a fact its value for this session (`is_superuser`, `session_authorization`).
    pub(in crate::session) fn set_fact(&mut self, name: &str, value: &str) {
        self.put(name, Some(value.to_owned()), false);
        self.undo.pop();
        self.session_defaults.insert(name.to_ascii_lowercase(), value.to_owned());
    }

    /// Back to the session's default.
    ///
    /// # Errors
    /// 42704 for an unknown setting.
    pub(in crate::session) fn reset(&mut self, name: &str, local: bool) -> Result<()> {
        if setting(name).is_none() && !name.contains('.') {
            return Err(unknown(name));
        }
        let default = self.session_defaults.get(&name.to_ascii_lowercase()).cloned();
        self.put(name, default, local);
        Ok(())
    }

    /// `RESET ALL`: everything but who the session is and what its transaction is.
    pub(in crate::session) fn reset_all(&mut self) {
        const KEPT: [&str; 5] = [
            "role",
            "session_authorization",
            "is_superuser",
            "transaction_isolation",
            "transaction_read_only",
        ];
        let names: Vec<String> = self.values.keys().cloned().collect();
        for name in names.iter().filter(|name| !KEPT.contains(&name.as_str())) {
            let default = self.session_defaults.get(name).cloned();
            self.put(name, default, false);
        }
    }

    /// Where the undo log stands: for a savepoint.
    pub(in crate::session) fn mark(&self) -> Mark {
        Mark(self.undo.len())
    }

    /// Takes back what was set since the mark.
    pub(in crate::session) fn rollback_to(&mut self, mark: Mark) {
        while self.undo.len() > mark.0 {
            if let Some(undo) = self.undo.pop() {
                self.restore(undo);
            }
        }
    }

    /// The transaction committed: local values fall back, the others stay.
    pub(in crate::session) fn commit(&mut self) {
        let mut kept: Vec<String> = Vec::new();
        for undo in std::mem::take(&mut self.undo).into_iter().rev() {
            if !undo.local {
                kept.push(undo.name);
            } else if !kept.contains(&undo.name) {
                self.restore(undo);
            }
        }
    }

    /// The transaction rolled back: every value falls back.
    pub(in crate::session) fn rollback(&mut self) {
        self.rollback_to(Mark(0));
    }

    /// The reported settings that changed since the last call.
    pub(in crate::session) fn take_changed(&mut self) -> Vec<&'static Setting> {
        std::mem::take(&mut self.changed)
    }

    /// Every setting with its value, by name.
    pub(in crate::session) fn all(&self) -> impl Iterator<Item = (&'static Setting, &str)> {
        let mut all: Vec<&'static Setting> = SETTINGS.iter().chain(WITHOUT_EFFECT).collect();
        all.sort_by_key(|setting| setting.name.to_ascii_lowercase());
        all.into_iter().map(|setting| (setting, self.get(setting.name).unwrap_or(setting.default)))
    }

    /// Every setting as `pg_settings` shows it.
    pub(in crate::session) fn reports(&self) -> Vec<SettingReport> {
        let default = |row: &Setting| self.session_defaults.get(&row.name.to_ascii_lowercase()).cloned();
        self.all()
            .map(|(row, value)| row.report(value, default(row).as_deref().unwrap_or(row.default)))
            .collect()
    }

    fn put(&mut self, name: &str, value: Option<String>, local: bool) {
        let key = name.to_ascii_lowercase();
        let before = self.values.get(&key).cloned();
        if before != value {
            self.note(&key);
        }
        self.replace(&key, value);
        self.undo.push(Undo { name: key, before, local });
    }

    fn restore(&mut self, undo: Undo) {
        if self.values.get(&undo.name) != undo.before.as_ref() {
            self.note(&undo.name);
        }
        self.replace(&undo.name, undo.before);
    }

    fn replace(&mut self, key: &str, value: Option<String>) {
        match value {
            Some(value) => self.values.insert(key.to_owned(), value),
            None => self.values.remove(key),
        };
        self.limits = Limits::of(self);
        if matches!(key, "search_path" | "role") {
            self.path_version += 1;
        }
        value::apply_to_format(key, self.get(key).unwrap_or_default().to_owned().as_str(), &mut self.format);
    }

    fn note(&mut self, key: &str) {
        if let Some(row) = setting(key)
            && row.reported
            && !self.changed.iter().any(|changed| changed.name == row.name)
        {
            self.changed.push(row);
        }
    }
}

fn unknown(name: &str) -> SqlError {
    SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))
}
