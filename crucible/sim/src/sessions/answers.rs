//! What a session answers, as text.

use strata_db::SqlError;
use strata_db::plan::Field;
use strata_db::session::{Outbox, WireFormat};
use strata_store::Lsn;
use strata_types::{Batch, Format, Type};

/// The answers to one statement.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) rows: Vec<Vec<String>>,
    pub(super) error: Option<SqlError>,
    /// Where the session stands after it.
    pub(super) status: u8,
    /// The answer is true once the journal is durable up to here.
    pub(super) gate: Option<Lsn>,
}

impl Outbox for Answers {
    fn parse_complete(&mut self) {}
    fn bind_complete(&mut self) {}
    fn close_complete(&mut self) {}
    fn no_data(&mut self) {}
    fn parameter_description(&mut self, _types: &[Type]) {}
    fn row_description(&mut self, _fields: &[Field], _formats: &[WireFormat]) {}
    fn rows(&mut self, batch: &Batch, _formats: &[WireFormat], format: &Format) -> Result<(), SqlError> {
        for row in 0..batch.rows {
            let cells = batch.columns.iter().map(|column| {
                let mut text = Vec::new();
                column.write_text(row, format, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            });
            self.rows.push(cells.collect());
        }
        Ok(())
    }
    fn command_complete(&mut self, _tag: &str) {}
    fn empty_query(&mut self) {}
    fn portal_suspended(&mut self) {}
    fn error(&mut self, _severity: &'static str, error: &SqlError) {
        self.error.get_or_insert_with(|| error.clone());
    }
    fn notice(&mut self, _severity: &str, _notice: &SqlError) {}
    fn notification(&mut self, _pid: i32, _channel: &str, _payload: &str) {}
    fn parameter_status(&mut self, _name: &str, _value: &str) {}
    fn ready(&mut self, status: u8) {
        self.status = status;
    }
    fn copy_in(&mut self, _columns: usize, _format: WireFormat) {}
    fn copy_out(&mut self, _columns: usize, _format: WireFormat) {}
    fn copy_data(&mut self, _bytes: &[u8]) {}
    fn copy_done(&mut self) {}
    fn gate(&mut self, lsn: Lsn) {
        self.gate = self.gate.max(Some(lsn));
    }
    fn has_room(&self) -> bool {
        true
    }
}
