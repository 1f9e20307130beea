//! The table of the six services. Laid out as a list on narrow screens.

use leptos::prelude::*;
use monitor_core::{
    live::{EngineState, Snapshot},
    service::Service,
    status::ContainerState,
    timestamp::Timestamp,
};

use super::row::{PortLink, Row, row};
use crate::{
    components::{Ago, Chip, Icon, Moment, Prose, Shape, show_if},
    live::Live,
};

/// Describes the network; empty while Docker did not answer.
fn describe_network(snapshot: &Snapshot) -> String {
    let network = &snapshot.network;
    match (&snapshot.engine, network.exists) {
        (EngineState::Connected { .. }, true) => format!("Network: `{}`", network.name),
        (EngineState::Connected { .. }, false) if !network.name.is_empty() => {
            format!("Network `{}` will be created when the stack starts.", network.name)
        }
        _ => String::new(),
    }
}

/// When the running services were last asked whether they are ready: the oldest answer.
fn checked_at(snapshot: &Snapshot) -> Option<Timestamp> {
    let running = snapshot.services.iter().filter(|status| status.state == ContainerState::Running);
    running.filter_map(|status| status.checked_at).min()
}

/// The table. Its roles are explicit, because browsers drop the implicit ones where the table is laid out as a list.
#[component]
pub fn Services() -> impl IntoView {
    let live = Live::get();
    let network = live.derive(describe_network);
    let checked = live.derive(checked_at);
    view! {
        <section class="card services" aria-labelledby="services">
            <div class="card-head">
                <h2 id="services">"Services"</h2>
                <p class="muted">{move || view! { <Prose text=network.get() /> }.into_any()}</p>
                {move || checked.get().map(|then| view! {
                    <p class="muted">"Checked " <Ago then now=live.now() /></p>
                }).into_any()}
            </div>
            <table role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Service"</th>
                        <th role="columnheader" scope="col">"State"</th>
                        <th role="columnheader" scope="col" class="number">"Port"</th>
                        <th role="columnheader" scope="col" class="number">"Uptime"</th>
                        <th role="columnheader" scope="col" class="number">"CPU"</th>
                        <th role="columnheader" scope="col" class="number">"Memory"</th>
                        <th role="columnheader" scope="col"><span class="visually-hidden">"Logs"</span></th>
                    </tr>
                </thead>
                {Service::ALL.into_iter().map(|service| view! { <ServiceRows service /> }).collect_view()}
            </table>
        </section>
    }
}

/// The state of a service as an icon, for use beside its name.
pub fn state_dot(service: Service) -> impl IntoView {
    let row = Live::get().derive_timed(move |snapshot, now| row(snapshot, now, service));
    let tone = Memo::new(move |_| row.with(|row| row.tone));
    view! {
        <span class="status-icon" data-tone=move || tone.get().name().to_owned()>
            {move || view! { <Icon shape=tone.get().shape() /> }.into_any()}
            <span class="visually-hidden">{move || row.with(|row| row.word.to_owned())} " "</span>
        </span>
    }
}

#[component]
fn ServiceRows(service: Service) -> impl IntoView {
    let row = Live::get().derive_timed(move |snapshot, now| row(snapshot, now, service));
    let ports_shown = Memo::new(move |_| row.with(|row| row.ports.clone()));
    let cpu = Memo::new(move |_| row.with(|row| row.cpu.clone()));
    let memory = Memo::new(move |_| row.with(|row| row.memory.clone()));
    let has_log = Memo::new(move |_| row.with(|row| row.has_log));
    let has_remarks =
        Memo::new(move |_| service.end_of_life().is_some() || row.with(|row| row.why.is_some() || row.fetch.is_some()));
    view! {
        <tbody role="rowgroup" data-service=service.name() data-state=move || row.with(|row| row.state.to_owned())>
            <tr role="row" data-remarks=move || has_remarks.get().to_string()>
                <th role="rowheader" scope="row">
                    <span class="name">{service.title()}</span>
                    " "
                    <span class="version">{move || row.with(|row| row.version.clone())}</span>
                    <span class="purpose">{service.purpose()}</span>
                </th>
                <td role="cell" class="state">
                    <Chip
                        tone=Signal::derive(move || row.with(|row| row.tone))
                        word=Signal::derive(move || row.with(|row| row.word.to_owned()))
                    />
                </td>
                <td role="cell" class="number" data-label="Port">
                    {move || ports(&ports_shown.get())}
                </td>
                <td role="cell" class="number" data-label="Uptime">
                    <Uptime row />
                </td>
                <td role="cell" class="number" data-label="CPU">
                    {move || or_dash(cpu.get())}
                </td>
                <td role="cell" class="number" data-label="Memory">
                    {move || or_dash(memory.get())}
                </td>
                <td role="cell" class="log-link">
                    {show_if(has_log, move || view! {
                        <a href=format!("/logs/{service}") aria-label=format!("Logs of {}", service.title())>
                            "Logs"
                        </a>
                    })}
                </td>
            </tr>
            {show_if(has_remarks, move || view! {
                <tr role="row" class="remarks">
                    <td role="cell" colspan="7">
                        <Remarks row service />
                    </td>
                </tr>
            })}
        </tbody>
    }
}

/// Remarks below a service: its end of support, why it is not ready, and the pull of its image.
#[component]
fn Remarks(row: Memo<Row>, service: Service) -> impl IntoView {
    let why = Memo::new(move |_| row.with(|row| row.why.clone()));
    let fetching = Memo::new(move |_| row.with(|row| row.fetch.is_some()));
    let fetch = move || row.with(|row| row.fetch.clone());
    view! {
        {service.end_of_life().map(|text| view! { <EndOfLife text /> })}
        {move || why.get().map(|text| view! { <p class="service-problem"><Prose text /></p> }).into_any()}
        {show_if(fetching, move || view! {
            <p class="image-pull">
                <progress
                    max="1000"
                    value=move || fetch().map(|fetch| fetch.value.to_string())
                    aria-label=format!("Image of {}", service.title())
                ></progress>
                <span class="muted">{move || fetch().map(|fetch| fetch.words).unwrap_or_default()}</span>
            </p>
        })}
    }
}

#[component]
fn EndOfLife(text: &'static str) -> impl IntoView {
    view! {
        <p class="end-of-life">
            <Icon shape=Shape::Triangle />
            {text}
        </p>
    }
}

#[component]
fn Uptime(row: Memo<Row>) -> impl IntoView {
    let since = Memo::new(move |_| row.with(|row| row.up.as_ref().map(|(_, started)| *started)));
    let words = Memo::new(move |_| row.with(|row| row.up.as_ref().map(|(words, _)| words.clone())));
    view! {
        {move || match since.get() {
            Some(at) => view! { <Moment at>{move || words.get().unwrap_or_default()}</Moment> }.into_any(),
            None => or_dash(None),
        }}
    }
}

fn or_dash(words: Option<String>) -> AnyView {
    match words {
        Some(words) => view! { <span>{words}</span> }.into_any(),
        None => view! { <span class="no-value">"–"</span> }.into_any(),
    }
}

fn ports(ports: &[PortLink]) -> AnyView {
    if ports.is_empty() {
        return or_dash(None);
    }
    ports
        .iter()
        .cloned()
        .map(|port| match port.page {
            Some(page) => view! {
                <a class="port" href=page title=port.bound target="_blank" rel="noreferrer">
                    {port.number}
                    <Icon shape=Shape::Out />
                </a>
            }
            .into_any(),
            None => view! { <span class="port" title=port.bound>{port.number}</span> }.into_any(),
        })
        .collect_view()
        .into_any()
}
