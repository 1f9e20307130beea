//! The geometry of charts: from numbers to the paths of an SVG. Pure, in whole numbers.

use super::data::Chart;

/// The height of the drawing. Its width is `PITCH` for each step; both are stretched to the size on the screen.
pub const HEIGHT: u64 = 1_000;
/// Width of a step in the drawing.
pub const PITCH: usize = 10;
/// Width of a bar, the rest is the gap.
const WIDTH: usize = 8;
/// The most lines across the chart, without the one at 0.
const MAX_LINES: u64 = 4;

/// The axis of values: from 0 to `top` in equal steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// The distance of two lines.
    pub step: u64,
    /// The highest line.
    pub top: u64,
}

impl Axis {
    /// The axis for values up to `highest`: at most four lines, at 1, 2 or 5 times a power of ten.
    pub fn up_to(highest: u64) -> Axis {
        let mut power: u64 = 1;
        loop {
            for factor in [1, 2, 5] {
                let step = power.saturating_mul(factor);
                let lines = highest.div_ceil(step).max(1);
                if lines <= MAX_LINES {
                    return Axis { step, top: step.saturating_mul(lines) };
                }
            }
            power = power.saturating_mul(10);
        }
    }

    /// The lines with their place from the top, in thousandths of the height.
    pub fn lines(self) -> impl Iterator<Item = (u64, u64)> {
        (0..=self.top / self.step).map(move |number| {
            let value = number * self.step;
            (value, HEIGHT - self.height(value))
        })
    }

    /// The height of a value.
    fn height(self, value: u64) -> u64 {
        (u128::from(value.min(self.top)) * u128::from(HEIGHT) / u128::from(self.top)) as u64
    }
}

/// The axis that fits stacked bars.
pub fn axis(chart: &Chart) -> Axis {
    Axis::up_to((0..chart.steps()).map(|step| chart.sum_at(step)).max().unwrap_or_default())
}

/// The outlines of stacked bars, one for each series, the first at the bottom.
pub fn stacked_bars(chart: &Chart, axis: Axis) -> Vec<String> {
    let mut sums = vec![0_u64; chart.steps()];
    let outline = |values: &[u64], sums: &mut [u64]| {
        let mut outline = String::new();
        for (step, (value, sum)) in values.iter().zip(sums).enumerate() {
            let bottom = axis.height(*sum);
            *sum = sum.saturating_add(*value);
            // From sums, so that rounding leaves no gaps.
            let height = axis.height(*sum) - bottom;
            if height > 0 {
                let (left, low) = (step * PITCH + (PITCH - WIDTH) / 2, HEIGHT - bottom);
                outline.push_str(&format!("M{left} {low}v-{height}h{WIDTH}v{height}z"));
            }
        }
        outline
    };
    chart.series.iter().map(|series| outline(&series.values, &mut sums)).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::data::Unit, *};
    use monitor_core::timestamp::Timestamp;

    #[test]
    fn the_axis_has_one_to_four_lines_at_round_numbers() {
        let of = |highest| {
            let axis = Axis::up_to(highest);
            (axis.step, axis.top)
        };
        assert_eq!([of(0), of(1), of(4), of(5)], [(1, 1), (1, 1), (1, 4), (2, 6)]);
        assert_eq!([of(37), of(100), of(1_234_567)], [(10, 40), (50, 100), (500_000, 1_500_000)]);
        let largest = Axis::up_to(u64::MAX);
        assert!(largest.lines().count() <= 5, "{largest:?}");
    }

    #[test]
    fn lines_are_placed_from_the_top() {
        let lines: Vec<(u64, u64)> = Axis { step: 10, top: 40 }.lines().collect();
        assert_eq!(lines, [(0, 1_000), (10, 750), (20, 500), (30, 250), (40, 0)]);
    }

    #[test]
    fn bars_stand_on_each_other() {
        let end = Timestamp::from_unix_milliseconds(0);
        let named = [("a".to_owned(), [30_u64, 0].as_slice()), ("b".to_owned(), &[10, 5])];
        let chart = Chart::new(Unit::MicroDollars, end, 60, named, |_| String::new());
        let bars = stacked_bars(&chart, axis(&chart));
        assert_eq!(bars, ["M1 1000v-750h8v750z", "M1 250v-250h8v250zM11 1000v-125h8v125z"]);
        assert!(stacked_bars(&Chart { series: Vec::new(), ..chart }, Axis::up_to(0)).is_empty());
    }
}
