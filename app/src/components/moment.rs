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

/// `2026-11-22 08:12:56 UTC+1`, in the time zone of the browser; in UTC until the page is interactive.
#[component]
pub fn LocalTime(
    /// The time.
    at: Timestamp,
    /// Whether the page is interactive.
    hydrated: Memo<bool>,
) -> impl IntoView {
    view! { <Moment at>{move || at.to_words(if hydrated.get() { local_offset(at) } else { 0 })}</Moment> }
}

/// The offset of the browser's time zone from UTC at that time, in minutes.
#[cfg(feature = "hydrate")]
fn local_offset(at: Timestamp) -> i32 {
    let date = js_sys::Date::new(&(at.unix_milliseconds() as f64).into());
    // JavaScript counts from local time to UTC.
    -(date.get_timezone_offset() as i32)
}

#[cfg(not(feature = "hydrate"))]
const fn local_offset(_: Timestamp) -> i32 {
    0
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
