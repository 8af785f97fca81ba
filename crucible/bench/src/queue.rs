//! A queue in a table: each worker takes the first job that nobody has (`FOR UPDATE SKIP LOCKED`), and finishes it.
//!
//! Two things are looked at: how many jobs a second, and that every job was handed out once. The workers leave a
//! growing number of finished jobs, or of what was deleted, before those that are to be done.

use crate::peer::Peer;
use postgres::{Client, NoTls};
use std::error::Error;
use std::path::Path;

/// Workers.
const CLIENTS: &str = "16";
/// Jobs in the queue, more than anybody finishes in the time.
const JOBS: i64 = 200_000;

/// A way to keep a queue.
pub(crate) struct Variant {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What is made beside the table.
    index: &'static str,
    /// What a worker does, for pgbench.
    script: &'static str,
}

/// All of them.
pub(crate) const VARIANTS: &[Variant] = &[
    Variant {
        name: "queue, deleted",
        index: "",
        script: "begin;
select id from jobs order by id for update skip locked limit 1 \\gset
delete from jobs where id = :id;
end;
",
    },
    Variant {
        name: "queue, updated, partial index",
        index: "create index on jobs (id) where state = 'ready'",
        script: UPDATE,
    },
    Variant { name: "queue, updated, index", index: "create index on jobs (state, id)", script: UPDATE },
];

const UPDATE: &str = "begin;
select id from jobs where state = 'ready' order by id for update skip locked limit 1 \\gset
update jobs set state = 'done' where id = :id and state = 'ready';
end;
";

impl Variant {
    /// Jobs a second.
    ///
    /// # Errors
    /// If a job was handed out twice, or not at all.
    pub(crate) fn run(
        &self,
        pgbench: &Path,
        peer: &Peer,
        dir: &Path,
        seconds: u32,
    ) -> Result<f64, Box<dyn Error>> {
        let address = format!("host=127.0.0.1 port={} user=postgres dbname=postgres", peer.port());
        let mut client = Client::connect(&address, NoTls)?;
        client.batch_execute(&format!(
            "drop table if exists jobs;
             create table jobs (id bigint primary key, state text not null, payload text not null);
             insert into jobs select n, 'ready', repeat('x', 100) from generate_series(1, {JOBS}) as n;
             {}",
            self.index
        ))?;
        client.batch_execute("vacuum analyze jobs")?;
        let script = dir.join("queue.sql");
        std::fs::write(&script, self.script)?;
        let script = format!("{}", script.display());
        let seconds = seconds.to_string();
        let flags = ["-n", "-M", "prepared", "-f", &script, "-c", CLIENTS, "-j", "2", "-T", &seconds];
        let said = crate::pgbench_says(pgbench, peer, &flags)?;
        let finished = transactions(&said)?;
        let left: i64 = client.query_one("select count(*) from jobs where state = 'ready'", &[])?.get(0);
        if finished + left != JOBS {
            let name = peer.name();
            return Err(
                format!("{name} has {left} of {JOBS} jobs left after {finished} were handed out").into()
            );
        }
        crate::rate(&said)
    }
}

/// How many transactions pgbench says that there were.
fn transactions(text: &str) -> Result<i64, Box<dyn Error>> {
    let label = "number of transactions actually processed: ";
    let said =
        text.lines().find_map(|line| line.strip_prefix(label)).ok_or("pgbench tells no transactions")?;
    Ok(said.split('/').next().unwrap_or_default().trim().parse()?)
}
