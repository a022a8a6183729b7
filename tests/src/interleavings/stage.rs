//! The world on which a schedule is played: what is stored, what is under way,
//! and who stands before which call.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::notification::{Notification, State as NotificationState};
use handlers::composition::Composition;
use handlers::notify::Notifier;
use handlers::ports::{Clock, CustomerRevision, Customers, Saved};
use handlers::redrive::{Redriver, Selection};
use serde_json::json;

use super::actor::{Actor, Step, run_to_end};
use super::choice::{Choice, Turn};
use super::explorer::Bounds;
use super::message::{Message, digest};
use crate::world::{World, account, customer, deposited, opened, reaches_notify};

/// Longer than a lease, a put-off mail and a letter's hiding.
pub(super) const A_WHILE: Duration = Duration::from_secs(600);
const WORKERS: usize = 2;

/// What every schedule starts from: one deposit, and whom to tell.
#[derive(Debug)]
pub struct Scene {
    event: Message,
    customer: CustomerRevision,
    mailer_knows: bool,
    /// What has happened already, within no bounds.
    before: Vec<Choice>,
}

impl Scene {
    /// The mailer can tell afterwards what became of an attempt, or cannot.
    pub fn of_a_deposit(mailer_knows: bool) -> Self {
        let world = World::default();
        let told = async {
            world.customer_with("ana@example.com", json!({})).await;
            let appender = world.appender();
            let movement = [opened(), deposited("125.50")];
            world
                .append(&appender, &account(1), "first", movement)
                .await
                .expect("the deposit is recorded");
            world.project(world.stream()).await;
            world.customers.latest(&customer()).await
        };
        let customer = run_to_end(told).expect("customers can be read");
        let event = world.bus.take_waiting().into_iter().find(reaches_notify);
        Scene {
            event: Message::of(event.expect("a deposit is told")),
            customer: customer.expect("the customer is known"),
            mailer_knows,
            before: Vec::new(),
        }
    }

    /// The same once its mail was lost and nobody knows: its letter waits, and
    /// the second delivery has left it at that.
    pub fn of_an_unknown_mail(mailer_knows: bool) -> Self {
        let go = |turn| Choice::Go(0, turn);
        let (to_the_mailer, letter_and_state) = ([go(Turn::Well); 3], [go(Turn::Well); 2]);
        let mut before = vec![Choice::Deliver(0)];
        before.extend(to_the_mailer);
        before.push(go(Turn::UnknownLost));
        before.extend(letter_and_state);
        before.extend([Choice::Deliver(0), go(Turn::Well)]);
        Scene {
            before,
            ..Scene::of_a_deposit(mailer_knows)
        }
    }
}

pub(super) struct Stage {
    pub(super) world: World,
    notifier: Arc<Notifier>,
    redriver: Arc<Redriver>,
    actors: Vec<Actor>,
    pub(super) event: Message,
    /// Messages to notify that nobody works on.
    pub(super) inbox: Vec<Message>,
    /// The letters that an operator has had sent, by the attempts they name.
    pub(super) named: BTreeSet<u64>,
    pub(super) left: Bounds,
    started: DateTime<Utc>,
    /// The digests of letters, by id, so that each is read once.
    bodies: RefCell<BTreeMap<String, u64>>,
}

impl Stage {
    pub(super) fn new(scene: &Scene, bounds: Bounds) -> Self {
        let world = World::default();
        let added = run_to_end(world.customers.add(&scene.customer));
        assert_eq!(added, Ok(Saved::Written), "the customer is kept");
        if scene.mailer_knows {
            world.mailer.tell_outcomes();
        }
        let mut notifier = world.notifier();
        notifier.settings.unknown_window = Duration::ZERO;
        world.faults.step_by_step();
        let mut stage = Stage {
            notifier: Arc::new(notifier),
            redriver: Arc::new(world.redriver()),
            actors: Vec::new(),
            event: scene.event.clone(),
            inbox: vec![scene.event.clone(), scene.event.clone()],
            named: BTreeSet::new(),
            left: Bounds::PLENTY,
            started: world.clock.now(),
            bodies: RefCell::default(),
            world,
        };
        scene.before.iter().for_each(|choice| stage.take(*choice));
        stage.left = bounds;
        stage
    }

