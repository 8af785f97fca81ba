//! COPY FROM: fields become columns, a thousand rows at a time, and all of them feed one INSERT.
//!
//! The INSERT is bound and planned for a row in which every copied column is NULL; then those places take
//! the columns that are handed in. Whatever INSERT does, defaults, checks, indexes, is therefore done.

use super::super::admission::table_locks;
use super::super::engine::Turn;
use super::super::portal::step_plan;
use super::super::references::{self, Checks, Watch};
use super::super::request::WireFormat;
use super::super::session::Session;
use super::super::shared::Shared;
use super::options::{Form, Header, Options};
use super::reader::{Fields, Reader};
use crate::catalog::Relation;
use crate::error::{Result, SqlError};
use crate::exec::{self, Step, Wait};
use crate::parse::ast;
use crate::plan::{ExprKind, Physical, PhysicalPlan};
use crate::schema::{ColumnDef, RelationKind};
use std::sync::Arc;
use strata_store::View;
use strata_types::{Batch, ColumnBuilder, Format, Type, Value, sqlstate};

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
    view: View,
    /// The INSERT.
    running: exec::Running,
    /// It has used up what was handed in.
    hungry: bool,
    /// What is to be handed in next, a builder for each copied column.
    gathered: Vec<ColumnBuilder>,
    /// The line of each of those rows.
    gathered_lines: Vec<u64>,
    bytes: usize,
    /// The line of each row that was handed in last.
    lines: Vec<u64>,
    /// Rows inserted before those.
    inserted_before: u64,
    watch: Watch,
    /// Foreign keys are asked about what was copied.
    checks: Option<Checks>,
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
    /// Looks up table and columns, plans the INSERT and locks the table; `None` if that must be waited for.
    pub(super) fn open(
        session: &mut Session,
        shared: &Shared,
        name: &ast::ObjectName,
        named: &[ast::Ident],
        options: Options,
        filter: Option<&ast::Expr>,
    ) -> Result<Option<CopyIn>> {
        let env = session.environment(shared);
        let names = env.names();
        let parts: Vec<String> = name.0.iter().map(|part| part.name.to_string()).collect();
        let relation = names.relation(&parts, name.pos().0)?;
        let columns = copied_columns(&relation, named, &options)?;
        let tree = insert_of_nulls(name, &columns);
        let bound = crate::bind::statement(&names, &env, &[], &tree)?;
        let mut plan = crate::optimize::plan(bound.plan, &env, &env)?;
        feed(&mut plan, &columns)?;
        if let (Some(filter), Relation::Stored(relation), Physical::Insert(insert)) =
            (filter, &relation, &mut plan.root)
        {
            let predicate = crate::bind::row_expression(&names, &env, relation, filter)?;
            let input =
                Box::new(std::mem::replace(&mut insert.input, Physical::Append { inputs: Vec::new() }));
            insert.input = Physical::Filter { input, predicate };
        }
        let watch = Watch::new(references::of_plan(&env.catalog, &plan));
        let format = session.variables.settings.borrow().format().clone();
        drop(env);
        if !session.lock_tables(shared, &table_locks(&plan))? {
            return Ok(None);
        }
        let view = session.transaction.view(shared, session.isolation());
        Ok(Some(CopyIn {
            table: name.base().to_owned(),
            reader: Reader::new(&options),
            header_read: options.header == Header::No,
            gathered: columns.iter().map(|column| ColumnBuilder::new(column.def.ty)).collect(),
            columns,
            options,
            ended: false,
            view,
            running: exec::build(&Arc::new(plan))?,
            hungry: true,
            gathered_lines: Vec::new(),
            bytes: 0,
            lines: Vec::new(),
            inserted_before: 0,
            watch,
            checks: None,
            done: false,
            format,
        }))
    }

    /// Columns that the data has.
    pub(in super::super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Its format on the wire.
    pub(in super::super) fn format(&self) -> WireFormat {
        self.options.form.wire()
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
        self.done.then(|| self.running.affected())
    }

    /// Works on what has arrived until something must be waited for.
    pub(in super::super) fn step(&mut self, session: &mut Session, shared: &Shared) -> Result<Option<Turn>> {
        while !self.done {
            if let Some(checks) = &mut self.checks {
                let turn = checks.step(session, shared)?;
                self.done = turn.is_none();
                return Ok(turn);
            }
            if self.hungry {
                let full = self.gather()?;
                if !full && !self.ended {
                    return Ok(None);
                }
                self.supply(full);
            }
            if let Some(turn) = self.insert(session, shared)? {
                return Ok(Some(turn));
            }
        }
        Ok(None)
    }

    /// Reads lines until a batch is full; `false` if the input does not suffice.
    fn gather(&mut self) -> Result<bool> {
        let mut fields = Fields::default();
        while self.gathered_lines.len() < BATCH_ROWS && self.bytes < BATCH_BYTES {
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
            self.row(&fields).map_err(|error| self.with_context(error, &fields))?;
            self.gathered_lines.push(self.reader.line);
        }
        Ok(true)
    }

    /// Hands over what is gathered; it is the last if it does not fill a batch.
    fn supply(&mut self, full: bool) {
        self.lines = std::mem::take(&mut self.gathered_lines);
        self.inserted_before = self.running.affected();
        self.bytes = 0;
        let columns = self.gathered.iter_mut().map(|column| Arc::new(column.take())).collect();
        self.running.supply(Batch::new(columns, self.lines.len()));
        if !full {
            self.running.end_supply();
        }
        self.hungry = false;
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

    /// Appends a line's fields to the columns.
    fn row(&mut self, fields: &Fields) -> Result<()> {
        if fields.len() > self.columns.len() {
            return Err(SqlError::new(
                sqlstate::BAD_COPY_FILE_FORMAT,
                "extra data after last expected column",
            ));
        }
        let place = Place { table: &self.table, line: self.reader.line, format: &self.format };
        for (index, (column, builder)) in self.columns.iter().zip(&mut self.gathered).enumerate() {
            let Some((bytes, null, quoted)) = fields.get(index) else {
                let message = format!("missing data for column \"{}\"", column.def.name);
                return Err(SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, message));
            };
            self.bytes += bytes.len();
            let null = match self.options.form {
                Form::Text | Form::Binary => null,
                Form::Csv if quoted => column.force_null && bytes == self.options.null.as_bytes(),
                Form::Csv => null && !column.force_not_null,
            };
            if null {
                builder.push_null();
            } else if self.options.form == Form::Binary {
                column.push_binary(bytes, &place, builder)?;
            } else {
                column.push(bytes, &place, builder)?;
            }
        }
        Ok(())
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

    /// Lets the INSERT go on until it needs more rows or has to wait.
    fn insert(&mut self, session: &mut Session, shared: &Shared) -> Result<Option<Turn>> {
        loop {
            let step = step_plan(session, shared, &mut self.running, self.view, &[], &mut self.watch);
            match step.map_err(|error| self.at_row(error))? {
                Step::Batch(_) => {}
                Step::Pending(Wait::Lock) => return Ok(Some(Turn::Lock)),
                Step::Pending(Wait::Slice | Wait::Output) => return Ok(Some(Turn::Yield)),
                Step::Pending(Wait::Input) => {
                    self.hungry = true;
                    return Ok(None);
                }
                Step::Done => {
                    let events = session.transaction.due_now(self.watch.take());
                    self.checks = Some(Checks::new(events));
                    return Ok(None);
                }
            }
        }
    }

    /// An error of the row at work shows its line.
    fn at_row(&self, error: SqlError) -> SqlError {
        let inserted = usize::try_from(self.running.affected() - self.inserted_before).unwrap_or(usize::MAX);
        let line = self.lines.get(inserted).copied().unwrap_or(self.reader.line);
        error.context(format!("COPY {}, line {line}", self.table))
    }
}

/// Where a field stands, and how it is read.
struct Place<'a> {
    table: &'a str,
    line: u64,
    format: &'a Format,
}

