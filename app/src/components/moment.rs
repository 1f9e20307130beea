//! A moment: relative where people read, exact where they point.

use leptos::prelude::*;
use monitor_core::timestamp::Timestamp;

use crate::{reactive::Derived, words};

/// `14 s ago`, exact on hover.
#[component]
pub fn Ago(
    /// The moment.
    then: Timestamp,
    /// The server's clock.
    now: Derived<Timestamp>,
) -> impl IntoView {
    view! { <Moment at=then>{move || words::ago(then, now.get())}</Moment> }
}

/// Any words for a moment, exact on hover.
#[component]
pub fn Moment(
    /// The moment.
    at: Timestamp,
    /// The words.
    children: Children,
) -> AnyView {
    let exact = at.to_rfc3339();
    view! {
        <time datetime=exact.clone() title=exact>
            {children()}
        </time>
    }
    .into_any()
}
