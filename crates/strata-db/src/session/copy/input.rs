//! COPY FROM: fields become values, values rows, and a thousand rows at a time one INSERT.
//!
//! The INSERT is bound and planned once, for a row in which every copied column is NULL; each batch puts
//! its values in those places. Whatever INSERT does, defaults, checks, indexes, is therefore done.

use super::super::engine::Turn;
use super::super::portal::step_plan;
use super::super::request::WireFormat;
use super::super::session::Session;
use super::super::shared::Shared;
use super::options::{Form, Header, Options};
use super::reader::{Fields, Reader};
use crate::catalog::Relation;
use crate::error::{Result, SqlError};
use crate::exec::{self, Step, Wait};
use crate::parse::ast;
use crate::plan::{Expr, ExprKind, Physical, PhysicalPlan};
use crate::schema::{ColumnDef, RelationKind};
use std::sync::Arc;
use strata_store::View;
use strata_types::{Format, Value, sqlstate};

/// Rows inserted at a time.
const BATCH_ROWS: usize = 1000;
/// Bytes of input that make a batch before it has so many rows.
const BATCH_BYTES: usize = 1 << 20;

/// A COPY FROM STDIN in flight.
pub(in super::super) struct CopyIn {
    table: String,
    columns: Vec<CopiedColumn>,
    options: Options,
    reader: Reader,
    header_read: bool,
    /// Nothing more will arrive.
    ended: bool,
    plan: PhysicalPlan,
    template: Vec<Expr>,
    view: View,
    rows: Vec<Vec<Expr>>,
    bytes: usize,
    running: Option<exec::Running>,
    inserted: u64,
    done: bool,
    format: Format,
}

/// A column that the data has.
struct CopiedColumn {
    /// Its place in the table.
    place: usize,
    def: ColumnDef,
    force_not_null: bool,
    force_null: bool,
}

impl CopyIn {
    /// Looks up table and columns and plans the INSERT.
    pub(super) fn open(
        session: &mut Session,
        shared: &Shared,
        name: &ast::ObjectName,
        named: &[ast::Ident],
        options: Options,
    ) -> Result<CopyIn> {
        let isolation = session.isolation();
        let view = session.transaction.view(shared, isolation);
        let env = session.environment(shared);
        let names = env.names();
        let parts: Vec<String> = name.0.iter().map(|part| part.name.to_string()).collect();
        let columns = copied_columns(&names.relation(&parts, name.pos().0)?, named, &options)?;
        let tree = insert_of_nulls(name, &columns);
        let bound = crate::bind::statement(&names, &env, &[], &tree)?;
        let mut plan = crate::optimize::plan(bound.plan, &env, &env)?;
        let template = match values_of(&mut plan).and_then(|rows| rows.pop()) {
            Some(template) => template,
            None => return Err(SqlError::unsupported("COPY into this relation")),
        };
        let format = session.variables.settings.borrow().format().clone();
        Ok(CopyIn {
            table: name.base().to_owned(),
            reader: Reader::new(&options),
            header_read: options.header == Header::No,
            columns,
            options,
            ended: false,
            plan,
            template,
            view,
            rows: Vec::with_capacity(BATCH_ROWS),
            bytes: 0,
            running: None,
            inserted: 0,
            done: false,
            format,
        })
    }