impl CopiedColumn {
    /// Appends a field in the type's binary form.
    fn push_binary(&self, bytes: &[u8], place: &Place<'_>, builder: &mut ColumnBuilder) -> Result<()> {
        let (ty, typmod) = (self.def.ty, self.def.typmod);
        let value = Value::from_binary(ty, bytes)
            .and_then(|value| strata_types::cast(&value, ty, ty, typmod, false, place.format));
        let value = value.map_err(|error| {
            let context = format!("COPY {}, line {}, column {}", place.table, place.line, self.def.name);
            SqlError::from(error).context(context)
        })?;
        builder.push(&value);
        Ok(())
    }

    /// Appends a field that is not NULL.
    fn push(&self, bytes: &[u8], place: &Place<'_>, builder: &mut ColumnBuilder) -> Result<()> {
        let context = || format!("COPY {}, line {}, column {}", place.table, place.line, self.def.name);
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(|| {
            SqlError::new(
                sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\"",
            )
            .context(context())
        })?;
        if self.def.ty == Type::TEXT {
            builder.push_str(text);
            return Ok(());
        }
        let value = Value::from_text(self.def.ty, self.def.typmod, text, place.format)
            .map_err(|error| SqlError::from(error).context(format!("{}: \"{text}\"", context())))?;
        builder.push(&value);
        Ok(())
    }
}

/// Makes the plan of an INSERT of one row take its copied columns from outside.
fn feed(plan: &mut PhysicalPlan, columns: &[CopiedColumn]) -> Result<()> {
    let unsupported = || SqlError::unsupported("COPY into this relation");
    let Physical::Insert(insert) = &mut plan.root else { return Err(unsupported()) };
    let Physical::Values { rows, .. } = &mut insert.input else { return Err(unsupported()) };
    let mut exprs = rows.pop().ok_or_else(unsupported)?;
    for (index, column) in columns.iter().enumerate() {
        if let Some(expr) = exprs.get_mut(column.place) {
            expr.kind = ExprKind::Column(index);
        }
    }
    let types: Vec<Type> = columns.iter().map(|column| column.def.ty).collect();
    let supplied = Physical::Supplied { types };
    let in_order = exprs.iter().enumerate().all(|(at, expr)| expr.kind == ExprKind::Column(at));
    insert.input = match in_order && exprs.len() == columns.len() {
        true => supplied,
        false => Physical::Project { input: Box::new(supplied), exprs },
    };
    Ok(())
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
