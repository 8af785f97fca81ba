//! SCRAM-SHA-256 by the `pgwire` crate, kept behind this one module (RFC 5802, RFC 7677).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pgwire::api::auth::sasl::scram::{ScramSecret, ScramServerAuth, ScramServerAuthWaitingForClientFinal};

/// The one mechanism offered without TLS.
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";

/// An exchange after the server's first message.
pub(crate) struct Exchange(ScramServerAuthWaitingForClientFinal);

/// Begins an exchange with a role's verifier. Returns the server's first message; `None` if either is malformed.
pub(crate) fn begin(verifier: &str, client_first: &[u8]) -> Option<(String, Exchange)> {
    let secret = secret(verifier)?;
    let (message, waiting) =
        ScramServerAuth::new().on_client_first_message_with_secret(client_first, secret).ok()?;
    Some((message, Exchange(waiting)))
}

impl Exchange {
    /// The server's last message if the client's proof is right.
    pub(crate) fn finish(&self, client_final: &[u8]) -> Option<String> {
        self.0.on_client_final_message(client_final).ok()
    }
}

/// Takes `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>` apart.
fn secret(verifier: &str) -> Option<ScramSecret> {
    let rest = verifier.strip_prefix("SCRAM-SHA-256$")?;
    let (salting, keys) = rest.split_once('$')?;
    let (iterations, salt) = salting.split_once(':')?;
    let (stored_key, server_key) = keys.split_once(':')?;
    Some(ScramSecret::Verifier {
        salt: STANDARD.decode(salt).ok()?,
        iterations: iterations.parse().ok()?,
        stored_key: STANDARD.decode(stored_key).ok()?,
        server_key: STANDARD.decode(server_key).ok()?,
    })
}

/// A verifier that no password fits: unknown roles go through the same exchange as known ones.
pub(crate) fn verifier_for_nobody(salt: [u8; 16], key: [u8; 32]) -> String {
    let key = STANDARD.encode(key);
    format!("SCRAM-SHA-256$4096:{}${key}:{key}", STANDARD.encode(salt))
}
