//! Taking a measurement, and what several of them say.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Processor time of this process, in user and in system mode: client and engine alike, which run in it.
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// A stopwatch of both clocks.
pub struct Watch(Instant, Duration);

impl Watch {
    pub fn start() -> Self {
        Watch(Instant::now(), cpu())
    }

    /// Seconds that passed, and seconds of processor time.
    pub fn read(&self) -> (f64, f64) {
        let passed = self.0.elapsed();
        (passed.as_secs_f64(), (cpu() - self.1).as_secs_f64())
    }
}

/// Values of several rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    /// Of at least one value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Spread {
            median: quantile(&values, 0.5),
            least: quantile(&values, 0.0),
            most: quantile(&values, 1.0),
        }
    }

    /// `1,234 (1,200..1,300)`
    pub fn text(&self, digits: usize) -> String {
        let [median, least, most] =
            [self.median, self.least, self.most].map(|value| number(value, digits));
        format!("{median} ({least}..{most})")
    }
}

/// Of sorted values, the nearest from above; 0 of none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// With commas between thousands.
pub fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, fraction)| {
            (whole, Some(fraction))
        });
    let mut told = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 && !told.ends_with('-') {
            told.push(',');
        }
        told.push(digit);
    }
    if let Some(fraction) = fraction {
        told.push('.');
        told.push_str(fraction);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_of_the_middle_and_both_ends() {
        let spread = Spread::of([1500.0, 3.0, 900.0]);
        assert_eq!(spread.text(0), "900 (3..1,500)");
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.99), 4.0);
        assert_eq!(number(1_234_567.25, 1), "1,234,567.2");
    }
}
