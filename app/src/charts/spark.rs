//! A small bar chart of values over time, with a text alternative.

use leptos::prelude::*;
use monitor_core::telemetry::{OwnerNumbers, Range};

use crate::words;

/// In units of the drawing. Each bar takes `PITCH`.
const PITCH: usize = 4;
const WIDTH: usize = 3;
const HEIGHT: u64 = 24;

/// The outline of the bars. The highest value fills the height; a value above 0 is always visible.
pub fn outline(values: &[u64]) -> String {
    let highest = values.iter().copied().max().unwrap_or_default().max(1);
    let mut outline = String::new();
    for (index, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let height = (u128::from(*value) * u128::from(HEIGHT) / u128::from(highest)).max(2);
        outline.push_str(&format!("M{} {HEIGHT}v-{height}h{WIDTH}v{height}z", index * PITCH));
    }
    outline
}

/// Describes the values: lowest, highest, and last.
pub fn describe(values: &[u64], unit: impl Fn(u64) -> String) -> String {
    match (values.iter().min(), values.iter().max(), values.last()) {
        (Some(lowest), Some(highest), Some(last)) => {
            format!("lowest {}, highest {}, last {}", unit(*lowest), unit(*highest), unit(*last))
        }
        _ => String::new(),
    }
}

/// The chart; empty where there are no values.
pub fn spark(values: &[u64], said: String) -> AnyView {
    if values.is_empty() {
        return ().into_any();
    }
    let width = values.len() * PITCH - (PITCH - WIDTH);
    let title = said.clone();
    view! {
        <svg
            class="sparkline"
            viewBox=format!("0 0 {width} {HEIGHT}")
            preserveAspectRatio="none"
            role="img"
            aria-label=said
        >
            <title>{title}</title>
            <path class="baseline" d=format!("M0 {HEIGHT}H{width}")></path>
            <path d=outline(values)></path>
        </svg>
    }
    .into_any()
}

/// The estimated cost over the range.
pub fn cost_spark(numbers: Option<&OwnerNumbers>, range: Range) -> AnyView {
    let values = numbers.map(|it| it.cost_over_time.as_slice()).unwrap_or_default();
    spark(values, format!("Estimated cost in the {}: {}", range.label(), describe(values, words::dollars)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_height_and_small_ones_are_visible() {
        assert_eq!(outline(&[0, 1, 1_000]), "M4 24v-2h3v2zM8 24v-24h3v24z");
        assert_eq!(outline(&[0, 0]), "");
        assert_eq!(outline(&[u64::MAX]), "M0 24v-24h3v24z");
    }

    #[test]
    fn the_text_alternative_has_the_lowest_the_highest_and_the_last_value() {
        assert_eq!(describe(&[3, 9, 0, 4], |value| value.to_string()), "lowest 0, highest 9, last 4");
        assert_eq!(describe(&[], |value| value.to_string()), "");
    }
}
