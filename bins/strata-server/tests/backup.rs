//! A backup asked for in SQL is a store that can be verified and opened, while others go on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use server::Running;
use std::path::{Path, PathBuf};
use strata_store::{Store, StoreOptions};

/// A directory of this process that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("strata-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Directory(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a server on a directory while `work` talks to it.
fn with_server(dir: &Directory, work: impl FnOnce(&Running)) {
    work(&Running::start(&["--data-dir", dir.text(), "--memory", "64"]));
}

#[test]
fn a_backup_in_sql_is_a_store() {
    let (data, copy) = (Directory::new("data"), Directory::new("copy"));
    let backup =
        format!("SELECT table_bytes, kept_bytes, pages, journal_bytes FROM strata_backup('{}')", copy.text());
    with_server(&data, |server| {
        let mut client = server.connect();
        client.batch_execute("CREATE TABLE t (id int PRIMARY KEY, v text)").unwrap();
        let insert = "INSERT INTO t SELECT n, repeat('v', 100) FROM generate_series(1, 2000) n";
        client.batch_execute(insert).unwrap();
        let first = client.query_one(&backup, &[]).unwrap();
        assert!(first.get::<_, i64>(2) > 20, "two thousand rows take some pages");
        assert_eq!(first.get::<_, i64>(1), 0);
        // Another is working meanwhile, and the copy has its commits up to some point.
        let mut beside = server.connect();
        let writer = std::thread::spawn(move || {
            for number in 2001..2200 {
                beside.execute("INSERT INTO t VALUES ($1, 'later')", &[&number]).unwrap();
            }
        });
        let second = client.query_one(&backup, &[]).unwrap();
        assert!(second.get::<_, i64>(0) + second.get::<_, i64>(1) > 0, "tables that are copied or kept");
        writer.join().unwrap();
        assert!(client.query("SELECT * FROM strata_verify()", &[]).unwrap().is_empty());
        // A store is not overwritten by another's backup, and not by its own.
        let own = format!("SELECT * FROM strata_backup('{}')", data.text());
        assert!(client.query(&own, &[]).is_err());
    });
    let store =
        Store::open_read_only(&vfs::os::env(), Path::new(copy.text()), StoreOptions::default()).unwrap();
    assert!(store.verify().unwrap().is_sound());
    drop(store);
    with_server(&copy, |server| {
        let count: i64 = server.connect().query_one("SELECT count(*) FROM t", &[]).unwrap().get(0);
        assert!((2000..2200).contains(&count));
    });
}
