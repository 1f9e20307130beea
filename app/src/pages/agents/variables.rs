//! The telemetry variables of an agent's container: their values, where they come from, and the expected values.

use leptos::prelude::*;
use monitor_core::agent_page::{FoundVariable, Origin};

use crate::components::{Icon, Tone};

/// The variables that differ, then, folded, the others.
pub fn variables(found: &[FoundVariable]) -> AnyView {
    let of = |differs: bool| found.iter().filter(move |variable| variable.differs == differs);
    let (differing, others) = (of(true).count(), of(false).count());
    let same = (others > 0).then(|| {
        let words = match differing {
            0 => format!("All {others} are up to date"),
            _ => format!("The other {others} are up to date"),
        };
        view! {
            <details>
                <summary>{words}</summary>
                {table("Telemetry variables that are up to date", of(false))}
            </details>
        }
    });
    let differ = (differing > 0).then(|| table("Telemetry variables that differ", of(true)));
    let none =
        found.is_empty().then(|| view! { <p class="empty-message">"No telemetry variables are set or expected."</p> });
    view! { {differ} {same} {none} }.into_any()
}

fn table<'a>(label: &'static str, variables: impl Iterator<Item = &'a FoundVariable>) -> AnyView {
    view! {
        <div class="scroll-area" tabindex="0" role="region" aria-label=label>
            <table class="value-table" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Variable"</th>
                        <th role="columnheader" scope="col">"Current value"</th>
                        <th role="columnheader" scope="col">"Expected value"</th>
                        <th role="columnheader" scope="col">"Source"</th>
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
    let wanted = if variable.differs {
        value(&variable.wanted, "not set")
    } else {
        view! { <span class="muted">"same"</span> }.into_any()
    };
    let mark = variable.differs.then(|| {
        view! {
            <span class="status-icon" data-tone="warn"><Icon shape=Tone::Warn.shape() /></span>
            <span class="visually-hidden">"Differs: "</span>
        }
    });
    let origin = match (&variable.found, &variable.origin) {
        (None, _) => "",
        (_, Origin::Image) => "image",
        (_, Origin::Creation) => "container's variables",
        (_, Origin::File(path)) => path,
        (_, Origin::Unknown) => "unknown",
    }
    .to_owned();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{mark} <code>{variable.name.clone()}</code></th>
            <td role="cell" data-label="Current">{value(&variable.found, "not set")}</td>
            <td role="cell" data-label="Expected">{wanted}</td>
            <td role="cell" data-label="Source"><span class="muted">{origin}</span></td>
        </tr>
    }
    .into_any()
}
