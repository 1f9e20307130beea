//! The tables, and the steps from one version of the file to the next.

use rusqlite::Connection;

/// The version that this program writes (`PRAGMA user_version`).
pub const VERSION: i64 = MIGRATIONS.len() as i64;
/// Marks the file as ours (`PRAGMA application_id`): "Clwk".
pub const APPLICATION_ID: i64 = 0x436c_776b;

/// Each step leads to the version after its place.
const MIGRATIONS: [&str; 1] = ["
    -- Names of attributes, and values of which there are few. Events refer to them by number.
    CREATE TABLE words (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

    CREATE TABLE owners (
        id INTEGER PRIMARY KEY,
        project TEXT NOT NULL,
        agent TEXT NOT NULL,
        simulated INTEGER NOT NULL,
        UNIQUE (project, agent, simulated)
    );

    -- Times are nanoseconds since 1970. `last_event` and `last_metric` are 0 if there is none.
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        owner INTEGER NOT NULL,
        name TEXT NOT NULL,
        first INTEGER NOT NULL,
        last_event INTEGER NOT NULL,
        last_metric INTEGER NOT NULL,
        UNIQUE (owner, name)
    );

    -- What the records of a session have in common.
    CREATE TABLE contexts (
        id INTEGER PRIMARY KEY,
        print BLOB NOT NULL UNIQUE,
        session INTEGER NOT NULL,
        service TEXT NOT NULL,
        version TEXT NOT NULL,
        attributes BLOB NOT NULL
    );

    -- A metric and its labels, as a list in JSON: the name, then label and value in turns.
    CREATE TABLE series (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        print INTEGER NOT NULL,
        owner INTEGER NOT NULL,
        context INTEGER NOT NULL,
        name INTEGER NOT NULL,
        attributes BLOB NOT NULL
    );
    -- Also recognizes events that are sent again.
    CREATE UNIQUE INDEX events_by_time ON events (time, print);
    CREATE INDEX events_by_owner ON events (owner, time);

    -- Sums by minute and hour (since 1970) for each session, and by day for each owner.
    CREATE TABLE minutes (
        bucket INTEGER NOT NULL, session INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (bucket, session, series)
    ) WITHOUT ROWID;
    CREATE TABLE hours (
        bucket INTEGER NOT NULL, session INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (bucket, session, series)
    ) WITHOUT ROWID;
    CREATE TABLE days (
        bucket INTEGER NOT NULL, owner INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (bucket, owner, series)
    ) WITHOUT ROWID;

    -- The last state of every gauge.
    CREATE TABLE gauges (
        session INTEGER NOT NULL, series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (session, series)
    ) WITHOUT ROWID;

    -- The last point of every cumulative counter. A process that starts again begins a counter with another start.
    CREATE TABLE counters (
        session INTEGER NOT NULL, series INTEGER NOT NULL, start INTEGER NOT NULL, time INTEGER NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (session, series, start)
    ) WITHOUT ROWID;

    -- Requests that were stored today and yesterday (by our clock), so that a request that is sent again is recognized.
    CREATE TABLE requests (
        day INTEGER NOT NULL, print INTEGER NOT NULL,
        PRIMARY KEY (day, print)
    ) WITHOUT ROWID;

    CREATE TABLE spans (
        trace BLOB NOT NULL,
        id BLOB NOT NULL,
        parent BLOB NOT NULL,
        time INTEGER NOT NULL,
        duration INTEGER NOT NULL,
        owner INTEGER NOT NULL,
        context INTEGER NOT NULL,
        name INTEGER NOT NULL,
        status INTEGER NOT NULL,
        attributes BLOB NOT NULL,
        PRIMARY KEY (trace, id)
    ) WITHOUT ROWID;
    CREATE INDEX spans_by_time ON spans (time);
"];

/// Brings a file of `version` up to `VERSION`, in one transaction.
///
/// # Errors
/// SQLite's.
pub fn migrate(connection: &mut Connection, version: i64) -> rusqlite::Result<()> {
    let done = usize::try_from(version).unwrap_or_default();
    if done >= MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for step in &MIGRATIONS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
