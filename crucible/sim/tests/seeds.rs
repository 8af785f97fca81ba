//! A few seeds in every test run; the binary runs as many as one likes.

#[test]
fn the_store_survives_what_the_seeds_do_to_it() {
    for seed in 0..50 {
        if let Err(finding) = sim::run(seed) {
            panic!("seed {seed}: {finding}");
        }
    }
}
