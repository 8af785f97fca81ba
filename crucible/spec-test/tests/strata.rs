//! Every spec, on strata.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use spec_test::{run, specs};

#[test]
fn strata_answers_as_the_specs_say() {
    let (target, _runtime) = server::start();
    let failures: Vec<String> = specs()
        .iter()
        .filter_map(|spec| Some(format!("{}\n{}", spec.display(), run(&target, spec).err()?)))
        .collect();
    assert!(failures.is_empty(), "{} specs differ:\n\n{}", failures.len(), failures.join("\n\n"));
}
