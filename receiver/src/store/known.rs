//! What the writer knows by number: words, owners, sessions, contexts, series. Looked up in memory first; forgotten when a
//! transaction is rolled back, because its numbers were never given.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use monitor_core::telemetry::Owner;
use rusqlite::{Connection, OptionalExtension, Params};

use super::codec::{self, Words};
use crate::{
    Nanoseconds,
    records::{Context, Series},
};

/// The most words in the file. A sender may invent names for ever; beyond that, they are spelled out in each event.
const MAX_WORDS: usize = 50_000;
/// The most series, beyond which labels are dropped.
const MAX_SERIES: usize = 50_000;
/// The most series without labels, beyond which names of metrics are dropped too.
const MAX_SERIES_IN_ALL: usize = 55_000;
/// Of owners, sessions and contexts each, how many are kept in memory.
const MAX_IN_MEMORY: usize = 20_000;
/// The label of what was counted beyond `MAX_SERIES`, as in OpenTelemetry's SDKs.
const OVERFLOW: &str = "otel.metric.overflow";

/// A context as the writer refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextIds {
    pub context: i64,
    pub session: i64,
    pub owner: i64,
}

#[derive(Debug, Default)]
pub struct Known {
    words: Cache<String>,
    owners: Cache<(Owner, bool)>,
    sessions: Cache<(i64, String)>,
    contexts: HashMap<[u8; 16], ContextIds>,
    series: Cache<Series>,
}

#[derive(Debug)]
struct Cache<K> {
    ids: HashMap<K, i64>,
    /// Rows in the table; `None` before they were counted.
    rows: Option<usize>,
}

impl<K> Default for Cache<K> {
    fn default() -> Cache<K> {
        Cache { ids: HashMap::new(), rows: None }
    }
}

impl<K: Hash + Eq> Cache<K> {
    fn remember(&mut self, key: K, id: i64) {
        if self.ids.len() >= MAX_IN_MEMORY {
            self.ids.clear();
        }
        self.ids.insert(key, id);
    }

    fn rows(&mut self, connection: &Connection, table: &str) -> rusqlite::Result<&mut usize> {
        if self.rows.is_none() {
            let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0))?;
            self.rows = Some(usize::try_from(count).unwrap_or_default());
        }
        Ok(self.rows.get_or_insert(0))
    }
}

impl Known {
    /// The number of a word; `None` if there are too many.
    pub fn word(&mut self, connection: &Connection, word: &str) -> rusqlite::Result<Option<i64>> {
        if let Some(id) = self.words.ids.get(word) {
            return Ok(Some(*id));
        }
        let found = find(connection, "SELECT id FROM words WHERE text = ?", (word,))?;
        let id = match found {
            Some(id) => id,
            None => {
                let rows = self.words.rows(connection, "words")?;
                if *rows >= MAX_WORDS {
                    return Ok(None);
                }
                *rows += 1;
                insert(connection, "INSERT INTO words (text) VALUES (?)", (word,))?
            }
        };
        self.words.remember(word.to_owned(), id);
        Ok(Some(id))
    }

    /// The number of a metric with its labels.
    pub fn series(&mut self, connection: &Connection, series: &Series) -> rusqlite::Result<i64> {
        if let Some(id) = self.series.ids.get(series) {
            return Ok(*id);
        }
        let id = match self.find_or_add_series(connection, series, MAX_SERIES)? {
            Some(id) => id,
            None => {
                let bare = Series::new(series.metric.clone(), vec![(OVERFLOW.into(), "true".into())]);
                match self.find_or_add_series(connection, &bare, MAX_SERIES_IN_ALL)? {
                    Some(id) => id,
                    None => {
                        let nameless = Series::new(OVERFLOW, Vec::new());
                        self.find_or_add_series(connection, &nameless, usize::MAX)?.unwrap_or_default()
                    }
                }
            }
        };
        self.series.remember(series.clone(), id);
        Ok(id)
    }

    fn find_or_add_series(
        &mut self,
        connection: &Connection,
        series: &Series,
        most: usize,
    ) -> rusqlite::Result<Option<i64>> {
        let text = series_to_text(series);
        if let Some(id) = find(connection, "SELECT id FROM series WHERE text = ?", (&text,))? {
            return Ok(Some(id));
        }
        let rows = self.series.rows(connection, "series")?;
        if *rows >= most {
            return Ok(None);
        }
        *rows += 1;
        insert(connection, "INSERT INTO series (text) VALUES (?)", (&text,)).map(Some)
    }

