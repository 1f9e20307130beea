//! A chart of stacked bars over time: drawn on the server, with a read-out for pointer and keyboard once the page is live,
//! and the same numbers as a table.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::{
    data::{Chart, time_marks},
    plot::{HEIGHT, PITCH, axis, stacked_bars},
};
use crate::{components::show_if, words::join_names};

/// A figure with title, legend and table. It is empty where the chart has no series.
#[component]
pub fn StackedBars(
    /// Identifies the title.
    id: &'static str,
    /// What is shown: `Estimated cost by project`.
    title: Memo<String>,
    /// The time that the whole chart covers: `last 24 hours`.
    covers: Memo<&'static str>,
    /// The numbers.
    chart: Memo<Chart>,
    /// Whether the page is live, so that the numbers can be read out.
    hydrated: Memo<bool>,
) -> impl IntoView {
    let is_shown = Memo::new(move |_| chart.with(|chart| chart.steps() > 0));
    // The step that is read out.
    let cursor = RwSignal::new(None::<usize>);
    let step = Memo::new(move |_| chart.with(|chart| cursor.get().filter(|step| *step < chart.steps())));
    show_if(is_shown, move || {
        view! {
            <figure class="chart" aria-labelledby=id>
                <figcaption>
                    <span id=id class="chart-title">{move || title.get()}</span>
                    <span class="chart-time">{move || chart.with(|chart| time_in_words(chart, step.get(), covers.get()))}</span>
                </figcaption>
                <div
                    class="chart-plot"
                    role=move || if hydrated.get() { "slider" } else { "img" }
                    tabindex=move || hydrated.get().then_some("0")
                    aria-labelledby=id
                    aria-orientation=move || hydrated.get().then_some("horizontal")
                    aria-valuemin=move || hydrated.get().then_some("1")
                    aria-valuemax=move || hydrated.get().then(|| chart.with(Chart::steps).to_string())
                    aria-valuenow=move || hydrated.get().then(|| {
                        (step.get().unwrap_or_else(|| chart.with(Chart::steps).saturating_sub(1)) + 1).to_string()
                    })
                    aria-valuetext=move || chart.with(|chart| described(chart, step.get(), covers.get()))
                    on:pointermove=move |event| {
                        cursor.set(step_under(event.offset_x(), &event_target::<leptos::web_sys::Element>(&event), chart.with_untracked(Chart::steps)));
                    }
                    on:pointerleave=move |_| cursor.set(None)
                    on:blur=move |_| cursor.set(None)
                    on:keydown=move |event| {
                        let steps = chart.with_untracked(Chart::steps);
                        if let Some(next) = step_after(&event, cursor.get_untracked(), steps) {
                            event.prevent_default();
                            cursor.set(next);
                        }
                    }
                >
                    {move || chart.with(drawing)}
                    <svg class="chart-cursor" aria-hidden="true">
                        {move || step.get().map(|step| {
                            let steps = chart.with(Chart::steps);
                            view! { <rect x=share(step, steps) width=share(1, steps) height="100%" /> }.into_any()
                        })}
                    </svg>
                </div>
                {move || chart.with(|chart| legend(chart, step.get()))}
                <Table chart hydrated />
            </figure>
        }
    })
}

/// What is seen without a read-out.
fn drawing(chart: &Chart) -> AnyView {
    let axis = axis(chart);
    let places = || axis.lines().map(|(value, place)| (value, share(place as usize, HEIGHT as usize)));
    let lines = places()
        .map(|(value, y)| view! { <line x2="100%" y1=y.clone() y2=y data-zero=(value == 0).to_string() /> }.into_any());
    let values = places()
        .filter(|(value, _)| *value > 0)
        .map(|(value, y)| view! { <text y=y dy="-0.35em">{chart.unit.at_axis(value, axis.step)}</text> }.into_any());
    let bars = stacked_bars(chart, axis).into_iter().enumerate();
    let bars = bars.map(|(number, outline)| view! { <path d=outline data-series=number.to_string() /> }.into_any());
    let marks = time_marks(chart).into_iter().map(|mark| {
        let anchor = match mark.per_mille {
            0..60 => "start",
            941.. => "end",
            _ => "middle",
        };
        view! { <text x=share(mark.per_mille as usize, 1_000) y="1em" text-anchor=anchor>{mark.words}</text> }
            .into_any()
    });
    view! {
        <svg class="chart-lines" aria-hidden="true">
            {lines.collect::<Vec<_>>()}
            <svg viewBox=format!("0 0 {} {HEIGHT}", chart.steps() * PITCH) preserveAspectRatio="none" width="100%" height="100%">
                {bars.collect::<Vec<_>>()}
            </svg>
            {values.collect::<Vec<_>>()}
        </svg>
        <svg class="chart-times" aria-hidden="true">{marks.collect::<Vec<_>>()}</svg>
    }
    .into_any()
}

/// A part of a whole in percent, with two decimals.
fn share(part: usize, whole: usize) -> String {
    let share = part * 10_000 / whole.max(1);
    format!("{}.{:02}%", share / 100, share % 100)
}

