//! COPY FROM a file of the server.

use super::super::engine::Turn;
use super::super::session::Session;
use super::super::shared::Shared;
use super::input::CopyIn;
use crate::error::{Result, SqlError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use strata_types::sqlstate;
use vfs::{File, OpenMode};

/// Bytes read at a time.
const PIECE_LEN: usize = 256 * 1024;

/// A COPY FROM a file in flight.
pub(in super::super) struct CopyFile {
    input: Box<CopyIn>,
    file: Arc<dyn File>,
    offset: u64,
    piece: Vec<u8>,
}

/// Opens a file for a session that may read the server's.
///
/// # Errors
/// 42501 for who is no superuser, 58P01 for a file that is not there.
pub(super) fn open(session: &Session, shared: &Shared, path: &str) -> Result<Arc<dyn File>> {
    let catalog = session.transaction.catalog(shared);
    let role = catalog.role_named(&session.variables.current_user());
    if !role.is_some_and(|role| role.superuser) {
        let message =
            "must be superuser or have privileges of the pg_read_server_files role to COPY from a file";
        return Err(SqlError::new(sqlstate::INSUFFICIENT_PRIVILEGE, message)
            .hint("Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone."));
    }
    shared.env.fs.open(Path::new(path), OpenMode::Read).map_err(|error| refusal(path, "open", &error))
}

fn refusal(path: &str, what: &str, error: &io::Error) -> SqlError {
    let (state, reason) = match error.kind() {
        io::ErrorKind::NotFound => (sqlstate::UNDEFINED_FILE, "No such file or directory".to_owned()),
        io::ErrorKind::PermissionDenied => (sqlstate::INSUFFICIENT_PRIVILEGE, "Permission denied".to_owned()),
        _ => (sqlstate::IO_ERROR, error.to_string()),
    };
    SqlError::new(state, format!("could not {what} file \"{path}\" for reading: {reason}"))
}

impl CopyFile {
    pub(super) fn new(input: Box<CopyIn>, file: Arc<dyn File>) -> CopyFile {
        CopyFile { input, file, offset: 0, piece: vec![0; PIECE_LEN] }
    }

    /// How many rows were copied, once all are.
    pub(in super::super) fn finished(&self) -> Option<u64> {
        self.input.finished()
    }

    /// Reads and inserts until something must be waited for; `None` at the end.
    pub(in super::super) fn step(&mut self, session: &mut Session, shared: &Shared) -> Result<Option<Turn>> {
        loop {
            if let Some(turn) = self.input.step(session, shared)? {
                return Ok(Some(turn));
            }
            if self.input.finished().is_some() {
                return Ok(None);
            }
            let read = self.file.read_at(&mut self.piece, self.offset);
            match read.map_err(|error| refusal("", "read", &error))? {
                0 => self.input.finish()?,
                len => {
                    self.offset += len as u64;
                    self.input.take(self.piece.get(..len).unwrap_or_default())?;
                }
            }
        }
    }
}
