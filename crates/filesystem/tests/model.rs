//! The heap against a model, under random work and restarts, with a cache far smaller than the data.

mod journaled;

use journaled::{Change, Choices, Journaled};
use std::path::Path;

const POOL_LEN: usize = 40 * 9000;

#[test]
fn the_heap_is_what_was_committed_across_restarts() {
    for seed in 0..60 {
        println!("seed {seed}");
        let env = vfs::mem::env();
        let mut choices = Choices(seed);
        let mut world = Journaled::create(&env, POOL_LEN);
        for now in 1..=120 {
            world.step(&mut choices, now).unwrap();
            if choices.below(30) == 0 {
                world = world.reopen(&env).unwrap();
                world.check();
            }
        }
        world.check();
        world.checkpoint().unwrap();
        assert_eq!(world.heap.oldest_dirty(), None);
        world.reopen(&env).unwrap().check();
    }
}

fn noise(len: usize) -> Vec<u8> {
    let mut choices = Choices(1);
    (0..len).map(|_| choices.below(256) as u8).collect()
}

#[test]
fn a_flipped_byte_anywhere_in_a_file_is_reported() {
    let env = vfs::mem::env();
    let mut world = Journaled::create(&env, 1 << 20);
    let space = filesystem::SpaceId(0);
    let tuples = [vec![1; 100], vec![2; 1500], noise(9000)];
    let changes: Vec<Change> =
        tuples.into_iter().map(|tuple| world.write_of(space, 1, tuple).unwrap()).collect();
    world.commit(changes).unwrap();
    world.checkpoint().unwrap();
    let path = Path::new("/db/heap/0.heap");
    let file = env.fs.open(path, vfs::OpenMode::ReadWrite).unwrap();
    let used = u64::from(world.heap.block_count(space)) * 8192;
    assert!(used > 8192);
    for at in (0..used).step_by(61) {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 4], at).unwrap();
        world = world.reopen(&env).unwrap();
        let scanned =
            world.heap.scan(space, 0, u32::MAX, &mut |_, _, _, _| std::ops::ControlFlow::Continue(()));
        let mut damage = scanned.map(drop);
        for place in world.model.keys() {
            damage = damage.and(world.heap.read(place.0, place.1).map(drop));
        }
        match damage {
            Err(filesystem::Error::Corrupt { file, offset, .. }) => {
                assert_eq!((file.as_str(), offset), ("/db/heap/0.heap", at / 8192 * 8192));
            }
            other => panic!("byte {at}: {other:?}"),
        }
        file.write_all_at(&byte, at).unwrap();
    }
}
