//! What a chart shows, and how its numbers are worded. Pure.

use monitor_core::timestamp::Timestamp;

use crate::words;

/// The most series that a chart shows by name. Of more, the smallest ones are added up.
pub const MAX_SERIES: usize = 6;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Millionths of a dollar.
    MicroDollars,
}

impl Unit {
    /// A number in words: `$1.24`.
    pub fn words(self, value: u64) -> String {
        match self {
            Unit::MicroDollars => words::dollars(value),
        }
    }

    /// A number at the axis, with as many digits as its neighbors need to differ: `$0.005`.
    pub fn at_axis(self, value: u64, step: u64) -> String {
        match self {
            Unit::MicroDollars => {
                let mut digits = 6;
                let mut unit = 1;
                while digits > 0 && step.is_multiple_of(unit * 10) {
                    unit *= 10;
                    digits -= 1;
                }
                let whole = words::exact(value / 1_000_000);
                match digits {
                    0 => format!("${whole}"),
                    // A dollar has cents.
                    1 => format!("${whole}.{:02}", value % 1_000_000 / 10_000),
                    _ => format!("${whole}.{:0digits$}", value % 1_000_000 / unit),
                }
            }
        }
    }
}

/// One series: a color, a name, a value for each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// A value for each step, oldest first.
    pub values: Vec<u64>,
}

impl Series {
    /// The sum of its values.
    pub fn total(&self) -> u64 {
        self.values.iter().fold(0, |sum, value| sum.saturating_add(*value))
    }
}

/// The data of one chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What the numbers count.
    pub unit: Unit,
    /// The end of the last step.
    pub end: Timestamp,
    /// The length of a step in seconds.
    pub step_seconds: u64,
    /// The series, largest first; all of the same length.
    pub series: Vec<Series>,
}

impl Chart {
    /// A chart of named values, where equal names are one series. Of more than `MAX_SERIES`, the smallest are one series
    /// with the name that `others` makes of their number.
    pub fn new<'a>(
        unit: Unit,
        end: Timestamp,
        step_seconds: u64,
        named: impl IntoIterator<Item = (String, &'a [u64])>,
        others: impl Fn(usize) -> String,
    ) -> Chart {
        let mut series: Vec<Series> = Vec::new();
        for (name, values) in named {
            match series.iter_mut().find(|known| known.name == name) {
                Some(known) => add(&mut known.values, values),
                None => series.push(Series { name, values: values.to_vec() }),
            }
        }
        series.retain(|series| series.total() > 0);
        series.sort_by_cached_key(|series| (std::cmp::Reverse(series.total()), series.name.clone()));
        if series.len() > MAX_SERIES {
            let rest = series.split_off(MAX_SERIES - 1);
            let mut other = Series { name: others(rest.len()), values: Vec::new() };
            rest.iter().for_each(|series| add(&mut other.values, &series.values));
            series.push(other);
        }
        let steps = series.iter().map(|series| series.values.len()).max().unwrap_or_default();
        series.iter_mut().for_each(|series| series.values.resize(steps, 0));
        Chart { unit, end, step_seconds, series }
    }

    /// The number of steps; 0 if there are no values.
    pub fn steps(&self) -> usize {
        self.series.first().map_or(0, |series| series.values.len())
    }

    /// The sum of all series in a step.
    pub fn sum_at(&self, step: usize) -> u64 {
        self.series.iter().fold(0, |sum, series| sum.saturating_add(series.values[step]))
    }

    /// When a step begins. The one after the last begins at the end.
    pub fn start_of(&self, step: usize) -> Timestamp {
        let before_end = (self.steps().saturating_sub(step) as u64).saturating_mul(self.step_seconds);
        Timestamp::from_unix_milliseconds(self.end.unix_milliseconds() - before_end as i64 * 1_000)
    }

    /// When a step is: `Nov 29, 14:00 to 14:48`.
    pub fn words_of(&self, step: usize) -> String {
        let (start, end) = (self.start_of(step), self.start_of(step + 1));
        let (from, to) = (Moment::of(start), Moment::of(end));
        if from.date() == to.date() {
            format!("{}, {} to {}", from.date(), from.time(), to.time())
        } else {
            format!("{}, {} to {}, {}", from.date(), from.time(), to.date(), to.time())
        }
    }
}

fn add(sums: &mut Vec<u64>, more: &[u64]) {
    sums.resize(sums.len().max(more.len()), 0);
    for (sum, value) in sums.iter_mut().zip(more) {
        *sum = sum.saturating_add(*value);
    }
}

/// A time in UTC, in parts.
struct Moment(String);

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Moment {
    fn of(at: Timestamp) -> Moment {
        Moment(at.to_rfc3339())
    }

    /// `14:48`.
    fn time(&self) -> &str {
        self.0.get(11..16).unwrap_or_default()
    }

    /// `Nov 29`.
    fn date(&self) -> String {
        let number =
            |range| self.0.get(range).and_then(|digits: &str| digits.parse::<usize>().ok()).unwrap_or_default();
        let month = MONTHS.get(number(5..7).wrapping_sub(1)).copied().unwrap_or_default();
        format!("{month} {}", number(8..10))
    }
}

/// A mark on the time axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeMark {
    /// Its place from the start of the first step, in thousandths of the width.
    pub per_mille: u64,
    /// `14:00`, or `Nov 29` at midnight.
    pub words: String,
}

/// Lengths between two marks, in seconds.
const INTERVALS: [u64; 12] = [60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800];
/// The most marks on the time axis.
const MAX_MARKS: u64 = 6;