    /// Columns that the data has.
    pub(in super::super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Its format on the wire.
    pub(in super::super) fn format(&self) -> WireFormat {
        WireFormat::Text
    }

    /// Takes a piece of input.
    pub(in super::super) fn take(&mut self, piece: &[u8]) -> Result<()> {
        self.reader.push(piece)
    }

    /// The input is complete.
    pub(in super::super) fn finish(&mut self) -> Result<()> {
        self.ended = true;
        Ok(())
    }

    /// How many rows were copied, once all are.
    pub(in super::super) fn finished(&self) -> Option<u64> {
        self.done.then_some(self.inserted)
    }

    /// Works on what has arrived until something must be waited for.
    pub(in super::super) fn step(&mut self, session: &mut Session, shared: &Shared) -> Result<Option<Turn>> {
        loop {
            if let Some(turn) = self.insert(session, shared)? {
                return Ok(Some(turn));
            }
            if self.gather()? {
                self.start_insert()?;
                continue;
            }
            if self.ended {
                if self.rows.is_empty() {
                    self.done = true;
                    return Ok(None);
                }
                self.start_insert()?;
                continue;
            }
            return Ok(None);
        }
    }

    /// Reads lines until a batch is full; `false` if the input does not suffice.
    fn gather(&mut self) -> Result<bool> {
        let mut fields = Fields::default();
        while self.rows.len() < BATCH_ROWS && self.bytes < BATCH_BYTES {
            let line = self.reader.line + 1;
            let found = self.reader.next(self.ended, &mut fields);
            if !found.map_err(|error| error.context(format!("COPY {}, line {line}", self.table)))? {
                return Ok(false);
            }
            if !self.header_read {
                self.header_read = true;
                self.check_header(&fields)?;
                continue;
            }
            let row = self.row(&fields).map_err(|error| self.with_context(error, &fields))?;
            self.rows.push(row);
        }
        Ok(true)
    }

    fn check_header(&self, fields: &Fields) -> Result<()> {
        if self.options.header != Header::Match {
            return Ok(());
        }
        let wrong = |message: String| {
            let context = format!("COPY {}, line 1", self.table);
            Err(SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, message).context(context))
        };
        if fields.len() != self.columns.len() {
            return wrong(format!(
                "wrong number of fields in header line: got {}, expected {}",
                fields.len(),
                self.columns.len()
            ));
        }
        for (index, column) in self.columns.iter().enumerate() {
            let found = fields.get(index).map(|(bytes, ..)| String::from_utf8_lossy(bytes).into_owned());
            if found.as_deref() != Some(&*column.def.name) {
                return wrong(format!(
                    "column name mismatch in header line field {}: got \"{}\", expected \"{}\"",
                    index + 1,
                    found.unwrap_or_default(),
                    column.def.name
                ));
            }
        }
        Ok(())
    }

    fn row(&mut self, fields: &Fields) -> Result<Vec<Expr>> {
        if fields.len() > self.columns.len() {
            return Err(SqlError::new(
                sqlstate::BAD_COPY_FILE_FORMAT,
                "extra data after last expected column",
            ));
        }
        let mut row = self.template.clone();
        for (index, column) in self.columns.iter().enumerate() {
            let Some((bytes, null, quoted)) = fields.get(index) else {
                let message = format!("missing data for column \"{}\"", column.def.name);
                return Err(SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, message));
            };
            self.bytes += bytes.len();
            let null = match self.options.form {
                Form::Text => null,
                Form::Csv if quoted => column.force_null && bytes == self.options.null.as_bytes(),
                Form::Csv => null && !column.force_not_null,
            };
            let value = if null { Value::Null } else { self.value(column, bytes)? };
            if let Some(place) = row.get_mut(column.place) {
                place.kind = ExprKind::Const(value);
            }
        }
        Ok(row)
    }

    fn value(&self, column: &CopiedColumn, bytes: &[u8]) -> Result<Value> {
        let context =
            || format!("COPY {}, line {}, column {}", self.table, self.reader.line, column.def.name);
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(|| {
            SqlError::new(
                sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\"",
            )
            .context(context())
        })?;
        Value::from_text(column.def.ty, column.def.typmod, text, &self.format)
            .map_err(|error| SqlError::from(error).context(format!("{}: \"{text}\"", context())))
    }

    /// Errors of a whole line show the line.
    fn with_context(&self, error: SqlError, fields: &Fields) -> SqlError {
        if error.fields().any(|(code, _)| code == b'W') {
            return error;
        }
        let shown: Vec<String> = (0..fields.len())
            .filter_map(|index| fields.get(index))
            .map(|(bytes, ..)| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        let delimiter = char::from(self.options.delimiter).to_string();
        error.context(format!(
            "COPY {}, line {}: \"{}\"",
            self.table,
            self.reader.line,
            shown.join(&delimiter)
        ))
    }

    fn start_insert(&mut self) -> Result<()> {
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(BATCH_ROWS));
        self.bytes = 0;
        let mut plan = self.plan.clone();
        if let Some(place) = values_of(&mut plan) {
            *place = rows;
        }
        self.running = Some(exec::build(&Arc::new(plan))?);
        Ok(())
    }

    /// Lets the INSERT at work go on; `None` when there is none any more.
    fn insert(&mut self, session: &mut Session, shared: &Shared) -> Result<Option<Turn>> {
        let Some(running) = &mut self.running else { return Ok(None) };
        loop {
            let step = step_plan(session, shared, running, self.view, &[]);
            match step
                .map_err(|error| error.context(format!("COPY {}, line {}", self.table, self.reader.line)))?
            {
                Step::Batch(_) => {}
                Step::Pending(Wait::Lock) => return Ok(Some(Turn::Lock)),
                Step::Pending(Wait::Slice | Wait::Output) => return Ok(Some(Turn::Yield)),
                Step::Done => {
                    self.inserted += running.affected();
                    self.running = None;
                    return Ok(None);
                }
            }
        }
    }
}

