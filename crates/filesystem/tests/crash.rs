//! Power loss and failing calls at every kind of moment: what the journal holds is what the heap holds.

mod journaled;
mod lossy_disk;

use filesystem::{Error, SpaceId};
use journaled::{Choices, Journaled};
use lossy_disk::{Fault, LossyDisk};
use std::io::ErrorKind;

const POOL_LEN: usize = 30 * 9000;

/// Steps until something fails or the work is done.
fn work(world: &mut Journaled, choices: &mut Choices, from: u64) -> Result<(), Error> {
    (from..from + 60).try_for_each(|now| world.step(choices, now))
}

#[test]
fn nothing_durable_is_lost_at_a_power_loss() {
    for seed in 0..250 {
        println!("seed {seed}");
        let mut choices = Choices(seed);
        let mut disk = LossyDisk::default();
        let mut world = Journaled::create(&disk.env(), POOL_LEN);
        for life in 0..6 {
            let power = disk.calls() + 1 + choices.below(120);
            disk.set_fault(Some(Fault::PowerLoss(power)));
            let _ = work(&mut world, &mut choices, 1 + life * 100);
            disk = disk.after_power_loss(&mut choices);
            let kept = world.die();
            // A third of the recoveries is itself cut short.
            if choices.below(3) == 0 {
                disk.set_fault(Some(Fault::PowerLoss(1 + choices.below(20))));
                let _ = kept.clone().recover(&disk.env());
                disk = disk.after_power_loss(&mut choices);
            }
            world = kept.recover(&disk.env()).unwrap();
            world.check();
        }
    }
}

#[test]
fn a_failed_call_poisons_or_passes_but_loses_nothing() {
    for seed in 0..150 {
        println!("seed {seed}");
        let mut choices = Choices(seed);
        let kind = if choices.below(2) == 0 { ErrorKind::Other } else { ErrorKind::StorageFull };
        let disk = LossyDisk::default();
        let mut world = Journaled::create(&disk.env(), POOL_LEN);
        disk.set_fault(Some(Fault::Once(disk.calls() + 1 + choices.below(60), kind)));
        let worked = work(&mut world, &mut choices, 1);
        disk.set_fault(None);
        match worked {
            Ok(()) => world.check(),
            // An eviction that met the fault may have found another page; then the next write tells.
            Err(Error::Disk { .. } | Error::Poisoned { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        let disk = disk.after_power_loss(&mut choices);
        let world = world.reopen(&disk.env()).unwrap();
        world.check();
    }
}

#[test]
fn after_a_failed_sync_no_checkpoint_succeeds() {
    let disk = LossyDisk::default();
    let mut world = Journaled::create(&disk.env(), POOL_LEN);
    let change = world.write_of(SpaceId(0), 1, vec![1; 50]).unwrap();
    world.commit(vec![change]).unwrap();
    // The checkpoint writes one page and then syncs its file.
    disk.set_fault(Some(Fault::Once(disk.calls() + 2, ErrorKind::Other)));
    assert!(matches!(world.checkpoint(), Err(Error::Disk { op: "sync", .. })));
    assert!(matches!(world.checkpoint(), Err(Error::Poisoned { .. })));
    assert!(matches!(world.heap.write_back(9), Err(Error::Poisoned { .. })));
    world.check();
}

#[test]
fn a_full_disk_passes() {
    let disk = LossyDisk::default();
    let mut world = Journaled::create(&disk.env(), POOL_LEN);
    let change = world.write_of(SpaceId(0), 1, vec![1; 50]).unwrap();
    world.commit(vec![change]).unwrap();
    disk.set_fault(Some(Fault::Once(disk.calls() + 1, ErrorKind::StorageFull)));
    assert!(world.checkpoint().is_err_and(|error| error.is_disk_full()));
    world.checkpoint().unwrap();
    let disk = disk.after_power_loss(&mut Choices(1));
    world.reopen(&disk.env()).unwrap().check();
}
