use chrono::TimeDelta;
use domain::notification::{self, Contact, Kind, Notification};
use domain::recipient::Recipient;
use domain::{CustomerId, IntegrationEvent};
use handlers::ports::{Mail, Person};

use crate::book::KnownRevision;
use crate::clocks::LONGEST_STEP;
use crate::kernel::{Core, Micros, time_at};
use crate::ports::customers::is_in_force;

impl Core {
    /// The mail goes to an address that was the recipient's, who wished it and
    /// did not wish for quiet, at some moment since `began`.
    pub(super) fn check_recipient(
        &mut self,
        mail: &Mail,
        notification: &Notification,
        customer: &CustomerId,
        kinds: &[Kind],
        began: Micros,
    ) {
        let broken = self.wrong_recipient(mail, notification.recipient(), customer, kinds, began);
        if let Some(broken) = broken {
            self.violate(broken, || {
                let id = notification.id();
                format!("{kinds:?} of {id} to {}", mail.to.as_str())
            });
        }
    }

    fn wrong_recipient(
        &self,
        mail: &Mail,
        recipient: &Recipient,
        customer: &CustomerId,
        kinds: &[Kind],
        began: Micros,
    ) -> Option<&'static str> {
        let (known, _) = self.known_since(customer, began);
        let addressed: Vec<&Person> = known
            .iter()
            .filter(|known| known.replaced_at.is_none_or(|at| at >= began))
            .filter_map(|known| known.revision.person.as_ref()?.as_ref().ok())
            .filter(|person| person.address(recipient) == Some(&mail.to))
            .collect();
        if addressed.is_empty() {
            return Some(match recipient {
                Recipient::Customer => "no mail to an address that was replaced",
                Recipient::Address(_) => "no mail to an address that was taken away",
            });
        }
        let wants = |person: &&&Person| {
            let wishes = &person.preferences;
            kinds.iter().all(|kind| wishes.is_on_for(*kind, recipient))
        };
        let wanting: Vec<&&Person> = addressed.iter().filter(wants).collect();
        if wanting.is_empty() {
            return Some("no mail after an opt-out");
        }
        if kinds.contains(&Kind::Security) {
            return None;
        }
        // Its worker's clock may be off.
        let mut skew = self.state.setup.skew;
        if !self.state.clocks.were_right_since(began) {
            skew += LONGEST_STEP;
        }
        let skew = TimeDelta::microseconds(i64::try_from(skew).unwrap_or(0));
        let (from, to) = (time_at(began) - skew, self.time() + skew);
        let disturbs = |person: &&Person| {
            person
                .wishes()
                .quiet_until(from)
                .is_some_and(|end| end > to)
        };
        let all_disturbed = wanting.into_iter().all(disturbs);
        all_disturbed.then_some("no mail in quiet hours")
    }

    /// It was asked for when its event was recorded, and alone or in a digest
    /// as it came. `judged`: when it was first decided.
    pub(super) fn check_decision_of(
        &mut self,
        notification: &Notification,
        event: &IntegrationEvent,
        in_a_digest: bool,
        evaluated: Micros,
    ) {
        let broken = self.wrong_decision(notification, event, in_a_digest, evaluated);
        if let Some(broken) = broken {
            self.violate(broken, || {
                let (kind, id) = (notification.kind(), notification.id());
                format!("{kind}, {id}, in a digest: {in_a_digest}")
            });
        }
    }

    fn wrong_decision(
        &self,
        notification: &Notification,
        event: &IntegrationEvent,
        in_a_digest: bool,
        evaluated: Micros,
    ) -> Option<&'static str> {
        let (kind, recipient) = (&notification.kind(), notification.recipient());
        let (known, written) = self.known_since(&event.customer_id, evaluated);
        let time = event.metadata.recorded_at;
        // What was known when the delivery began, or at any moment since.
        let then = (written..=known.len()).filter_map(|count| {
            let mut in_force = known[..count].iter();
            in_force
                .rfind(|known| is_in_force(&known.revision, time))?
                .revision
                .person
                .as_ref()?
                .as_ref()
                .ok()
        });
        let then: Vec<&Person> = then.collect();
        let mut asking = then.iter().filter(|person| {
            let wishes = person.wishes();
            let decisions = notification::evaluate(event, Some(wishes), Contact::Known(wishes));
            decisions.into_iter().any(|decision| {
                decision.kind == *kind
                    && decision.recipient == *recipient
                    && decision.verdict.skip_reason().is_none()
            })
        });
        if asking.next().is_none() {
            return Some("no mail that was not asked for then");
        }
        let waits = |person: &Person| {
            let cadence = person.preferences.delivery();
            *kind != Kind::Security && cadence != domain::cadence::Cadence::Immediate
        };
        // Another kind of its event, which was stored before a change, binds this one.
        let all_otherwise = then.into_iter().all(|person| waits(person) != in_a_digest);
        all_otherwise.then_some("what is to wait for a digest is told by one")
    }

    /// All known revisions, and how many of them were written before `began`.
    fn known_since(&self, customer: &CustomerId, began: Micros) -> (&[KnownRevision], usize) {
        let known = self.state.book.customers.get(customer);
        let known = known.map_or(&[][..], Vec::as_slice);
        let written = known
            .iter()
            .filter(|known| known.written_at <= began)
            .count();
        (known, written)
    }
}
