//! An error on the screen: what happened, the evidence, the next step.

use leptos::prelude::*;
use monitor_core::{error::StackError, problem::Problem};

use super::{Icon, Prose, Tone};
use crate::{api::ApiError, words};

/// An error.
#[component]
pub fn ErrorNote(
    /// What failed, as a heading.
    title: String,
    /// The error.
    error: ApiError,
    /// Buttons and links that help.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let hint = words::sentence(&error.hint());
    let log = error.log().join("\n");
    let problems = match &error {
        ApiError::Stack(StackError::SettingsInvalid { problems } | StackError::ChangeRefused { problems }) => {
            problems.clone()
        }
        _ => Vec::new(),
    };
    let what = problems.is_empty().then(|| words::sentence(&error.to_string()));
    view! {
        <section class="note" data-tone="bad">
            <h2>
                <Icon shape=Tone::Bad.shape() />
                {title}
            </h2>
            {what.map(|text| view! { <p><Prose text /></p> })}
            {(!problems.is_empty()).then(|| view! { <Problems problems /> })}
            <p class="hint">
                <b>"Next: "</b>
                <Prose text=hint />
            </p>
            {(!log.is_empty()).then(|| view! {
                <figure>
                    <figcaption>"Last log lines"</figcaption>
                    <pre tabindex="0">{log}</pre>
                </figure>
            })}
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </section>
    }
}

#[component]
fn Problems(problems: Vec<Problem>) -> impl IntoView {
    let rows = problems
        .into_iter()
        .map(|problem| {
            let place = match (problem.file, problem.line) {
                (Some(file), Some(line)) => format!("{file}:{line}"),
                (Some(file), None) => file,
                (None, Some(line)) => format!("line {line}"),
                (None, None) => String::new(),
            };
            let what = words::sentence(&problem.message);
            // A problem with the whole file has no field.
            let field = (!problem.field.is_empty()).then(|| view! { <code>{problem.field}</code> ": " });
            view! {
                <li>
                    {field}
                    <Prose text=what />
                    " "
                    <span class="muted">{place}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="problems">{rows}</ul> }
}