fn legend(chart: &Chart, step: Option<usize>) -> AnyView {
    let value_of = |values: &[u64], total: u64| chart.unit.words(step.map_or(total, |step| values[step]));
    let entries = chart.series.iter().enumerate().map(|(number, series)| {
        view! {
            <li>
                <span class="chart-key" data-series=number.to_string()></span>
                <span class="chart-name">{series.name.clone()}</span>
                <span class="chart-value">{value_of(&series.values, series.total())}</span>
            </li>
        }
        .into_any()
    });
    view! { <ul class="chart-legend">{entries.collect::<Vec<_>>()}</ul> }.into_any()
}

fn time_in_words(chart: &Chart, step: Option<usize>, covers: &str) -> String {
    match step {
        Some(step) => format!("{} UTC · {}", chart.words_of(step), chart.unit.words(chart.sum_at(step))),
        None => format!("In the {covers}"),
    }
}

/// A step with all its series; without one, the whole chart.
fn described(chart: &Chart, step: Option<usize>, covers: &str) -> String {
    let values = chart.series.iter().filter_map(|series| {
        let value = step.map_or_else(|| series.total(), |step| series.values[step]);
        (value > 0).then(|| format!("{} {}", series.name, chart.unit.words(value)))
    });
    let values: Vec<String> = values.collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let values = if values.is_empty() { "nothing".to_owned() } else { join_names(&values) };
    match step {
        Some(step) => format!("{} UTC: {values}", chart.words_of(step)),
        None => format!("In the {covers}: {values}"),
    }
}

/// The step below a pointer.
fn step_under(x: i32, plot: &leptos::web_sys::Element, steps: usize) -> Option<usize> {
    let width = usize::try_from(plot.client_width()).ok().filter(|width| *width > 0)?;
    let x = usize::try_from(x).ok()?;
    (steps > 0).then(|| (x * steps / width).min(steps - 1))
}

/// Where a key leads. `None` for other keys; `Some(None)` for the one that ends the read-out.
fn step_after(event: &KeyboardEvent, at: Option<usize>, steps: usize) -> Option<Option<usize>> {
    let last = steps.checked_sub(1)?;
    match event.key().as_str() {
        "ArrowLeft" => Some(Some(at.map_or(last, |at| at.saturating_sub(1)))),
        "ArrowRight" => Some(Some(at.map_or(last, |at| (at + 1).min(last)))),
        "Home" => Some(Some(0)),
        "End" => Some(Some(last)),
        "Escape" => Some(None),
        _ => None,
    }
}

/// All numbers. In a live page they are written only while they can be seen.
#[component]
fn Table(chart: Memo<Chart>, hydrated: Memo<bool>) -> impl IntoView {
    let open = RwSignal::new(false);
    let is_written = Memo::new(move |_| open.get() || !hydrated.get());
    view! {
        <details class="chart-table" on:toggle=move |_| open.update(|open| *open = !*open)>
            <summary>"Show as a table"</summary>
            {show_if(is_written, move || view! { {move || chart.with(table)} })}
        </details>
    }
}

fn table(chart: &Chart) -> AnyView {
    let names = chart.series.iter().map(|series| view! { <th scope="col">{series.name.clone()}</th> }.into_any());
    let rows = (0..chart.steps()).rev().map(|step| {
        let values = chart.series.iter().map(|series| series.values[step]);
        let cells = values.map(|value| view! { <td>{chart.unit.words(value)}</td> }.into_any());
        view! {
            <tr>
                <th scope="row">{chart.words_of(step)}</th>
                {cells.collect::<Vec<_>>()}
            </tr>
        }
        .into_any()
    });
    view! {
        <div class="scroll-area" tabindex="0" role="group" aria-label="Table of values">
            <table class="chart-values">
                <thead><tr><th scope="col">"Time (UTC)"</th>{names.collect::<Vec<_>>()}</tr></thead>
                <tbody>{rows.collect::<Vec<_>>()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{super::data::Unit, *};
    use monitor_core::timestamp::Timestamp;

    fn chart() -> Chart {
        let end = Timestamp::from_rfc3339("2026-11-29T14:00:00Z").expect("a time");
        let named = [("shop".to_owned(), [2_000_000_u64, 0].as_slice()), ("web".to_owned(), &[500_000, 0])];
        Chart::new(Unit::MicroDollars, end, 1_800, named, |count| format!("{count} others"))
    }

    #[test]
    fn what_is_read_out_names_time_and_values() {
        assert_eq!(described(&chart(), Some(0), ""), "Nov 29, 13:00 to 13:30 UTC: shop $2.00 and web $0.50");
        assert_eq!(described(&chart(), Some(1), ""), "Nov 29, 13:30 to 14:00 UTC: nothing");
        assert_eq!(described(&chart(), None, "last hour"), "In the last hour: shop $2.00 and web $0.50");
        assert_eq!(time_in_words(&chart(), Some(0), ""), "Nov 29, 13:00 to 13:30 UTC · $2.50");
        assert_eq!(time_in_words(&chart(), None, "last hour"), "In the last hour");
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!([share(0, 30), share(1, 30), share(30, 30), share(1, 0)], ["0.00%", "3.33%", "100.00%", "100.00%"]);
    }
}
