//! Every choice after every state, those with the most left before them first.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;

use super::choice::Choice;
use super::promises::{self, End};
use super::settle::settle;
pub use super::stage::Scene;
use super::stage::Stage;

/// How much of each there is in one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Crashes, errors, answers that are none, messages duplicated and lost.
    pub faults: u8,
    /// How often time passes.
    pub waits: u8,
    /// How often a worker begins with a message.
    pub deliveries: u8,
    /// How often an operator names the letters.
    pub redrives: u8,
}

impl Bounds {
    pub(super) const PLENTY: Bounds = Bounds {
        faults: u8::MAX,
        waits: u8::MAX,
        deliveries: u8::MAX,
        redrives: u8::MAX,
    };

    /// Whatever can happen within the other can happen within this.
    fn covers(&self, other: &Bounds) -> bool {
        self.faults >= other.faults
            && self.waits >= other.waits
            && self.deliveries >= other.deliveries
            && self.redrives >= other.redrives
    }

    fn sum(&self) -> u8 {
        self.faults + self.waits + self.deliveries + self.redrives
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Explored {
    /// Schedules that were played, each from the start.
    pub schedules: usize,
    /// Different states that they led to.
    pub states: usize,
    /// The ends, after all faults, and in how many different ways of what was
    /// stored and under way each is reached.
    pub ends: BTreeMap<End, usize>,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (schedules, states, ends) = (self.schedules, self.states, self.ends.len());
        write!(
            f,
            "{schedules} schedules, {states} states, {ends} end states"
        )?;
        for (end, ways) in &self.ends {
            write!(f, "\n  {ways:>6} x {end}")?;
        }
        Ok(())
    }
}

/// Plays every schedule within the bounds; the first promise that is broken
/// ends it, with the schedule that breaks it.
pub fn explore(scene: &Scene, bounds: Bounds) -> Result<Explored, String> {
    let mut explorer = Explorer {
        scene,
        bounds,
        open: BTreeMap::new(),
        seen: HashMap::new(),
        settled: HashSet::new(),
        explored: Explored::default(),
    };
    explorer.visit(Vec::new())?;
    while let Some(schedule) = explorer.next() {
        explorer.visit(schedule)?;
    }
    explorer.explored.states = explorer.seen.len();
    Ok(explorer.explored)
}

struct Explorer<'a> {
    scene: &'a Scene,
    bounds: Bounds,
    /// Schedules to be played, by how much is left before their last choice.
    open: BTreeMap<u8, VecDeque<Vec<Choice>>>,
    /// What was left when a state was seen. Seen again with no more than that,
    /// it leads to nothing new.
    seen: HashMap<u64, Vec<Bounds>>,
    /// What was stored and under way when everybody half-way died: how it ends
    /// from there does not depend on how far they were.
    settled: HashSet<u64>,
    explored: Explored,
}

impl Explorer<'_> {
    fn next(&mut self) -> Option<Vec<Choice>> {
        let mut most = self.open.last_entry()?;
        let schedule = most.get_mut().pop_front();
        if most.get().is_empty() {
            most.remove();
        }
        schedule
    }

    /// Plays a schedule, and goes on with what needs nothing of the bounds for
    /// as long as that is new; the other choices on the way are left open.
    fn visit(&mut self, mut schedule: Vec<Choice>) -> Result<(), String> {
        self.explored.schedules += 1;
        let mut stage = Stage::new(self.scene, self.bounds);
        schedule.iter().for_each(|choice| stage.take(*choice));
        loop {
            let seen = self.seen.entry(stage.digest()).or_default();
            if seen.iter().any(|before| before.covers(&stage.left)) {
                return Ok(());
            }
            seen.push(stage.left);
            let mut choices = stage.choices();
            let goes_on = choices.iter().position(|choice| choice.is_free());
            let goes_on = goes_on.map(|index| choices.remove(index));
            let open = self.open.entry(stage.left.sum()).or_default();
            for choice in choices {
                let mut longer = schedule.clone();
                longer.push(choice);
                open.push_back(longer);
            }
            promises::check(&stage).map_err(|promise| self.told(&promise, &schedule))?;
            if self.settled.insert(stage.digest_at_rest()) {
                // Settling uses the stage up; the schedule is played once more.
                let end = settle(stage).map_err(|promise| {
                    let promise = format!("once all faults have ended: {promise}");
                    self.told(&promise, &schedule)
                })?;
                *self.explored.ends.entry(end).or_default() += 1;
                stage = Stage::new(self.scene, self.bounds);
                schedule.iter().for_each(|choice| stage.take(*choice));
            }
            let Some(choice) = goes_on else {
                return Ok(());
            };
            stage.take(choice);
            schedule.push(choice);
        }
    }

    /// What was broken, and by what.
    fn told(&self, promise: &str, schedule: &[Choice]) -> String {
        let mut stage = Stage::new(self.scene, self.bounds);
        let mut told = promise.to_owned();
        for choice in schedule {
            told.push_str("\n  ");
            told.push_str(&stage.told(*choice));
            stage.take(*choice);
        }
        told
    }
}
