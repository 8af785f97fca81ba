//! A few seeds in every test run; the binary runs as many as one likes.

#[test]
fn the_store_survives_what_the_seeds_do_to_it() {
    for seed in 0..50 {
        if let Err(finding) = sim::run(seed) {
            panic!("seed {seed}: {finding}");
        }
    }
}

/// Each of these found a fault once: a process that dies after a failed sync leaves in the cache what is not on disk.
#[test]
fn seeds_that_failed_once() {
    for seed in [74, 419, 519, 664, 739, 849, 889, 1712, 3397, 6878] {
        if let Err(finding) = sim::run(seed) {
            panic!("seed {seed}: {finding}");
        }
    }
}
