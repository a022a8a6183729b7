//! The processor time of this thread.

use std::fs;
use std::time::Duration;

/// What `work` takes of the processor; what other processes take does not count.
pub(super) fn time_of(work: impl FnOnce()) -> Duration {
    let before = used();
    work();
    used().saturating_sub(before)
}

/// Nanoseconds are the first figure (Linux, Documentation/scheduler/sched-stats.rst).
fn used() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let nanoseconds = stat.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number comes first"))
}