    /// The numbers of a context, its session and its owner, all of which are added if they are new. `at` is the time of
    /// one of its records.
    pub fn context(
        &mut self,
        connection: &Connection,
        context: &Arc<Context>,
        at: Nanoseconds,
    ) -> rusqlite::Result<ContextIds> {
        if let Some(ids) = self.contexts.get(&context.print) {
            return Ok(*ids);
        }
        let owner = self.owner(connection, context)?;
        let session = self.session(connection, owner, &context.session, at)?;
        let id = match find(connection, "SELECT id FROM contexts WHERE print = ?", (context.print,))? {
            Some(id) => id,
            None => {
                let attributes = self.encode(connection, |words| codec::encode(&context.attributes, 0, words))?;
                insert(
                    connection,
                    "INSERT INTO contexts (print, session, service, version, attributes) VALUES (?, ?, ?, ?, ?)",
                    (context.print, session, &context.service, &context.version, attributes),
                )?
            }
        };
        let ids = ContextIds { context: id, session, owner };
        if self.contexts.len() >= MAX_IN_MEMORY {
            self.contexts.clear();
        }
        self.contexts.insert(context.print, ids);
        Ok(ids)
    }

    fn owner(&mut self, connection: &Connection, context: &Context) -> rusqlite::Result<i64> {
        let key = (context.owner.clone(), context.simulated);
        if let Some(id) = self.owners.ids.get(&key) {
            return Ok(*id);
        }
        let text = |tag: &Option<String>| tag.clone().unwrap_or_default();
        let row = (text(&key.0.project), text(&key.0.agent), key.1);
        let query = "SELECT id FROM owners WHERE project = ? AND agent = ? AND simulated = ?";
        let id = match find(connection, query, row.clone())? {
            Some(id) => id,
            None => insert(connection, "INSERT INTO owners (project, agent, simulated) VALUES (?, ?, ?)", row)?,
        };
        self.owners.remember(key, id);
        Ok(id)
    }

    fn session(&mut self, connection: &Connection, owner: i64, name: &str, at: i64) -> rusqlite::Result<i64> {
        let key = (owner, name.to_owned());
        if let Some(id) = self.sessions.ids.get(&key) {
            return Ok(*id);
        }
        let id = match find(connection, "SELECT id FROM sessions WHERE owner = ? AND name = ?", (owner, name))? {
            Some(id) => id,
            None => insert(
                connection,
                "INSERT INTO sessions (owner, name, first, last_event, last_metric) VALUES (?, ?, ?, 0, 0)",
                (owner, name, at),
            )?,
        };
        self.sessions.remember(key, id);
        Ok(id)
    }

    /// Encodes attributes with the words of this file.
    pub fn encode(
        &mut self,
        connection: &Connection,
        encode: impl FnOnce(&mut FileWords<'_>) -> Vec<u8>,
    ) -> rusqlite::Result<Vec<u8>> {
        let mut words = FileWords { known: self, connection, failure: None };
        let bytes = encode(&mut words);
        words.failure.map_or(Ok(bytes), Err)
    }
}

/// The words of the file, as the codec asks for them.
pub struct FileWords<'a> {
    known: &'a mut Known,
    connection: &'a Connection,
    failure: Option<rusqlite::Error>,
}

impl Words for FileWords<'_> {
    fn number(&mut self, word: &str) -> Option<u64> {
        match self.known.word(self.connection, word) {
            Ok(id) => id.and_then(|id| u64::try_from(id).ok()),
            Err(error) => {
                self.failure.get_or_insert(error);
                None
            }
        }
    }
}

/// A series as a list in JSON.
fn series_to_text(series: &Series) -> String {
    let labels = series.labels.iter().flat_map(|(key, value)| [key.as_ref(), value.as_str()]);
    let list: Vec<&str> = std::iter::once(series.metric.as_ref()).chain(labels).collect();
    serde_json::to_string(&list).unwrap_or_default()
}

/// The series that a text stands for; one without a name if the text is damaged.
pub fn series_from_text(text: &str) -> Series {
    let mut list = serde_json::from_str::<Vec<String>>(text).unwrap_or_default().into_iter();
    let metric = list.next().unwrap_or_default();
    let mut labels = Vec::new();
    while let (Some(key), Some(value)) = (list.next(), list.next()) {
        labels.push((key.into(), value));
    }
    Series::new(metric, labels)
}

fn find(connection: &Connection, query: &str, parameters: impl Params) -> rusqlite::Result<Option<i64>> {
    connection.prepare_cached(query)?.query_row(parameters, |row| row.get(0)).optional()
}

fn insert(connection: &Connection, statement: &str, parameters: impl Params) -> rusqlite::Result<i64> {
    connection.prepare_cached(statement)?.insert(parameters)
}