    /// All that can happen now. Of things that are alike, the first stands for all.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        for (index, actor) in self.actors.iter().enumerate() {
            if self.actors[..index]
                .iter()
                .all(|other| other.seen != actor.seen)
            {
                let turns = Turn::of(actor.at).iter();
                choices.extend(turns.map(|turn| Choice::Go(index, *turn)));
                choices.push(Choice::Crash(index));
            }
        }
        let workers = self.actors.iter().filter(|actor| actor.message.is_some());
        let free = workers.count() < WORKERS && self.left.deliveries > 0;
        for (index, message) in self.inbox.iter().enumerate() {
            let earlier = &self.inbox[..index];
            if earlier.iter().all(|other| other.digest != message.digest) {
                choices.extend(free.then_some(Choice::Deliver(index)));
                choices.push(Choice::Duplicate(index));
                // Lost and never redriven is equal to not delivered yet.
                choices.extend((self.left.redrives > 0).then_some(Choice::Lose(index)));
            }
        }
        if self.left.redrives > 0 && !self.world.dead_letters.ids().is_empty() {
            choices.push(Choice::Redrive);
        }
        if self.left.waits > 0 && self.somebody_waits() {
            choices.push(Choice::Wait);
        }
        choices.retain(|choice| self.left.faults > 0 || !choice.is_fault());
        choices
    }

    /// A choice, as a person reads it.
    pub(super) fn told(&self, choice: Choice) -> String {
        let who = |index: usize| {
            let actor = &self.actors[index];
            let role = if actor.message.is_some() {
                "worker"
            } else {
                "operator"
            };
            format!("{role} {index} at {}", actor.at)
        };
        let what = |index: usize| match self.inbox[index].is_wish() {
            true => "a wish",
            false => "the event",
        };
        match choice {
            Choice::Deliver(index) => format!("a worker begins with {}", what(index)),
            Choice::Duplicate(index) => format!("{} is there twice", what(index)),
            Choice::Lose(index) => format!("{} is lost", what(index)),
            Choice::Redrive => "an operator names all letters".to_owned(),
            Choice::Wait => "time passes".to_owned(),
            Choice::Go(index, turn) => format!("{}: {turn:?}", who(index)),
            Choice::Crash(index) => format!("{}: dies", who(index)),
        }
    }

    pub(super) fn take(&mut self, choice: Choice) {
        self.left.faults -= u8::from(choice.is_fault());
        match choice {
            Choice::Deliver(index) => self.deliver(index),
            Choice::Duplicate(index) => self.inbox.push(self.inbox[index].clone()),
            Choice::Lose(index) => {
                let lost = self.inbox.remove(index);
                let letter = json!({ "detail-type": lost.event_type, "detail": lost.detail });
                self.world.dead_letters.put_foreign(&letter, &[]);
            }
            Choice::Redrive => self.redrive(),
            Choice::Wait => {
                self.left.waits -= 1;
                self.world.clock.advance(A_WHILE);
            }
            Choice::Go(index, turn) => self.go(index, turn),
            Choice::Crash(index) => self.inbox.extend(self.actors.remove(index).message),
        }
        self.collect();
    }

    fn deliver(&mut self, index: usize) {
        self.left.deliveries -= 1;
        let message = self.inbox.remove(index);
        let (notifier, entry) = (self.notifier.clone(), message.clone());
        let delivery = async move {
            notifier
                .deliver(&entry.event_type, &entry.detail)
                .await
                .is_ok()
        };
        let seen = digest((self.now(), message.digest));
        let step = Actor::start(&self.world.faults, Some(message.clone()), delivery, seen);
        self.stand(step, Some(message));
    }

    fn redrive(&mut self) {
        self.left.redrives -= 1;
        let ids = self.world.dead_letters.ids();
        let seen = digest((self.now(), &ids));
        let selection = Selection {
            ids,
            ..Selection::default()
        };
        let redriver = self.redriver.clone();
        let redrive = async move { redriver.redrive(&selection).await.is_ok() };
        let step = Actor::start(&self.world.faults, None, redrive, seen);
        self.stand(step, None);
    }

    fn go(&mut self, index: usize, turn: Turn) {
        let actor = self.actors.remove(index);
        let message = actor.message.clone();
        let sees = (turn, self.now(), self.seen_by(actor.at));
        self.world.mailer.answer(turn.answer());
        self.world.faults.grant(turn.fault());
        let step = actor.go(&self.world.faults, sees);
        self.world.mailer.forget_answers();
        self.stand(step, message);
    }

    /// What failed is delivered again.
    fn stand(&mut self, step: Step, message: Option<Message>) {
        match step {
            Step::Stands(actor) => self.actors.push(actor),
            Step::Ended(true) => {}
            Step::Ended(false) => self.inbox.extend(message),
        }
    }

    /// What the rules hand on from the bus.
    pub(super) fn collect(&mut self) {
        for entry in self.world.bus.take_waiting() {
            self.named
                .extend(entry.detail["resend"]["attempts"].as_u64());
            self.inbox.push(Message::of(entry));
        }
    }

    /// Everybody dies, what they worked on is delivered again, and from now on
    /// all goes well.
    pub(super) fn faults_end(&mut self) {
        let messages = self.actors.drain(..).filter_map(|actor| actor.message);
        self.inbox.extend(messages);
        self.world.faults.run_freely();
    }

    pub(super) fn deliver_freely(&self, entry: &Message) -> bool {
        run_to_end(self.notifier.deliver(&entry.event_type, &entry.detail)).is_ok()
    }

    pub(super) fn redrive_freely(&self, selection: &Selection) {
        run_to_end(self.redriver.redrive(selection)).expect("letters can be received");
    }

    /// Stages with the same digest have the same future, as far as what is left
    /// lets it come.
    pub(super) fn digest(&self) -> u64 {
        let mut actors: Vec<(&str, u64)> = self
            .actors
            .iter()
            .map(|actor| (actor.at, actor.seen))
            .collect();
        actors.sort_unstable();
        digest((actors, messages(self.inbox.iter()), self.stored()))
    }

    /// The same, should everybody die now.
    pub(super) fn digest_at_rest(&self) -> u64 {
        let under_way = self
            .actors
            .iter()
            .filter_map(|actor| actor.message.as_ref());
        digest((messages(self.inbox.iter().chain(under_way)), self.stored()))
    }

    fn stored(&self) -> impl Hash {
        let stored = (self.notifications(), self.letters(), self.mails());
        (self.now(), self.named.clone(), stored)
    }

    /// Whether anything will be otherwise after a while.
    fn somebody_waits(&self) -> bool {
        let now = self.now();
        let later = |time: Option<DateTime<Utc>>| time.is_some_and(|time| self.seconds(time) > now);
        let all = self.world.notifications.all();
        let letters = self.world.dead_letters.places();
        !self.actors.is_empty()
            || all.iter().any(|stored| later(busy_until(stored)))
            || letters
                .iter()
                .any(|(_, _, visible_from)| later(Some(*visible_from)))
    }

    /// What the answer to this call depends on.
    fn seen_by(&self, call: &str) -> u64 {
        match call {
            "notifications.get" | "notifications.save" => digest(self.notifications()),
            "dead_letters.remove" => digest(self.letters()),
            "mailer.send" | "mailer.outcome" => digest(self.mails()),
            "dead_letters.put" | "bus.publish" => 0,
            // Nobody suppresses an address here.
            "suppressions.get" => 0,
            other => panic!("{other}: nobody has said yet what its answer depends on"),
        }
    }

    /// In whole seconds: looks at the clock move it by microseconds, and no two
    /// times that are compared are as close as that.
    fn now(&self) -> i64 {
        self.seconds(self.world.clock.now())
    }

    fn seconds(&self, time: DateTime<Utc>) -> i64 {
        (time - self.started).num_seconds()
    }

    fn notifications(&self) -> impl Hash {
        let all = self.world.notifications.all().into_iter();
        all.map(|stored| {
            (
                (
                    stored.id(),
                    stored.phase(),
                    stored.attempts(),
                    self.world.notifications.revision(stored.id()),
                ),
                busy_until(&stored).map(|time| self.seconds(time)),
                stored.message_id().map(str::to_owned),
            )
        })
        .collect::<Vec<_>>()
    }

    fn letters(&self) -> impl Hash {
        let mut bodies = self.bodies.borrow_mut();
        let places = self.world.dead_letters.places().into_iter();
        places
            .map(|(id, received, visible_from)| {
                let body = *bodies.entry(id.clone()).or_insert_with(|| {
                    let body = self.world.dead_letters.body(&id).unwrap_or_default();
                    // Without its times: it is the same letter at any.
                    digest((body["attempts"].as_u64(), body["detail"].to_string()))
                });
                (id, received, self.seconds(visible_from), body)
            })
            .collect::<Vec<_>>()
    }

    fn mails(&self) -> impl Hash {
        let accepted = self.world.mailer.accepted().into_iter();
        let accepted: Vec<_> = accepted
            .map(|mail| (mail.notification_id, mail.attempt))
            .collect();
        (accepted, self.world.mailer.closed())
    }
}

fn messages<'a>(messages: impl Iterator<Item = &'a Message>) -> Vec<u64> {
    let mut messages: Vec<u64> = messages.map(|message| message.digest).collect();
    messages.sort_unstable();
    messages
}

/// Until when nobody acts on it: the end of a lease, or of the mailer's pause.
fn busy_until(stored: &Notification) -> Option<DateTime<Utc>> {
    match stored.state() {
        NotificationState::Sending { lease_until, .. } => Some(*lease_until),
        NotificationState::Deferred { until, .. } => Some(*until),
        _ => None,
    }
}
