//! The connections of an agent that the firewall recorded.

use leptos::prelude::*;
use monitor_core::telemetry::{Destination, Egress, Range, Target};

use crate::words;

/// The table, or a line that says why there is none. `missing`: the store does not answer.
pub fn egress(found: &Egress, missing: bool, range: Range) -> AnyView {
    if found.destinations.is_empty() {
        let words = if missing {
            "Unavailable.".to_owned()
        } else if found.addresses.is_empty() {
            "Its IP is unknown, so its connections can't be identified.".to_owned()
        } else {
            format!("No connections recorded in the {}.", range.label())
        };
        return view! { <p class="empty-message">{words}</p> }.into_any();
    }
    let nameless = found.destinations.iter().any(|destination| matches!(destination.target, Target::Unknown(_)));
    view! {
        <table role="table" aria-labelledby="egress">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Domain"</th>
                    <th role="columnheader" scope="col" class="number">"Allowed"</th>
                    <th role="columnheader" scope="col" class="number">"Denied"</th>
                    <th role="columnheader" scope="col" class="number">"Not resolved"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{found.destinations.iter().map(row).collect_view()}</tbody>
        </table>
        {nameless.then(|| view! {
            <p class="muted">
                "Unknown: the connection had no host name, as with SSH or an IP address. The firewall doesn't record where it went."
            </p>
        })}
    }
    .into_any()
}

fn row(destination: &Destination) -> AnyView {
    let count = |count: u64| match count {
        0 => view! { <span class="no-value">"–"</span> }.into_any(),
        count => view! { <span title=words::exact(count)>{words::compact(count)}</span> }.into_any(),
    };
    let target = destination.target.to_string();
    let stopped = |count: u64| (count > 0).to_string();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><code>{target}</code></th>
            <td role="cell" class="number" data-label="Allowed">{count(destination.allowed)}</td>
            <td role="cell" class="number" data-label="Denied" data-failing=stopped(destination.denied)>{count(destination.denied)}</td>
            <td role="cell" class="number" data-label="Not resolved" data-failing=stopped(destination.unresolved)>
                {count(destination.unresolved)}
            </td>
        </tr>
    }
    .into_any()
}
