//! The start of a session: who connects, to what, and what it takes to be let in.

/// What the start-up message says.
#[derive(Clone, Debug, Default)]
pub struct Startup {
    /// Role name.
    pub user: String,
    /// Project name; `None` if the message names none.
    pub database: Option<String>,
    /// Further parameters, in order: settings such as `application_name`, and those in `options`.
    pub settings: Vec<(String, String)>,
    /// Number that the client cancels by, chosen by the server.
    pub pid: i32,
    /// Address of the client, for `pg_stat_activity`.
    pub client: Option<String>,
}

/// What a role must show before its session starts. The server runs the exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// There is no such role, or it may not log in.
    Unknown {
        /// Some role has a password: which roles there are is not to be told apart from a wrong password.
        secret: bool,
    },
    /// The role has no password.
    NoPassword {
        /// Its loss would be everybody's: refused beyond loopback.
        superuser: bool,
    },
    /// The role's SCRAM-SHA-256 verifier, in PostgreSQL's notation.
    Scram(String),
}