/// The marks on the time axis: at round times in UTC, at most six.
pub fn time_marks(chart: &Chart) -> Vec<TimeMark> {
    let length = chart.steps() as u64 * chart.step_seconds;
    if length == 0 {
        return Vec::new();
    }
    let interval = INTERVALS.into_iter().find(|interval| length / interval < MAX_MARKS).unwrap_or(length) as i64;
    let start = chart.start_of(0).unix_milliseconds().div_euclid(1_000);
    let first = (start + interval - 1).div_euclid(interval) * interval;
    (0..MAX_MARKS as i64)
        .map(|number| first + number * interval)
        .take_while(|at| *at <= start + length as i64)
        .map(|at| {
            let moment = Moment::of(Timestamp::from_unix_milliseconds(at * 1_000));
            let is_midnight = at.rem_euclid(86_400) == 0;
            TimeMark {
                per_mille: (at - start) as u64 * 1_000 / length,
                words: if is_midnight { moment.date() } else { moment.time().to_owned() },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc3339(text).expect("a time")
    }

    fn chart(named: &[(&str, &[u64])], end: &str, step_seconds: u64) -> Chart {
        let named = named.iter().map(|(name, values)| ((*name).to_owned(), *values));
        Chart::new(Unit::MicroDollars, at(end), step_seconds, named, |count| format!("{count} others"))
    }

    #[test]
    fn equal_names_are_one_series_and_the_largest_comes_first() {
        let chart = chart(
            &[("shop", &[1, 2]), ("web", &[9, 0]), ("shop", &[4, 4]), ("idle", &[0, 0])],
            "2026-11-29T14:00:00Z",
            60,
        );
        let series: Vec<(&str, &[u64])> =
            chart.series.iter().map(|series| (series.name.as_str(), series.values.as_slice())).collect();
        assert_eq!(series, [("shop", [5, 6].as_slice()), ("web", &[9, 0])]);
        assert_eq!((chart.sum_at(0), chart.sum_at(1)), (14, 6));
    }

    #[test]
    fn of_many_series_the_smallest_are_one() {
        let names: Vec<String> = (1..=9).map(|number| format!("p{number}")).collect();
        let values: Vec<[u64; 2]> = (1..=9).map(|number| [number, 0]).collect();
        let named: Vec<(&str, &[u64])> =
            names.iter().zip(&values).map(|(name, values)| (name.as_str(), values.as_slice())).collect();
        let chart = chart(&named, "2026-11-29T14:00:00Z", 60);
        let names: Vec<&str> = chart.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["p9", "p8", "p7", "p6", "p5", "4 others"]);
        assert_eq!(chart.series[5].values, [1 + 2 + 3 + 4, 0]);
        assert_eq!(chart.sum_at(0), 45);
    }

    #[test]
    fn series_of_different_length_and_the_largest_numbers_are_added_without_a_panic() {
        let chart = chart(&[("a", &[u64::MAX, u64::MAX]), ("a", &[1]), ("b", &[3])], "2026-11-29T14:00:00Z", 60);
        assert_eq!(chart.steps(), 2);
        assert_eq!(chart.sum_at(0), u64::MAX);
        let empty = Chart::new(Unit::MicroDollars, at("2026-11-29T14:00:00Z"), 60, [], |_| String::new());
        assert_eq!((empty.steps(), time_marks(&empty)), (0, Vec::new()));
    }

    #[test]
    fn a_step_says_when_it_is() {
        let chart = chart(&[("a", &[1; 30])], "2026-11-29T14:00:00Z", 2_880);
        assert_eq!(chart.words_of(29), "Nov 29, 13:12 to 14:00");
        assert_eq!(chart.words_of(12), "Nov 28, 23:36 to Nov 29, 00:24");
        assert_eq!(chart.words_of(0), "Nov 28, 14:00 to 14:48");
    }

    #[test]
    fn time_is_marked_at_round_times() {
        let marks = |steps: u64, end: &str| {
            let values = [1; 30];
            let marks = time_marks(&chart(&[("a", &values)], end, steps / 30));
            marks.into_iter().map(|mark| (mark.per_mille, mark.words)).collect::<Vec<_>>()
        };
        let words = |expected: &[(u64, &str)]| {
            expected.iter().map(|(place, words)| (*place, (*words).to_owned())).collect::<Vec<_>>()
        };
        let hour = words(&[(83, "13:15"), (333, "13:30"), (583, "13:45"), (833, "14:00")]);
        assert_eq!(marks(3_600, "2026-11-29T14:10:00Z"), hour);
        let day = words(&[(159, "18:00"), (409, "Nov 29"), (659, "06:00"), (909, "12:00")]);
        assert_eq!(marks(86_400, "2026-11-29T14:10:00Z"), day);
        let week = words(&[(58, "Nov 23"), (344, "Nov 25"), (629, "Nov 27"), (915, "Nov 29")]);
        assert_eq!(marks(604_800, "2026-11-29T14:10:00Z"), week);
    }

    #[test]
    fn the_axis_shows_as_many_digits_as_its_numbers_need() {
        let words = |value: u64, step| Unit::MicroDollars.at_axis(value, step);
        assert_eq!(words(20_000_000, 10_000_000), "$20");
        assert_eq!(words(1_500_000, 500_000), "$1.50");
        assert_eq!(words(250_000, 50_000), "$0.25");
        assert_eq!(words(6_000, 2_000), "$0.006");
        assert_eq!(words(3, 1), "$0.000003");
        assert_eq!(words(2_000_000_000, 1_000_000_000), "$2,000");
    }
}
