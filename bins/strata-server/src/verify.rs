//! `strata-server --verify`: checks a data directory that no server has open, and changes nothing in it.

use crate::config::Config;
use std::path::Path;
use std::process::ExitCode;
use strata_store::{Store, StoreOptions, VerifyReport};

/// Verifies the data directory and says what was found; fails if something is wrong.
pub fn run(config: &Config) -> ExitCode {
    let options = StoreOptions { memory: config.memory << 20, ..StoreOptions::default() };
    let verified = Store::open_read_only(&vfs::os::env(), Path::new(&config.data_dir), options)
        .and_then(|store| store.verify());
    match verified {
        Ok(report) => {
            println!("{}", describe(&report));
            if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn describe(report: &VerifyReport) -> String {
    let mut text = format!(
        "{} rows, {} index entries, {} stored versions, {} records since the checkpoint; ",
        report.tuples, report.index_entries, report.stored_versions, report.journal_records
    );
    match report.problem_count {
        0 => text.push_str("no problems"),
        count => text.push_str(&format!("{count} problems:")),
    }
    for problem in &report.problems {
        text.push_str("\n  ");
        text.push_str(problem);
    }
    text
}
