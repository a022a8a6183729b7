//! The one clock of a process, over a machine's that steps.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use handlers::ports::{Clock, MonotoneClock};

/// Shows what it is set to.
#[derive(Default)]
struct Machine(Mutex<DateTime<Utc>>);

impl Machine {
    fn step(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

#[async_trait]
impl Clock for Machine {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

fn clock(not_before: Option<DateTime<Utc>>) -> (Arc<Machine>, MonotoneClock) {
    let machine = Arc::new(Machine::default());
    machine.step(1_000_000);
    (machine.clone(), MonotoneClock::new(machine, not_before))
}

#[test]
fn time_never_goes_back_and_follows_the_machine_where_it_can() {
    let (machine, clock) = clock(None);
    let mut shown = clock.now();
    assert_eq!(shown, machine.now());
    for seconds in [5, -3600, 10, -1, 7200, -7200, 3600] {
        machine.step(seconds);
        let next = clock.now();
        assert!(next >= shown, "{shown} {next}");
        assert!(next >= machine.now());
        shown = next;
    }
    machine.step(4000);
    assert_eq!(clock.now(), machine.now());
}

#[test]
fn time_goes_on_while_the_machine_is_behind() {
    let (machine, clock) = clock(None);
    clock.now();
    machine.step(-3600);
    let (before, waited) = (clock.now(), Instant::now());
    std::thread::sleep(Duration::from_millis(20));
    let passed = clock.now() - before;
    assert!(passed >= TimeDelta::milliseconds(9), "{passed}");
    // Slower than the machine, so that it catches up.
    assert!(passed.to_std().unwrap() <= waited.elapsed() / 2 + Duration::from_millis(1));
}

#[test]
fn no_time_is_shown_before_what_is_stored() {
    let stored = DateTime::from_timestamp(2_000_000, 0);
    let (machine, clock) = clock(stored);
    assert!(Some(clock.now()) >= stored);
    assert!(Some(clock.stamp().at) >= stored);
    machine.step(1_500_000);
    assert_eq!(clock.now(), machine.now());
}

#[test]
fn readers_stay_before_every_stamp_that_is_kept() {
    let (machine, clock) = clock(None);
    let window = TimeDelta::seconds(2);
    let (first, second) = (clock.stamp(), clock.stamp());
    machine.step(3600);
    let later = clock.stamp();
    assert_eq!(clock.settled(window), first.at);
    drop(first);
    assert_eq!(clock.settled(window), second.at);
    drop(second);
    assert_eq!(clock.settled(window), machine.now() - window);
    drop(later);
}
