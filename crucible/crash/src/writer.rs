//! A client that commits pairs of rows until its server is gone, and remembers what it was promised.

use crate::server::connect;
use postgres::{Client, Error, SimpleQueryMessage};

/// Makes the table, the first time.
pub(crate) fn prepare(client: &mut Client) -> Result<(), Error> {
    client.batch_execute(
        "CREATE TABLE IF NOT EXISTS pair (number bigint, half int, PRIMARY KEY (number, half))",
    )
}

/// Commits numbers from `first` on. Returns those that were acknowledged.
pub(crate) fn write(port: u16, first: u64) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    let Ok(mut client) = connect(port) else { return acknowledged };
    for number in first.. {
        let halves = format!(
            "BEGIN; INSERT INTO pair VALUES ({number}, 1); INSERT INTO pair VALUES ({number}, 2); COMMIT"
        );
        if client.simple_query(&halves).is_err() {
            break;
        }
        acknowledged.push(number);
    }
    acknowledged
}

/// Every number that is there, and how many of its rows.
pub(crate) fn numbers(client: &mut Client) -> Result<Vec<(u64, u64)>, Box<dyn std::error::Error>> {
    let mut numbers = Vec::new();
    for message in client.simple_query("SELECT number, count(*) FROM pair GROUP BY number")? {
        if let SimpleQueryMessage::Row(row) = message {
            let field = |at| row.get(at).ok_or("a NULL where none can be");
            numbers.push((field(0)?.parse()?, field(1)?.parse()?));
        }
    }
    Ok(numbers)
}
