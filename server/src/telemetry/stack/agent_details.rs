//! The details of one owner: sessions and connections.

use futures::future::join;
use monitor_core::telemetry::{
    Egress, Owner, Range, Session,
    stores::{
        agent_details::{self, SessionAnswers},
        queries::{self, SessionQueries},
    },
};

use super::{
    NoAnswer,
    requests::{query_loki, query_prometheus},
    store::{Priority, Store},
};
use crate::clock::now;

/// The owner's sessions, newest first.
///
/// # Errors
/// Why there is no answer.
pub async fn sessions(prometheus: &Store, owner: &Owner, range: Range) -> Result<Vec<Session>, NoAnswer> {
    let at = now();
    let ask = |query: String| query_prometheus(prometheus, query, at, Priority::Slow);
    let SessionQueries { last_seen, counts, cost, output_tokens } = SessionQueries::new(owner, range);
    let (last_seen, counts, cost, output_tokens) =
        futures::join!(ask(last_seen), ask(counts), ask(cost), ask(output_tokens));
    let of = SessionAnswers { last_seen: last_seen?, counts: counts?, cost: cost?, output_tokens: output_tokens? };
    Ok(agent_details::sessions(&of))
}

/// The targets of connections from `known` addresses and from those that the firewall assigns to the owner.
///
/// # Errors
/// Why there is no answer.
pub async fn egress(loki: &Store, owner: &Owner, known: &[String], range: Range) -> Result<Egress, NoAnswer> {
    let at = now();
    let ask = |query: String| query_loki(loki, query, at, Priority::Slow);
    let mut addresses = agent_details::addresses(owner, &ask(queries::address_map()).await?);
    addresses.extend(known.iter().filter(|address| !address.is_empty()).cloned());
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() {
        return Ok(Egress::default());
    }
    let (connections, unresolved) =
        join(ask(queries::connections(&addresses, range)), ask(queries::unresolved(&addresses, range))).await;
    Ok(agent_details::egress(addresses, &connections?, &unresolved?))
}
