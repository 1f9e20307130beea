//! A sentence with `literals` in backticks.

use leptos::prelude::*;
use monitor_core::timestamp::{TextPart, split_at_times};

use super::LocalTime;

/// Renders the literals as code and the web addresses as links.
#[component]
pub fn Prose(
    /// The sentence.
    text: String,
) -> impl IntoView {
    view! { <>{with_literals(&text)}</> }
}

/// The same, with times in RFC 3339 in the time zone of the browser.
#[component]
pub fn Evidence(
    /// The sentence.
    text: String,
    /// Whether the page is interactive.
    hydrated: Memo<bool>,
) -> impl IntoView {
    let pieces: Vec<AnyView> = split_at_times(&text)
        .into_iter()
        .flat_map(|part| match part {
            TextPart::Text(text) => with_literals(text),
            TextPart::Time(at) => vec![view! { <LocalTime at hydrated /> }.into_any()],
        })
        .collect();
    view! { <>{pieces}</> }
}

fn with_literals(text: &str) -> Vec<AnyView> {
    let pieces = text.split('`').enumerate().map(|(index, piece)| match index % 2 {
        0 => linked(piece).into_any(),
        _ => view! { <code>{piece.to_owned()}</code> }.into_any(),
    });
    pieces.collect()
}

/// Renders the first web address as a link.
fn linked(piece: &str) -> impl IntoView + use<> {
    let start = piece.find("https://").unwrap_or(piece.len());
    let (before, rest) = piece.split_at(start);
    let end = rest.find([')', ' ', ',']).unwrap_or(rest.len());
    let (address, after) = rest.split_at(end);
    let link = non_empty(address).map(|address| view! { <a href=address.clone()>{address.clone()}</a> });
    (non_empty(before), link, non_empty(after))
}

/// Leptos renders an empty text as a space so that hydration finds it; here the space would be visible.
fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
