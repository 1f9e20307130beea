//! Log records become events.

use std::collections::HashMap;

use prost::Message as _;
use sha2::{Digest, Sha256};

use super::{
    Rules,
    attributes::{check, find_text, text_of},
    context::Contexts,
    derived, first_eight,
};
use crate::{
    otlp::messages::{AnyValue, KeyValue, LogRecord, LogsRequest, Value},
    records::{Batch, Event},
};

pub fn map(request: LogsRequest, rules: &Rules, batch: &mut Batch) {
    // How often each record occurred in this request: equal lines of a log are two events, not one that is repeated.
    let mut occurred: HashMap<i64, u64> = HashMap::new();
    for of_resource in request.resource_logs {
        for of_scope in of_resource.scope_logs {
            let mut contexts = Contexts::new(&of_resource.resource, &of_scope.scope, rules);
            for record in of_scope.log_records {
                match event(record, &mut contexts, rules, &mut occurred) {
                    Ok(event) => batch.events.push(event),
                    Err(reason) => batch.rejected.add(|| format!("an event was rejected: {reason}")),
                }
            }
        }
    }
}

fn event(
    record: LogRecord,
    contexts: &mut Contexts<'_>,
    rules: &Rules,
    occurred: &mut HashMap<i64, u64>,
) -> Result<Event, String> {
    check(&record.attributes, record.body.as_ref())?;
    let at = rules.time(&[record.time_unix_nano, record.observed_time_unix_nano])?;
    // What the sender says, so that a record without a time is recognized too.
    let said = LogRecord { observed_time_unix_nano: 0, ..record };
    let encoded = said.encode_to_vec();
    let mut attributes = said.attributes;
    let context = contexts.take(&mut attributes);
    let hash = Sha256::new().chain_update(context.print).chain_update(encoded).finalize();
    let count = occurred.entry(first_eight(&hash)).or_default();
    let print = match *count {
        0 => first_eight(&hash),
        count => first_eight(&Sha256::new().chain_update(hash).chain_update(count.to_le_bytes()).finalize()),
    };
    *count += 1;

    let mut name = find_text(&attributes, "event.name");
    let (counts, report) = (derived::counts(&name, &attributes), derived::report(&name, &attributes));
    if name.is_empty() {
        name = said.event_name;
    }
    attributes.extend(envelope(said.body, said.severity_text, said.trace_id, said.span_id, &name));
    Ok(Event { at, context, name, attributes, print, counts, report })
}

/// What a record says outside of its attributes. Claude Code's body repeats the name.
fn envelope(
    body: Option<AnyValue>,
    severity: String,
    trace: Vec<u8>,
    span: Vec<u8>,
    name: &str,
) -> impl Iterator<Item = KeyValue> {
    let body = body.filter(|body| {
        let text = body.value.as_ref().map(text_of).unwrap_or_default();
        !text.is_empty() && (name.is_empty() || text.strip_prefix("claude_code.") != Some(name))
    });
    let bytes = |bytes: Vec<u8>| (!bytes.is_empty()).then(|| Value::Bytes(bytes).into());
    let severity = (!severity.is_empty()).then(|| severity.into());
    let all =
        [("otlp.body", body), ("otlp.severity", severity), ("otlp.trace", bytes(trace)), ("otlp.span", bytes(span))];
    all.into_iter().filter_map(|(key, value)| Some(KeyValue { key: key.to_owned(), value: Some(value?) }))
}
