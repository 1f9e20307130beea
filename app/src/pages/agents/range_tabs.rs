//! The choice of the range of an agent's numbers.

use leptos::prelude::*;
use monitor_core::telemetry::Range;

use super::toolbar::range_title;
use crate::address;

/// A link for each range.
#[component]
pub fn RangeTabs(container: String, range: Memo<Range>) -> impl IntoView {
    let path = format!("/agents/{}", address::encode_segment(&container));
    let choices = Range::ALL
        .into_iter()
        .map(|each| {
            view! {
                <li>
                    <a
                        href=format!("{path}?range={}", each.name())
                        aria-current=move || (range.get() == each).then(|| "true".to_owned())
                        title=range_title(each)
                        data-noscroll="true"
                    >
                        {each.name()}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs ranges" aria-label="Time range">
            <ul>{choices}</ul>
        </nav>
    }
}
