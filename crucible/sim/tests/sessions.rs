//! A few interleavings of many sessions in every test run.

use sim::sessions::{Level, run};

fn every_seed(level: Level) {
    let (mut committed, mut failed, mut waits) = (0, 0, 0);
    for seed in 0..20 {
        match run(seed, level) {
            Ok(outcome) => {
                committed += outcome.committed;
                failed += outcome.failed;
                waits += outcome.waits;
            }
            Err(finding) => panic!("seed {seed} at {level:?}: {finding}"),
        }
    }
    assert!(
        committed > 500 && failed > 50 && waits > 50,
        "{committed} committed, {failed} failed, {waits} waits"
    );
}

#[test]
fn read_committed_lets_no_aborted_or_circular_reads_pass() {
    every_seed(Level::ReadCommitted);
}

#[test]
fn repeatable_read_is_snapshot_isolation() {
    every_seed(Level::RepeatableRead);
}

#[test]
fn serializable_leaves_no_cycle() {
    every_seed(Level::Serializable);
}