/// The rows beneath a plan's INSERT.
fn values_of(plan: &mut PhysicalPlan) -> Option<&mut Vec<Vec<Expr>>> {
    match &mut plan.root {
        Physical::Insert(node) => match &mut node.input {
            Physical::Values { rows, .. } => Some(rows),
            _ => None,
        },
        _ => None,
    }
}

fn copied_columns(relation: &Relation, named: &[ast::Ident], options: &Options) -> Result<Vec<CopiedColumn>> {
    let wrong = |name: &str| {
        SqlError::new(sqlstate::WRONG_OBJECT_TYPE, format!("cannot copy to \"{name}\": it is not a table"))
    };
    let relation = match relation {
        Relation::Stored(relation) => relation,
        Relation::System(system) => return Err(wrong(system.name)),
    };
    let RelationKind::Table(table) = &relation.kind else { return Err(wrong(&relation.name)) };
    let copied = |place: usize, def: &ColumnDef| CopiedColumn {
        place,
        force_not_null: options.force_not_null.include(&def.name),
        force_null: options.force_null.include(&def.name),
        def: def.clone(),
    };
    let live = || table.columns.iter().enumerate().filter(|(_, column)| !column.dropped);
    if named.is_empty() {
        let plain = live().filter(|(_, column)| column.generated.is_none());
        return Ok(plain.map(|(place, def)| copied(place, def)).collect());
    }
    let mut columns = Vec::with_capacity(named.len());
    for name in named {
        let found = live().find(|(_, column)| column.name == *name.name);
        let (place, def) = found.ok_or_else(|| {
            let message =
                format!("column \"{}\" of relation \"{}\" does not exist", name.name, relation.name);
            SqlError::new(sqlstate::UNDEFINED_COLUMN, message).at(name.pos.0)
        })?;
        columns.push(copied(place, def));
    }
    Ok(columns)
}

/// `INSERT INTO table (columns) OVERRIDING SYSTEM VALUE VALUES (NULL, …)`.
fn insert_of_nulls(name: &ast::ObjectName, columns: &[CopiedColumn]) -> ast::Statement {
    let pos = name.pos();
    let ident = |column: &CopiedColumn| ast::Ident::new(column.def.name.as_str(), pos);
    let target = |column| ast::ColumnTarget { column: ident(column), path: Vec::new() };
    let row = columns.iter().map(|_| ast::Expr::new(ast::ExprKind::Null, pos)).collect();
    let query = ast::Query {
        with: None,
        body: ast::QueryBody::Values(ast::Values { rows: vec![row], pos }),
        order_by: Vec::new(),
        limit: None,
        offset: None,
        locking: Vec::new(),
        pos,
    };
    ast::Statement::Insert(Box::new(ast::Insert {
        with: None,
        table: name.clone(),
        alias: None,
        columns: columns.iter().map(target).collect(),
        overriding: Some(ast::Overriding::System),
        source: ast::InsertSource::Query(Box::new(query)),
        on_conflict: None,
        returning: Vec::new(),
        pos,
    }))
}
