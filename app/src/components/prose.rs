//! A sentence whose `literals` are set as code.

use leptos::prelude::*;

/// Splits at backticks: every second piece is a literal. Addresses become links.
#[component]
pub fn Prose(
    /// The sentence.
    text: String,
) -> impl IntoView {
    let pieces: Vec<AnyView> = text
        .split('`')
        .enumerate()
        .map(|(index, piece)| match index % 2 {
            0 => linked(piece).into_any(),
            _ => view! { <code>{piece.to_owned()}</code> }.into_any(),
        })
        .collect();
    view! { <>{pieces}</> }
}

/// Makes the first web address of a plain piece a link.
fn linked(piece: &str) -> impl IntoView + use<> {
    let start = piece.find("https://").unwrap_or(piece.len());
    let (before, rest) = piece.split_at(start);
    let end = rest.find([')', ' ', ',']).unwrap_or(rest.len());
    let (address, after) = rest.split_at(end);
    let link = present(address).map(|address| view! { <a href=address.clone()>{address.clone()}</a> });
    (present(before), link, present(after))
}

/// An empty text is rendered as a space, so that hydration finds it; here it would be seen.
fn present(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
