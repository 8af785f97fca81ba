//! Every scenario, on strata: it comes to what it came to on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use spec_test::{rehearse, scenarios};

#[test]
fn sessions_meet_as_on_postgres() {
    let (target, _runtime) = server::start();
    let failures: Vec<String> = scenarios()
        .iter()
        .filter_map(|scenario| {
            Some(format!("{}\n{}", scenario.display(), rehearse(&target, scenario).err()?))
        })
        .collect();
    assert!(failures.is_empty(), "{} scenarios differ:\n\n{}", failures.len(), failures.join("\n\n"));
}
