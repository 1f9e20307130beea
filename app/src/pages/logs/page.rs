//! The page: the choice of the service, and its log.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use monitor_core::{error::StackError, service::Service, status::ContainerState, timestamp::Timestamp};

use super::{buffer::Filter, viewer::Viewer};
use crate::{
    api::{ApiError, load_recent_logs},
    components::{ErrorNote, Icon, Shape},
    live::{Carried, Live},
    pages::{not_found::NotFound, stack::state_dot},
};

/// The number of lines on the page before it is live.
const FIRST_LINES: u32 = 200;

/// `/logs`, `/logs/{service}`. Without a service the first one is shown.
#[component]
pub fn LogsPage() -> impl IntoView {
    let parameters = use_params_map();
    let service = Memo::new(move |_| match parameters.with(|parameters| parameters.get("service")) {
        Some(name) => Service::from_name(&name),
        None => Some(Service::ALL[0]),
    });
    view! {
        {move || match service.get() {
            Some(service) => view! { <ServiceLog service /> }.into_any(),
            None => view! { <NotFound /> }.into_any(),
        }}
    }
}

#[component]
fn ServiceLog(service: Service) -> impl IntoView {
    let live = Live::get();
    // A restart starts a new log; a stopped container keeps its log.
    let started = {
        let now = live.derive(move |snapshot| snapshot.service(service).and_then(|status| status.started_at));
        let last = StoredValue::new(None::<Timestamp>);
        Memo::new(move |_| {
            if let Some(now) = now.get() {
                last.set_value(Some(now));
            }
            last.get_value()
        })
    };
    // The filter is in the address, so that it works without JavaScript and can be shared.
    let asked = use_query_map().with_untracked(|query| query.get("q")).unwrap_or_default();
    let filter = RwSignal::new(Filter { text: asked, serious: false });
    // Not requested where there is no container: browsers log a refused request as an error.
    let missing = live
        .derive(move |snapshot| snapshot.service(service).is_none_or(|status| status.state == ContainerState::Missing));
    let lines = Resource::new_str_blocking(
        move || (missing.get(), started.get()),
        move |(missing, _)| async move {
            if missing {
                Carried(Err(ApiError::Stack(StackError::NoContainer { service })))
            } else {
                Carried(load_recent_logs(service, FIRST_LINES).await)
            }
        },
    );
    view! {
        <Title text=format!("Logs of {}", service.title()) />
        <div class="page logs">
            <header class="page-header">
                <h1>"Logs"</h1>
                <Tabs service />
            </header>
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>
                {move || Suspend::new(async move {
                    match lines.await.0 {
                        Ok(lines) => view! { <Viewer service lines filter /> }.into_any(),
                        Err(ApiError::Stack(StackError::NoContainer { .. })) => {
                            view! { <NoLog service /> }.into_any()
                        }
                        Err(error) => {
                            let title = format!("The logs of {} could not be loaded", service.title());
                            view! { <ErrorNote title error /> }.into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Tabs(service: Service) -> impl IntoView {
    let tabs = Service::ALL
        .into_iter()
        .map(|each| {
            let current = (each == service).then_some("page");
            view! {
                <li>
                    <a href=format!("/logs/{each}") aria-current=current>
                        {state_dot(each)}
                        {each.title()}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label="Services">
            <ul>{tabs}</ul>
        </nav>
    }
}

#[component]
fn NoLog(service: Service) -> impl IntoView {
    view! {
        <section class="note" data-tone="off">
            <h2>
                <Icon shape=Shape::Ring />
                {service.title()}
                " has no logs yet"
            </h2>
            <p class="hint">
                "Logs appear here once the stack starts. " <a href="/">"Go to the stack"</a>
            </p>
        </section>
    }
}
