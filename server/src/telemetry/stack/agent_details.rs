//! The details of one sender: sessions and connections.

use monitor_core::telemetry::{
    Egress, Range, Sender, Session,
    stores::{
        agent_details::{self, SessionAnswers},
        egress::{self, EgressAnswers},
        queries::{self, SessionQueries},
    },
};

use super::{
    NoAnswer,
    requests::{query_loki, query_prometheus},
    store::{Priority, Store},
};
use crate::clock::now;

/// The sender's sessions, newest first.
///
/// # Errors
/// Why there is no answer.
pub async fn sessions(prometheus: &Store, sender: &Sender, range: Range) -> Result<Vec<Session>, NoAnswer> {
    let at = now();
    let ask = |query: String| query_prometheus(prometheus, query, at, Priority::Slow);
    let SessionQueries { last_seen, counts, cost, output_tokens } = SessionQueries::new(sender, range);
    let (last_seen, counts, cost, output_tokens) =
        futures::join!(ask(last_seen), ask(counts), ask(cost), ask(output_tokens));
    let of = SessionAnswers { last_seen: last_seen?, counts: counts?, cost: cost?, output_tokens: output_tokens? };
    Ok(agent_details::sessions(&of))
}

/// The targets of connections from `known` addresses and from those that the firewall assigns to the sender. Simulated agents
/// connect to nothing.
///
/// # Errors
/// Why there is no answer.
pub async fn egress(loki: &Store, sender: &Sender, known: &[String], range: Range) -> Result<Egress, NoAnswer> {
    if sender.simulated {
        return Ok(Egress::default());
    }
    let at = now();
    let ask = |query: String| query_loki(loki, query, at, Priority::Slow);
    let mut addresses = egress::addresses(&sender.owner, &ask(queries::egress::address_map()).await?);
    addresses.extend(known.iter().filter(|address| !address.is_empty()).cloned());
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() {
        return Ok(Egress::default());
    }
    let (allowed, denied, unresolved) = futures::join!(
        ask(queries::egress::allowed(&addresses, range)),
        ask(queries::egress::denied(&addresses, range)),
        ask(queries::egress::unresolved(&addresses, range)),
    );
    let answers = EgressAnswers { allowed: allowed?, denied: denied?, unresolved: unresolved? };
    Ok(egress::egress(addresses, &answers))
}
