//! Where a session's answers go: the seam to the wire.
//!
//! The server's implementation encodes each answer at once into the connection's output buffer, rows
//! in the format that the client asked for; an embedder may collect values instead. Nothing of it is
//! sent before the engine lets it out (see [`Outbox::gate`]).

use super::request::WireFormat;
use crate::error::SqlError;
use crate::plan::Field;
use strata_store::Lsn;
use strata_types::{Batch, Format, Type};

/// Receives a session's answers, in order.
pub trait Outbox {
    /// Answer to Parse.
    fn parse_complete(&mut self);
    /// Answer to Bind.
    fn bind_complete(&mut self);
    /// Answer to Close.
    fn close_complete(&mut self);
    /// The described statement returns no rows.
    fn no_data(&mut self);
    /// Parameter types of a described statement.
    fn parameter_description(&mut self, types: &[Type]);
    /// Columns of the rows to come, with the format of each.
    fn row_description(&mut self, fields: &[Field], formats: &[WireFormat]);
    /// Rows. `fields` are those of the row description that the client has.
    fn rows(&mut self, batch: &Batch, formats: &[WireFormat], format: &Format) -> Result<(), SqlError>;
    /// A statement is done; `tag` as in `INSERT 0 1`.
    fn command_complete(&mut self, tag: &str);
    /// The query string held no statement.
    fn empty_query(&mut self);
    /// An `Execute` with a row limit has more rows.
    fn portal_suspended(&mut self);
    /// A statement failed.
    fn error(&mut self, severity: &'static str, error: &SqlError);
    /// Something that the client should know. `severity` is NOTICE, WARNING, INFO …
    fn notice(&mut self, severity: &str, notice: &SqlError);
    /// A message of a channel that the session listens to, from the session of number `pid`.
    fn notification(&mut self, pid: i32, channel: &str, payload: &str);
    /// A reported setting has a new value.
    fn parameter_status(&mut self, name: &str, value: &str);
    /// The session takes the next request: `I` idle, `T` in a transaction block, `E` in a failed one.
    fn ready(&mut self, status: u8);
    /// COPY FROM STDIN starts: the client may send.
    fn copy_in(&mut self, columns: usize, format: WireFormat);
    /// COPY TO STDOUT starts.
    fn copy_out(&mut self, columns: usize, format: WireFormat);
    /// A piece of COPY output: whole rows.
    fn copy_data(&mut self, bytes: &[u8]);
    /// COPY output is complete.
    fn copy_done(&mut self);
    /// Answers so far may leave only when the journal is durable up to `lsn` (invariant I-2).
    fn gate(&mut self, lsn: Lsn);
    /// Is there room for more rows? If not, the portal parks until the client has read.
    fn has_room(&self) -> bool;
}
