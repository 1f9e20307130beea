//! The telemetry variables of an agent's container: what it has, where from, and what it would be given today.

use leptos::prelude::*;
use monitor_core::agent_page::{FoundVariable, Origin};

use crate::components::{Icon, Tone};

/// The card's contents: those that differ, then, folded up, the others.
pub fn variables(found: &[FoundVariable]) -> AnyView {
    let of = |differs: bool| found.iter().filter(move |variable| variable.differs == differs);
    let (differing, others) = (of(true).count(), of(false).count());
    let same = (others > 0).then(|| {
        let words = match differing {
            0 => format!("All {others} are as they would be today"),
            _ => format!("The other {others} are as they would be today"),
        };
        view! {
            <details>
                <summary>{words}</summary>
                {table("Telemetry variables as they would be", of(false))}
            </details>
        }
    });
    let differ = (differing > 0).then(|| table("Telemetry variables that differ", of(true)));
    let none = found.is_empty().then(|| view! { <p class="empty-message">"It has none, and would be given none."</p> });
    view! { {differ} {same} {none} }.into_any()
}

fn table<'a>(label: &'static str, variables: impl Iterator<Item = &'a FoundVariable>) -> AnyView {
    view! {
        <div class="scroll-area" tabindex="0" role="region" aria-label=label>
            <table class="value-table" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Variable"</th>
                        <th role="columnheader" scope="col">"In the container"</th>
                        <th role="columnheader" scope="col">"A new one would have"</th>
                        <th role="columnheader" scope="col">"Comes from"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{variables.map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(variable: &FoundVariable) -> AnyView {
    let value = |value: &Option<String>, otherwise: &'static str| match value {
        Some(value) if value.is_empty() => view! { <span class="muted">"empty"</span> }.into_any(),
        Some(value) => view! { <code>{value.clone()}</code> }.into_any(),
        None => view! { <span class="muted">{otherwise}</span> }.into_any(),
    };
    let wanted = match variable.differs {
        true => value(&variable.wanted, "not set"),
        false => view! { <span class="muted">"the same"</span> }.into_any(),
    };
    let mark = variable.differs.then(|| {
        view! {
            <span class="status-icon" data-tone="warn"><Icon shape=Tone::Warn.shape() /></span>
            <span class="visually-hidden">"Differs: "</span>
        }
    });
    let origin = match (&variable.found, variable.origin) {
        (None, _) => "",
        (_, Origin::Image) => "its image",
        (_, Origin::Creation) => "its creation",
        (_, Origin::Unknown) => "not known",
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{mark} <code>{variable.name.clone()}</code></th>
            <td role="cell" data-label="Now">{value(&variable.found, "not set")}</td>
            <td role="cell" data-label="New">{wanted}</td>
            <td role="cell" data-label="From"><span class="muted">{origin}</span></td>
        </tr>
    }
    .into_any()
}
