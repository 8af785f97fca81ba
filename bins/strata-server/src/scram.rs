//! SCRAM-SHA-256 by the `pgwire` crate, kept behind this one module (RFC 5802, RFC 7677).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pgwire::api::auth::sasl::scram::{
    SCRAM_ITERATIONS, ScramSecret, ScramServerAuth, ScramServerAuthWaitingForClientFinal, gen_salted_password,
};

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

/// The verifier of a password, in PostgreSQL's form.
pub(crate) fn verifier_of(password: &str, salt: [u8; 16]) -> String {
    let salted = gen_salted_password(password, &salt, SCRAM_ITERATIONS);
    match ScramSecret::verifier_from_salted_password(salt.to_vec(), salted, SCRAM_ITERATIONS) {
        ScramSecret::Verifier { salt, iterations, stored_key, server_key } => format!(
            "SCRAM-SHA-256${iterations}:{}${}:{}",
            STANDARD.encode(salt),
            STANDARD.encode(stored_key),
            STANDARD.encode(server_key)
        ),
        ScramSecret::SaltedPassword { .. } => unreachable!("a verifier was asked for"),
    }
}

/// A verifier that no password fits: unknown roles go through the same exchange as known ones.
pub(crate) fn verifier_for_nobody(salt: [u8; 16], key: [u8; 32]) -> String {
    let key = STANDARD.encode(key);
    format!("SCRAM-SHA-256$4096:{}${key}:{key}", STANDARD.encode(salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_postgresqls() {
        // As PostgreSQL 15 computes it for this salt.
        let verifier = verifier_of("pencil", *b"0123456789abcdef");
        let (head, keys) = verifier.rsplit_once('$').unwrap();
        assert_eq!(head, "SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==");
        assert_eq!(keys.split(':').map(str::len).collect::<Vec<_>>(), [44, 44]);
        assert!(secret(&verifier).is_some());
    }
}
