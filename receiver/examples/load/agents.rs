//! Events and points like those of real agents: the ones that 2.1.330 sent, with other ids, times and sessions.

use monitor_receiver::{
    Nanoseconds,
    otlp::{
        Encoding, Request, Signal, decode,
        messages::{KeyValue, LogRecord, LogsRequest, Value},
        metrics::MetricsRequest,
    },
};
use prost::Message as _;

/// When the first event happens.
pub const START: Nanoseconds = 1_795_330_000_000_000_000;
const BODIES: [&str; 4] = [
    include_str!("../../../server/tests/fixtures/claude-code/2.1.330/004-v1-logs.json"),
    include_str!("../../../server/tests/fixtures/claude-code/2.1.330/006-v1-logs.json"),
    include_str!("../../../server/tests/fixtures/claude-code/2.1.330/007-v1-logs.json"),
    include_str!("../../../server/tests/fixtures/claude-code/2.1.330/008-v1-logs.json"),
];
const METRICS: &str = include_str!("../../../server/tests/fixtures/claude-code/2.1.330/005-v1-metrics.json");
/// Attributes that are different in each event.
const IDS: [&str; 5] = ["prompt.id", "message.uuid", "request_id", "tool_use_id", "client_request_id"];

/// A small generator of random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let text = format!("{high:016x}{low:016x}");
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
    }
}

/// One agent's way of sending.
pub struct Agent {
    template: LogsRequest,
    metrics: MetricsRequest,
    records: Vec<LogRecord>,
    random: Random,
    sequence: i64,
    name: String,
    session: String,
}

impl Agent {
    pub fn new(number: u64) -> Agent {
        let logs = |text: &str| match decode(Signal::Logs, Encoding::Json, text.as_bytes()) {
            Ok(Request::Logs(request)) => request,
            other => panic!("not a fixture: {other:?}"),
        };
        let Ok(Request::Metrics(metrics)) = decode(Signal::Metrics, Encoding::Json, METRICS.as_bytes()) else {
            panic!("not a fixture");
        };
        let records =
            BODIES.iter().flat_map(|text| logs(text).resource_logs.remove(0).scope_logs.remove(0).log_records);
        let mut random = Random(number);
        Agent {
            template: logs(BODIES[0]),
            metrics,
            records: records.collect(),
            session: random.uuid(),
            random,
            sequence: 0,
            name: format!("agent-{number}"),
        }
    }

    pub fn new_session(&mut self) {
        self.session = self.random.uuid();
        self.sequence = 0;
    }

    /// A request with that many events, the first of which is at this time.
    pub fn logs(&mut self, at: Nanoseconds, events: u64) -> LogsRequest {
        let mut request = self.template.clone();
        let of_resource = &mut request.resource_logs[0];
        if let Some(resource) = &mut of_resource.resource {
            self.own(&mut resource.attributes);
        }
        let records = (0..events).map(|number| self.event(at + number as i64 * 40_000_000));
        of_resource.scope_logs[0].log_records = records.collect();
        request
    }

    fn event(&mut self, at: Nanoseconds) -> LogRecord {
        self.sequence += 1;
        let place = self.random.next() as usize % self.records.len();
        let mut record = self.records[place].clone();
        record.time_unix_nano = at.unsigned_abs();
        record.observed_time_unix_nano = record.time_unix_nano;
        self.own(&mut record.attributes);
        let milliseconds = at / 1_000_000;
        let time = monitor_core::timestamp::Timestamp::from_unix_milliseconds(milliseconds).to_rfc3339();
        for attribute in &mut record.attributes {
            let key = attribute.key.as_str();
            let value: Value = match key {
                "event.sequence" => Value::Int(self.sequence),
                "event.timestamp" => Value::String(time.clone()),
                "tool_use_id" => Value::String(format!("toolu_{:024x}", u128::from(self.random.next()) << 20)),
                _ if IDS.contains(&key) => Value::String(self.random.uuid()),
                _ => continue,
            };
            attribute.value = Some(value.into());
        }
        record
    }

    /// A request with a point of every series, at this time.
    pub fn metrics(&mut self, at: Nanoseconds) -> MetricsRequest {
        let mut request = self.metrics.clone();
        let of_resource = &mut request.resource_metrics[0];
        if let Some(resource) = &mut of_resource.resource {
            self.own(&mut resource.attributes);
        }
        for sum in of_resource.scope_metrics[0].metrics.iter_mut().filter_map(|metric| metric.sum.as_mut()) {
            for point in &mut sum.data_points {
                self.own(&mut point.attributes);
                point.time_unix_nano = at.unsigned_abs();
            }
        }
        request
    }

    fn own(&self, attributes: &mut [KeyValue]) {
        for attribute in attributes {
            let text = match attribute.key.as_str() {
                "agent" => &self.name,
                "session.id" => &self.session,
                _ => continue,
            };
            attribute.value = Some(text.clone().into());
        }
    }
}

/// The body of a sender's request.
pub fn request(sender: u64, request: u64, events: u64) -> Vec<u8> {
    let mut agent = Agent::new(sender);
    agent.random = Random(sender << 32 | request);
    agent.sequence = (request * events) as i64;
    agent.logs(START + request as i64 * 10_000_000_000, events).encode_to_vec()
}

/// Bytes of keys and values, the values as text.
pub fn attribute_bytes(request: &LogsRequest) -> usize {
    let records = request.resource_logs.iter().flat_map(|of| &of.scope_logs).flat_map(|of| &of.log_records);
    let size = |attribute: &KeyValue| {
        let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
        attribute.key.len() + value.map_or(0, |value| monitor_receiver::mapping::text_of(value).len())
    };
    records.flat_map(|record| &record.attributes).map(size).sum()
}
