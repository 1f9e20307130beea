//! How large a day of 200 agents is: 400,000 events, and metrics every 10 s while they work.

use std::{sync::Arc, time::Instant};

use monitor_receiver::{
    mapping,
    otlp::Request,
    store::{Reader, Store, Window},
};
use prost::Message as _;

use crate::{
    OPTIONS,
    agents::{Agent, START, attribute_bytes},
};

const AGENTS: u64 = 200;
/// Requests with events of one agent in a day, over 8 hours of work in 4 sessions.
const REQUESTS: u64 = 400;
const EVENTS: u64 = 5;
const WORK_SECONDS: u64 = 8 * 3600;

pub async fn measure() {
    let folder = std::env::temp_dir().join("receiver-size");
    std::fs::remove_dir_all(&folder).ok();
    let file = folder.join("telemetry.db");
    let store = Arc::new(Store::open(&file, OPTIONS).expect("the file can be opened"));
    let mut agents: Vec<Agent> = (0..AGENTS).map(Agent::new).collect();
    let (mut bytes, mut points) = (0, 0);
    let begun = Instant::now();
    for step in 0..WORK_SECONDS / 10 {
        let mut waiting = Vec::new();
        for (number, agent) in agents.iter_mut().enumerate() {
            let at = START + (step * 10) as i64 * 1_000_000_000 + number as i64 * 7_000_000;
            if step > 0 && step % (WORK_SECONDS / 40) == 0 {
                agent.new_session();
            }
            let mut requests = Vec::new();
            let per_request = WORK_SECONDS / 10 / REQUESTS;
            if step % per_request == number as u64 % per_request {
                let logs = agent.logs(at, EVENTS);
                bytes += attribute_bytes(&logs);
                requests.push((logs.encode_to_vec(), Request::Logs(logs)));
            }
            // Every second minute, on the whole, an agent waits for somebody.
            if (step / 6 + number as u64).is_multiple_of(2) {
                let metrics = agent.metrics(at);
                points += 1;
                requests.push((metrics.encode_to_vec(), Request::Metrics(metrics)));
            }
            for (body, request) in requests {
                let batch = mapping::map(request, &body, &store.rules());
                let store = store.clone();
                waiting.push(tokio::spawn(async move { store.append(batch).await.expect("it is stored") }));
            }
        }
        for task in waiting {
            task.await.expect("it ends");
        }
    }
    drop(store);
    let reader = Reader::open(&file).expect("a reader");
    let events = reader.count_events().expect("a number");
    let size = std::fs::metadata(&file).expect("a file").len();
    println!("{events} events of {} bytes of attributes, {points} requests with metrics", bytes as u64 / events);
    println!("{:.1} MB, {} bytes for each event, stored in {:.1?}", size as f64 / 1e6, size / events, begun.elapsed());
    let connection = rusqlite::Connection::open(&file).expect("it can be opened");
    let mut query = connection
        .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8")
        .expect("SQLite has dbstat");
    let rows =
        query.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).expect("it can be read");
    for row in rows {
        let (name, size) = row.expect("it can be read");
        println!("  {name}: {:.1} MB", size as f64 / 1e6);
    }
    let begun = Instant::now();
    let totals = reader.totals(Window::ALL).expect("it can be read").len();
    println!("{totals} totals in {:.1?}", begun.elapsed());
    std::fs::remove_dir_all(&folder).ok();
}
