//! What a client asks of its session: the frontend messages, decoded and checked.

use bytes::Bytes;
use strata_types::Type;

/// One frontend message (PostgreSQL documentation, "Message Formats").
#[derive(Clone, Debug)]
pub enum Request {
    /// Simple query: one or more statements.
    Query(String),
    /// Prepares a statement.
    Parse {
        /// Name; empty is the unnamed statement.
        statement: String,
        /// Text of one statement.
        sql: String,
        /// Declared parameter types; UNKNOWN (or OID 0) is to be inferred.
        types: Vec<Type>,
    },
    /// Opens a portal: a statement with its parameters.
    Bind {
        /// Name; empty is the unnamed portal.
        portal: String,
        /// The statement's name.
        statement: String,
        /// Format of each parameter: none (all text), one for all, or one each.
        formats: Vec<WireFormat>,
        /// Parameters; `None` is NULL.
        params: Vec<Option<Bytes>>,
        /// Format of each result column: none (all text), one for all, or one each.
        results: Vec<WireFormat>,
    },
    /// Asks for a statement's parameters and columns.
    DescribeStatement(String),
    /// Asks for a portal's columns.
    DescribePortal(String),
    /// Runs a portal.
    Execute {
        /// Its name.
        portal: String,
        /// Rows to yield before it is suspended; 0 is all.
        max_rows: u32,
    },
    /// Forgets a statement.
    CloseStatement(String),
    /// Closes a portal.
    ClosePortal(String),
    /// Ends an extended-protocol batch.
    Sync,
    /// Asks for pending answers.
    Flush,
    /// A piece of COPY input.
    CopyData(Bytes),
    /// End of COPY input.
    CopyDone,
    /// The client gives COPY up, with its reason.
    CopyFail(String),
    /// A message that could not be decoded though its frame was whole: answered in turn.
    Malformed(crate::SqlError),
    /// As [`Malformed`](Self::Malformed), of a simple query or a function call: these end by themselves.
    MalformedQuery(crate::SqlError),
}

/// Text or binary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WireFormat {
    /// As typed and shown.
    #[default]
    Text,
    /// The type's `send`/`recv` form.
    Binary,
}

impl WireFormat {
    /// The format of item `index` under the protocol's rule: none is text, one is for all.
    pub fn of(formats: &[WireFormat], index: usize) -> WireFormat {
        match formats {
            [] => WireFormat::Text,
            [all] => *all,
            each => each.get(index).copied().unwrap_or_default(),
        }
    }
}
