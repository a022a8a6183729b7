//! Which entries of a statement an account has recorded already.

use std::collections::{BTreeMap, BTreeSet};

use domain::AccountId;
use statements::plan::booked_on;
use statements::{Entry, FormerRequest, Step};

use super::outcome::Stop;
use super::recorded::{Event, Recorded};
use super::sources::Source;

/// The statement of each former key. It is always a single one.
#[derive(Debug, Default)]
pub(super) struct Claims(BTreeMap<(AccountId, String), String>);

/// A statement compared with its account.
#[derive(Debug)]
pub(super) struct Found {
    /// The version and the key of each recorded entry of the plan.
    places: Vec<Option<(u64, String)>>,
    /// The steps that are not recorded yet.
    pub steps: Vec<Step>,
    /// Whether the recorded entries have other texts than the file.
    pub other_texts: bool,
}

impl Found {
    /// Compares a statement with its account.
    ///
    /// # Errors
    /// Something else was recorded under an entry's key. Nothing has been sent yet.
    pub(super) fn of(
        source: &Source,
        recorded: &Recorded,
        claims: &mut Claims,
    ) -> Result<Self, Stop> {
        let plan = &source.plan;
        let mut found = Found {
            places: vec![None; plan.entries.len()],
            steps: Vec::new(),
            other_texts: false,
        };
        for former in formers(source, recorded) {
            if let Some(events) = recorded.under(&former.idempotency_key)
                && is_former(source, former, events)
                && claims.claim(source, former)
            {
                let entries = plan.entries.get(former.entries.clone());
                let mut both = entries.unwrap_or_default().iter().zip(events);
                found.other_texts |= !both.all(has_same_texts);
                found.note(former.entries.start, &former.idempotency_key, events);
            }
        }
        let by_former: BTreeSet<usize> = (0..plan.entries.len())
            .filter(|index| found.place(*index).is_some())
            .collect();
        for step in plan.steps_without(&by_former) {
            let key = step.idempotency_key();
            let Some(events) = recorded.under(key) else {
                found.steps.push(step);
                continue;
            };
            let entries = plan.entries.get(step.entries()).unwrap_or_default();
            if let Some(differing) = differing(entries, events) {
                return Err(Stop::Refused(differing));
            }
            found.other_texts |= !entries.iter().zip(events).all(has_same_texts);
            found.note(step.entries().start, key, events);
        }
        Ok(found)
    }

    pub(super) fn place(&self, index: usize) -> Option<(u64, &str)> {
        let (version, key) = self.places.get(index)?.as_ref()?;
        Some((*version, key))
    }

    /// Notes that these events record the entries from `first` on.
    pub(super) fn note(&mut self, first: usize, key: &str, events: &[Event]) {
        let places = self.places.iter_mut().skip(first);
        for (place, event) in places.zip(events) {
            *place = Some((event.version, key.to_owned()));
        }
    }
}

impl Claims {
    /// Whether the key belongs to this statement, and thus to no other.
    fn claim(&mut self, source: &Source, former: &FormerRequest) -> bool {
        let plan = &source.plan;
        let key = (plan.account_id.clone(), former.idempotency_key.clone());
        let owner = self.0.entry(key).or_insert_with(|| plan.identity.clone());
        *owner == plan.identity
    }
}

/// Returns the former keys that may belong to this statement.
///
/// An entry is recorded once. If a former and a current key both have it, the former
/// keys belong to another statement. If they have different entries, an earlier
/// version began the import of the statement and this one continued it.
fn formers<'a>(source: &'a Source, recorded: &Recorded) -> &'a [FormerRequest] {
    let plan = &source.plan;
    let by_now: BTreeSet<usize> = plan
        .steps
        .iter()
        .filter(|step| recorded.under(step.idempotency_key()).is_some())
        .flat_map(Step::entries)
        .collect();
    let is_elsewhere = |former: &FormerRequest| {
        recorded.under(&former.idempotency_key).is_some()
            && former.entries.clone().any(|index| by_now.contains(&index))
    };
    match plan.former.iter().any(is_elsewhere) {
        true => &[],
        false => &plan.former,
    }
}

/// Whether an earlier version recorded exactly these entries. Its key alone may
/// belong to another notification of the same day and amount; statements also
/// differ by their balances.
fn is_former(source: &Source, former: &FormerRequest, events: &[Event]) -> bool {
    let entries = source.plan.entries.get(former.entries.clone());
    let entries = entries.unwrap_or_default();
    differing(entries, events).is_none()
        && (source.statement.closing.is_some() || entries.iter().zip(events).all(has_same_texts))
}

/// Returns the difference between the recorded movements and the entries, or `None`
/// if there is none. A bank may reverse the order.
fn differing(entries: &[Entry], events: &[Event]) -> Option<String> {
    let mut left: Vec<&Event> = events.iter().collect();
    for entry in entries {
        match left.iter().position(|event| is_moved_by(entry, event)) {
            Some(place) => drop(left.swap_remove(place)),
            None => {
                let was = left.iter().find_map(|event| {
                    let movement = event.movement.as_ref()?;
                    Some(format!("as {} on {}", movement.amount, event.day))
                });
                return Some(format!(
                    "line {}: an entry of {} on {} was recorded before {}; it stays as it is, and nothing of the \
                     statement is imported",
                    entry.line,
                    entry.amount,
                    booked_on(entry),
                    was.unwrap_or_else(|| "as something else".to_owned())
                ));
            }
        }
    }
    None
}

fn is_moved_by(entry: &Entry, event: &Event) -> bool {
    event.movement.as_ref().is_some_and(|movement| {
        movement.direction == entry.direction
            && movement.amount == entry.amount
            && event.day == booked_on(entry)
    })
}

/// Whether the texts agree apart from differences of encoding. Texts of reversals
/// are not compared.
fn has_same_texts((entry, event): (&Entry, &Event)) -> bool {
    if event
        .movement
        .as_ref()
        .is_none_or(|movement| movement.reverses.is_some())
    {
        return true;
    }
    let (reference, counterparty) = statements::plan::texts(entry);
    skeleton(reference.as_deref()) == skeleton(event.reference.as_deref())
        && skeleton(counterparty.as_deref()) == skeleton(event.counterparty.as_deref())
}

fn skeleton(text: Option<&str>) -> String {
    text.unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
