//! A number as pages show it: short on the screen, exact on hover and focus, with a link to the panel it comes from.

use leptos::prelude::*;
use monitor_core::{
    links::Link,
    telemetry::{Missing, OwnerNumbers, Range, Tokens},
};

use crate::{
    components::{Icon, Shape},
    words,
};

/// A number in words. `shown` is `None` where the number is unknown; `exact` then says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// `1.6 M`.
    pub shown: Option<String>,
    /// `1,660,000 tokens`, or why the number is unknown.
    pub exact: String,
}

impl Figure {
    fn known(shown: String, exact: String) -> Figure {
        Figure { shown: Some(shown), exact }
    }

    /// Millionths of a dollar.
    pub fn cost(micro_usd: Option<u64>, unknown: impl FnOnce() -> String) -> Figure {
        match micro_usd {
            Some(cost) => {
                Figure::known(words::dollars(cost), format!("{} estimated by Claude Code", words::dollars_exact(cost)))
            }
            None => Figure { shown: None, exact: unknown() },
        }
    }

    /// Tokens of every type.
    pub fn tokens(tokens: Option<Tokens>, unknown: impl FnOnce() -> String) -> Figure {
        match tokens {
            Some(tokens) => Figure::known(
                words::compact(tokens.sum()),
                format!(
                    "{} tokens: {} input, {} output, {} cache reads, {} cache writes",
                    words::exact(tokens.sum()),
                    words::exact(tokens.input),
                    words::exact(tokens.output),
                    words::exact(tokens.cache_read),
                    words::exact(tokens.cache_creation),
                ),
            ),
            None => Figure { shown: None, exact: unknown() },
        }
    }

    /// A count of something.
    pub fn count(count: Option<u64>, what: &str, unknown: impl FnOnce() -> String) -> Figure {
        match count {
            Some(count) => Figure::known(words::compact(count), format!("{} {what}", words::exact(count))),
            None => Figure { shown: None, exact: unknown() },
        }
    }

    /// The share of tool calls that failed.
    pub fn failed(failures: Option<u64>, calls: Option<u64>, unknown: impl FnOnce() -> String) -> Figure {
        match failures.zip(calls) {
            Some((failures, calls)) => {
                let exact = format!("{} of {} tool calls failed", words::exact(failures), words::exact(calls));
                match words::percent(failures, calls) {
                    Some(shown) => Figure::known(shown, exact),
                    None => Figure { shown: None, exact: "No tool calls".into() },
                }
            }
            None => Figure { shown: None, exact: unknown() },
        }
    }
}

/// Says why a number is unknown.
pub fn explain_unknown(numbers: Option<&OwnerNumbers>, missing: &[Missing], range: Range, what: &str) -> String {
    let lacking = missing.iter().find(|missing| missing.lacks.contains(what)).or_else(|| missing.first());
    match lacking {
        Some(missing) => format!("Unavailable: {}.", strip_backticks(&missing.error)),
        None if numbers.is_none() => format!("No data in the {}.", range.label()),
        None => "Unknown".into(),
    }
}

/// Removes the backticks, for texts without markup.
pub fn strip_backticks(sentence: &str) -> String {
    sentence.replace('`', "")
}

/// The number, with a link to the panel it comes from.
pub fn figure(figure: Figure, link: Link) -> AnyView {
    let Figure { shown, exact } = figure;
    let Some(shown) = shown else { return dash(exact) };
    let why = link.why.as_deref().map(strip_backticks);
    let described = match &why {
        Some(why) => format!("{exact}. {why}"),
        None => exact.clone(),
    };
    match link.href {
        Some(href) => view! {
            <a
                class="metric"
                href=href
                target="_blank"
                rel="noreferrer"
                title=described.clone()
                aria-description=why.is_some().then_some(described)
                data-exact=exact
                data-empty=why.is_some().to_string()
            >
                {shown}
            </a>
        }
        .into_any(),
        // Without a link it still has the exact number on focus.
        None => {
            let said = format!(" ({exact})");
            view! {
                <span class="metric" tabindex="0" title=described data-exact=exact>
                    {shown}
                    <span class="visually-hidden">{said}</span>
                </span>
            }
            .into_any()
        }
    }
}

/// A dash in place of an unknown value.
pub fn dash(why: String) -> AnyView {
    let said = why.clone();
    view! {
        <span class="no-value" title=why>
            <span aria-hidden="true">"–"</span>
            <span class="visually-hidden">{said}</span>
        </span>
    }
    .into_any()
}

/// A link to a service's own page. Says so where that page will be empty or incomplete; plain text where there is no page.
pub fn external_link(link: Link, words: &str, name: String) -> AnyView {
    let why = link.why.as_deref().map(strip_backticks);
    let mark = why.is_some().then(|| view! { <Icon shape=Shape::Ring /> });
    match link.href {
        Some(href) => view! {
            <a
                class="external-link"
                href=href
                target="_blank"
                rel="noreferrer"
                title=why.clone()
                aria-description=why.clone()
                aria-label=(!name.is_empty()).then_some(name)
                data-empty=why.is_some().to_string()
            >
                {words.to_owned()}
                {mark}
                <Icon shape=Shape::Out />
            </a>
        }
        .into_any(),
        None => {
            let why = why.unwrap_or_default();
            let said = format!(" ({why})");
            view! {
                <span class="external-link" data-empty="true" title=why>
                    {words.to_owned()}
                    {mark}
                    <span class="visually-hidden">{said}</span>
                </span>
            }
            .into_any()
        }
    }
}
