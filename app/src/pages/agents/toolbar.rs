//! The search and the filters: a form that also works without JavaScript, and that acts at once where it is available.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use monitor_core::{agents::Verdict, telemetry::Range};

use super::{
    list_context::ListContext,
    query::{NO_CONTAINER, NO_PROJECT, Query, Simulated},
};
use crate::{components::show_if, sort::sorted_indices, words};

/// The form.
#[component]
pub fn Toolbar(list: ListContext) -> impl IntoView {
    let navigate = use_navigate();
    let query = list.query;
    // The query is in the address. Typing replaces the history entry instead of adding one for each letter.
    let change = StoredValue::new(move |change: &dyn Fn(&mut Query)| {
        let mut asked = query.get_untracked();
        change(&mut asked);
        navigate(&asked.address(), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    });
    let changed = move |how: &dyn Fn(&mut Query)| change.with_value(|change| change(how));
    let first = query.get_untracked();
    let projects = Memo::new(move |_| {
        let asked = query.with(|query| query.project.clone());
        list.rows.with(|rows| {
            // The selected project is a choice even if no row has it.
            let asked = Some(asked.as_str()).filter(|asked| !asked.is_empty());
            let all = rows.all().iter().map(|row| row.project().unwrap_or(NO_PROJECT));
            let all: Vec<&str> = all.chain(asked).collect();
            let ordered = sorted_indices(all.len(), &|one, other| all[one].cmp(all[other]));
            let mut projects: Vec<String> = ordered.into_iter().map(|place| all[place].to_owned()).collect();
            projects.dedup();
            projects
        })
    });
    let simulated = Memo::new(move |_| list.rows.with(|rows| rows.all().iter().any(|row| row.simulated())));
    let plain = Memo::new(move |_| !list.signals.hydrated.get());
    let counted = move || {
        let (shown, all) = (list.shown.with(Vec::len), list.rows.with(|rows| rows.all().len()));
        if shown == all {
            words::plural(all, "row", "rows")
        } else {
            format!("{shown} of {}", words::plural(all, "row", "rows"))
        }
    };
    view! {
        <form class="card-head toolbar" method="get" action="/agents" role="search" on:submit=move |event| {
            if list.signals.hydrated.get_untracked() {
                event.prevent_default();
            }
        }>
            <input
                type="search"
                name="q"
                aria-label="Search agents"
                placeholder="Search"
                autocomplete="off"
                value=first.text.clone()
                prop:value=move || query.with(|query| query.text.clone())
                on:input:target=move |event| changed(&|query| query.text = event.target().value())
            />
            <select
                name="project"
                aria-label="Project"
                prop:value=move || query.with(|query| query.project.clone())
                on:change:target=move |event| changed(&|query| query.project = event.target().value())
            >
                {move || {
                    let asked = query.with_untracked(|query| query.project.clone());
                    let mut choices = vec![choice("", "All projects", &asked)];
                    choices.extend(projects.get().iter().map(|project| match project.as_str() {
                        NO_PROJECT => choice(NO_PROJECT, "No project", &asked),
                        project => choice(project, project, &asked),
                    }));
                    choices.into_any()
                }}
            </select>
            <select
                name="verdict"
                aria-label="Telemetry status"
                prop:value=move || query.with(|query| query.verdict.clone())
                on:change:target=move |event| changed(&|query| query.verdict = event.target().value())
            >
                {choice("", "Any status", &first.verdict)}
                {Verdict::ALL
                    .into_iter()
                    .map(|verdict| choice(verdict.name(), verdict.title(), &first.verdict))
                    .collect_view()}
                {choice(NO_CONTAINER, "No container", &first.verdict)}
            </select>
            <select
                name="range"
                aria-label="Time range"
                prop:value=move || query.with(|query| query.range.name().to_owned())
                on:change:target=move |event| {
                    changed(&|query| query.range = Range::from_name(&event.target().value()).unwrap_or_default());
                }
            >
                {Range::ALL
                    .into_iter()
                    .map(|range| choice(range.name(), &range_title(range), first.range.name()))
                    .collect_view()}
            </select>
            {show_if(simulated, move || {
                let asked = query.with_untracked(|query| query.simulated.name());
                view! {
                    <select
                        name="simulated"
                        aria-label="Simulated data"
                        on:change:target=move |event| {
                            changed(&|query| query.simulated = Simulated::from_name(&event.target().value()));
                        }
                    >
                        {Simulated::ALL.into_iter().map(|(_, name, words)| choice(name, words, asked)).collect_view()}
                    </select>
                }.into_any()
            })}
            {(first.sort != Query::default().sort || first.reversed).then(|| view! {
                <input type="hidden" name="sort" value=first.sort.name() />
                <input type="hidden" name="order" value=first.order() />
            })}
            {show_if(plain, || view! { <button type="submit" class="button" data-rank="quiet">"Show"</button> })}
            <p class="muted" role="status">{move || counted()}</p>
        </form>
    }
}

/// `Last 24 hours`.
pub fn range_title(range: Range) -> String {
    let mut words = range.label().to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn choice(value: &str, words: &str, asked: &str) -> AnyView {
    view! {
        <option value=value.to_owned() selected=value == asked>
            {words.to_owned()}
        </option>
    }
    .into_any()
}
