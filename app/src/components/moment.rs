//! A time: relative on the screen, exact on hover.

use leptos::prelude::*;
use monitor_core::timestamp::Timestamp;

use crate::words;

/// `14 s ago`; the exact time on hover.
#[component]
pub fn Ago(
    /// The time.
    then: Timestamp,
    /// The current time of the server.
    now: Memo<Timestamp>,
) -> impl IntoView {
    view! { <Moment at=then>{move || words::ago(then, now.get())}</Moment> }
}

/// A time in any words; the exact time on hover.
#[component]
pub fn Moment(
    /// The time.
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
