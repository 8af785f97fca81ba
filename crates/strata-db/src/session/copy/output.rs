//! COPY TO: a query's rows as lines.

use super::super::admission::table_locks;
use super::super::engine::Turn;
use super::super::outbox::Outbox;
use super::super::portal::step_plan;
use super::super::references::Unwatched;
use super::super::request::WireFormat;
use super::super::session::Session;
use super::super::shared::Shared;
use super::binary;
use super::options::{Form, Header, Options};
use crate::error::Result;
use crate::exec::{self, Step, Wait};
use crate::parse::ast;
use crate::plan::Field;
use std::sync::Arc;
use strata_store::View;
use strata_types::{Batch, Column, Format};

/// A COPY TO STDOUT in flight.
pub(in super::super) struct CopyOut {
    running: exec::Running,
    view: View,
    fields: Vec<Field>,
    options: Options,
    header_written: bool,
    rows: u64,
    line: Vec<u8>,
    field: Vec<u8>,
}

impl CopyOut {
    /// Plans the query, or `SELECT columns FROM table`, and locks its tables; `None` if that must be waited
    /// for.
    pub(super) fn open(
        session: &mut Session,
        shared: &Shared,
        copy: &ast::Copy,
        options: Options,
    ) -> Result<Option<CopyOut>> {
        let env = session.environment(shared);
        let tree = match &copy.source {
            ast::CopySource::Query(statement) => statement.clone(),
            ast::CopySource::Table { name, columns } => select_from(name, columns),
        };
        let bound = crate::bind::statement(&env.names(), &env, &[], &tree)?;
        let fields = bound.fields;
        let plan = crate::optimize::plan(bound.plan, &env, &env)?;
        drop(env);
        if !session.lock_tables(shared, &table_locks(&plan))? {
            return Ok(None);
        }
        let view = session.transaction.view(shared, session.isolation());
        Ok(Some(CopyOut {
            running: exec::build(&Arc::new(plan))?,
            view,
            fields,
            header_written: options.header == Header::No && options.form != Form::Binary,
            options,
            rows: 0,
            line: Vec::new(),
            field: Vec::new(),
        }))
    }

    /// Columns of the data.
    pub(in super::super) fn columns(&self) -> usize {
        self.fields.len()
    }

    /// Its format on the wire.
    pub(in super::super) fn format(&self) -> WireFormat {
        self.options.form.wire()
    }

    /// Rows copied so far.
    pub(in super::super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Sends lines until something must be waited for; `None` at the end.
    pub(in super::super) fn step(
        &mut self,
        session: &mut Session,
        shared: &Shared,
        out: &mut dyn Outbox,
    ) -> Result<Option<Turn>> {
        if !self.header_written {
            self.header_written = true;
            self.write_header(out);
        }
        loop {
            if !out.has_room() {
                return Ok(Some(Turn::Output));
            }
            match step_plan(session, shared, &mut self.running, self.view, &[], &mut Unwatched::default())? {
                Step::Batch(batch) => {
                    let format = session.variables.settings.borrow().format().clone();
                    self.write_batch(&batch, &format, out)?;
                }
                Step::Pending(Wait::Lock) => return Ok(Some(Turn::Lock)),
                Step::Pending(Wait::Slice | Wait::Output | Wait::Input) => return Ok(Some(Turn::Yield)),
                Step::Done => {
                    if self.options.form == Form::Binary {
                        self.line.extend_from_slice(&binary::END);
                        out.copy_data(&self.line);
                    }
                    out.copy_done();
                    return Ok(None);
                }
            }
        }
    }

    fn write_header(&mut self, out: &mut dyn Outbox) {
        if self.options.form == Form::Binary {
            // Clients expect it in one piece with what follows.
            self.line = binary::header();
            return;
        }
        self.line.clear();
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                self.line.push(self.options.delimiter);
            }
            write_field(field.name.as_bytes(), &self.options, false, self.fields.len() == 1, &mut self.line);
        }
        self.line.push(b'\n');
        out.copy_data(&self.line);
    }

    fn write_batch(&mut self, batch: &Batch, format: &Format, out: &mut dyn Outbox) -> Result<()> {
        let forced: Vec<bool> =
            self.fields.iter().map(|field| self.options.force_quote.include(&field.name)).collect();
        for row in 0..batch.rows {
            if self.options.form == Form::Binary {
                binary::write_row(batch, row, &mut self.line)?;
                out.copy_data(&self.line);
                self.line.clear();
                continue;
            }
            self.line.clear();
            for (index, column) in batch.columns.iter().enumerate() {
                if index > 0 {
                    self.line.push(self.options.delimiter);
                }
                let forced = forced.get(index).copied().unwrap_or(false);
                self.write_value(column, row, format, forced);
            }
            self.line.push(b'\n');
            out.copy_data(&self.line);
        }
        self.rows += batch.rows as u64;
        Ok(())
    }

    fn write_value(&mut self, column: &Column, row: usize, format: &Format, forced: bool) {
        if column.is_null(row) {
            self.line.extend_from_slice(self.options.null.as_bytes());
            return;
        }
        self.field.clear();
        column.write_text(row, format, &mut self.field);
        write_field(&self.field, &self.options, forced, self.fields.len() == 1, &mut self.line);
    }
}

fn write_field(field: &[u8], options: &Options, forced: bool, alone: bool, line: &mut Vec<u8>) {
    match options.form {
        Form::Text => escape_text(field, options.delimiter, line),
        Form::Binary => line.extend_from_slice(field),
        Form::Csv => {
            let special = |byte: &u8| [options.delimiter, options.quote, b'\n', b'\r'].contains(byte);
            // A lone `\.` would end the data.
            let needs = forced
                || field == options.null.as_bytes()
                || field.iter().any(special)
                || (alone && field == b"\\.");
            if !needs {
                line.extend_from_slice(field);
                return;
            }
            line.push(options.quote);
            for byte in field {
                if *byte == options.quote || *byte == options.escape {
                    line.push(options.escape);
                }
                line.push(*byte);
            }
            line.push(options.quote);
        }
    }
}

fn escape_text(field: &[u8], delimiter: u8, line: &mut Vec<u8>) {
    for byte in field {
        let escaped = match *byte {
            8 => b'b',
            12 => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            11 => b'v',
            b'\\' => b'\\',
            other if other == delimiter => other,
            other => {
                line.push(other);
                continue;
            }
        };
        line.extend_from_slice(&[b'\\', escaped]);
    }
}

/// `SELECT columns FROM table`.
fn select_from(name: &ast::ObjectName, columns: &[ast::Ident]) -> ast::Statement {
    let pos = name.pos();
    let target = |kind| ast::Target { expr: ast::Expr::new(kind, pos), alias: None };
    let targets = if columns.is_empty() {
        vec![target(ast::ExprKind::Wildcard(Vec::new()))]
    } else {
        columns
            .iter()
            .map(|column| target(ast::ExprKind::Column(ast::ObjectName(vec![column.clone()]))))
            .collect()
    };
    let from = ast::TableRef::Relation(Box::new(ast::Relation {
        name: name.clone(),
        only: false,
        alias: None,
        sample: None,
        pos,
    }));
    let select = ast::Select {
        distinct: ast::Distinct::No,
        targets,
        from: vec![from],
        filter: None,
        group_by: Vec::new(),
        group_distinct: false,
        having: None,
        windows: Vec::new(),
        pos,
    };
    ast::Statement::Query(Box::new(ast::Query {
        with: None,
        body: ast::QueryBody::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        offset: None,
        locking: Vec::new(),
        pos,
    }))
}
