//! Requests that leave when a plan says, whether those before them were answered or not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Concurrent requests. A request without a free thread is sent late, and its latency counts from its planned time.
pub(super) const THREADS: usize = 128;
/// Longest distinguishable latency, in seconds. Longer ones count as this.
const LONGEST: Duration = Duration::from_secs(600);

/// The result of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// The planned time, from the start.
    pub intended: Duration,
    /// The time from the planned time to the answer, for which the caller waited.
    pub latency: Duration,
    /// The time from sending to the answer, which a closed loop would call latency.
    pub service: Duration,
    pub acknowledged: bool,
}

/// Sends request number i at `plan[i]` from now on. `send` returns whether it was acknowledged. Until all are answered,
/// calls `meanwhile` with the time since the start.
pub(super) fn run(
    plan: &[Duration],
    send: impl Fn(usize) -> bool + Sync,
    mut meanwhile: impl FnMut(Duration),
) -> Vec<Sample> {
    /// Time between two calls of `meanwhile`.
    const PAUSE: Duration = Duration::from_millis(20);
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let worker = || {
        let mut samples = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(&intended) = plan.get(number) else {
                return samples;
            };
            thread::sleep(intended.saturating_sub(started.elapsed()));
            let left = started.elapsed();
            let acknowledged = send(number);
            let answered = started.elapsed();
            samples.push(Sample {
                intended,
                latency: answered.saturating_sub(intended),
                service: answered.saturating_sub(left),
                acknowledged,
            });
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS.min(plan.len()))
            .map(|_| scope.spawn(worker))
            .collect();
        while workers.iter().any(|worker| !worker.is_finished()) {
            meanwhile(started.elapsed());
            thread::sleep(PAUSE);
        }
        let samples = workers.into_iter().filter_map(|worker| worker.join().ok());
        let mut samples: Vec<Sample> = samples.flatten().collect();
        samples.sort_by_key(|sample| sample.intended);
        samples
    })
}

/// Returns the distribution of durations, in microseconds.
pub(super) fn histogram(durations: impl IntoIterator<Item = Duration>) -> Histogram<u64> {
    /// Significant digits of each.
    const DIGITS: u8 = 3;
    let longest = micros(LONGEST);
    let mut histogram =
        Histogram::new_with_bounds(1, longest, DIGITS).expect("the bounds are a range");
    for duration in durations {
        histogram.saturating_record(micros(duration));
    }
    histogram
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_stall_counts_for_every_request_planned_in_it() {
        // One request a millisecond, to a server that serves one at a time and stalls once.
        const STALL: Duration = Duration::from_millis(400);
        let plan: Vec<Duration> = (0..400).map(Duration::from_millis).collect();
        let server = Mutex::new(());
        let samples = run(
            &plan,
            |number| {
                let _one_at_a_time = server.lock();
                if number == 0 {
                    thread::sleep(STALL);
                }
                true
            },
            |_| (),
        );
        assert_eq!(samples.len(), plan.len());
        let half = |samples: &[Sample], of: fn(&Sample) -> Duration| {
            histogram(samples.iter().map(of)).value_at_quantile(0.5)
        };
        let stalled = micros(STALL);
        // Half of them were planned in the first half of the stall, and waited for the second.
        assert!(half(&samples, |sample| sample.latency) > stalled / 4);
        // Timed from sending, those without a thread hide that wait.
        assert!(half(&samples, |sample| sample.service) < half(&samples, |sample| sample.latency));
    }
}
