//! The composition of the use cases from ports, once for all programs.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::append::Appender;
use crate::customers::CustomerService;
use crate::feedback::Feedback;
use crate::http::Api;
use crate::notify::{Evaluator, Notifier, Previewer, Settings, WhatIf};
use crate::ports::{
    AccountIndex, Bus, Changes, Clock, CustomerIndex, Customers, DeadLetterQueue, EventStore, Ids,
    Keys, Mailer, Notifications, ReadModel, Replays, Schedules, Suppressions,
};
use crate::project::Projector;
use crate::query::Queries;
use crate::query::changes::IndexedChanges;
use crate::query::status::StatusReader;
use crate::redrive::Redriver;
use crate::replay::Replayer;
use crate::schedule::Scheduler;
use crate::search::{Reindexer, Searcher};
use crate::suppressions::SuppressionService;
use crate::unsubscribe::Unsubscriber;

/// A composition root: it provides ports and settings, and gets the use cases.
///
/// A method that a program does not call is not linked into it, nor is the adapter that the method returns. A trait object
/// would link all of them, so no program makes one.
pub trait Composition {
    /// Returns the event store.
    fn store(&self) -> Arc<dyn EventStore>;
    /// Returns the read model of balances.
    fn read_model(&self) -> Arc<dyn ReadModel>;
    /// Returns the customers.
    fn customers(&self) -> Arc<dyn Customers>;
    /// Returns the index of the customers.
    fn customer_index(&self) -> Arc<dyn CustomerIndex>;
    /// Returns the index of the accounts.
    fn account_index(&self) -> Arc<dyn AccountIndex>;
    /// Returns the notifications.
    fn notifications(&self) -> Arc<dyn Notifications>;
    /// Returns the suppressed addresses.
    fn suppressions(&self) -> Arc<dyn Suppressions>;
    /// Returns the scheduled operations.
    fn schedules(&self) -> Arc<dyn Schedules>;
    /// Returns the replays and their progress.
    fn replays(&self) -> Arc<dyn Replays>;
    /// Returns the event bus.
    fn bus(&self) -> Arc<dyn Bus>;
    /// Returns the dead-letter queue.
    fn dead_letters(&self) -> Arc<dyn DeadLetterQueue>;
    /// Returns the mailer.
    fn mailer(&self) -> Arc<dyn Mailer>;
    /// Returns the keys that sign links and codes in mails.
    fn keys(&self) -> Arc<dyn Keys>;
    /// Returns the clock.
    fn clock(&self) -> Arc<dyn Clock>;
    /// Returns the source of random ids.
    fn ids(&self) -> Arc<dyn Ids>;
    /// Returns the installation's settings for mails.
    fn settings(&self) -> Settings;
    /// Returns how far readers of the time index stay behind now; see
    /// [`SAFETY_WINDOW`](crate::query::time_index::SAFETY_WINDOW).
    fn safety_window(&self) -> TimeDelta;

    /// Returns what shows that something has changed. The default reads the indexes by time, for a store that many programs
    /// write.
    fn changes(&self) -> Arc<dyn Changes> {
        Arc::new(IndexedChanges {
            store: self.store(),
            notifications: self.notifications(),
        })
    }

    /// Composes an appender that remembers no account yet.
    fn appender(&self) -> Appender {
        Appender::new(self.store(), self.clock())
    }

    /// Composes the projector, which processes the stream.
    fn projector(&self) -> Projector {
        Projector {
            store: self.store(),
            read_model: self.read_model(),
            bus: self.bus(),
            dead_letters: self.dead_letters(),
            clock: self.clock(),
        }
    }

    /// Composes the evaluator, which decides and writes nothing.
    fn evaluator(&self) -> Evaluator {
        Evaluator {
            store: self.store(),
            customers: self.customers(),
        }
    }

    /// Composes the notifier, the only use case with a mailer.
    fn notifier(&self) -> Notifier {
        Notifier {
            store: self.store(),
            customers: self.customers(),
            notifications: self.notifications(),
            suppressions: self.suppressions(),
            keys: self.keys(),
            mailer: self.mailer(),
            dead_letters: self.dead_letters(),
            clock: self.clock(),
            settings: self.settings(),
        }
    }

    /// Composes the dry run of the notifier.
    fn previewer(&self) -> Previewer {
        Previewer {
            evaluator: self.evaluator(),
            suppressions: self.suppressions(),
            clock: self.clock(),
            bank_name: self.settings().bank_name,
        }
    }

    /// Composes the what-if over the history.
    fn what_if(&self) -> WhatIf {
        WhatIf {
            evaluator: self.evaluator(),
            clock: self.clock(),
            safety_window: self.safety_window(),
        }
    }

    /// Composes the reader of the mail provider's events.
    fn feedback(&self) -> Feedback {
        Feedback {
            notifications: self.notifications(),
            suppressions: self.suppressions(),
            clock: self.clock(),
        }
    }

    /// Composes the redriver of dead letters.
    fn redriver(&self) -> Redriver {
        Redriver {
            queue: self.dead_letters(),
            bus: self.bus(),
            projector: Arc::new(self.projector()),
            notifications: self.notifications(),
            schedules: self.schedules(),
            feedback: Arc::new(self.feedback()),
        }
    }

    /// Composes the replayer, which has no mailer.
    fn replayer(&self) -> Replayer {
        Replayer {
            store: self.store(),
            read_model: self.read_model(),
            bus: self.bus(),
            replays: self.replays(),
            clock: self.clock(),
            ids: self.ids(),
            safety_window: self.safety_window(),
        }
    }

    /// Composes the scheduler.
    fn scheduler(&self) -> Scheduler {
        self.scheduler_with(Arc::new(self.appender()))
    }

    /// Composes the scheduler with an existing appender, so that a process remembers each account's head once.
    fn scheduler_with(&self, appender: Arc<Appender>) -> Scheduler {
        Scheduler {
            schedules: self.schedules(),
            store: self.store(),
            appender,
            dead_letters: self.dead_letters(),
            clock: self.clock(),
        }
    }

    /// Composes the queries of balances and history.
    fn queries(&self) -> Queries {
        Queries {
            store: self.store(),
            read_model: self.read_model(),
            clock: self.clock(),
            safety_window: self.safety_window(),
        }
    }

    /// Composes the reader of the status.
    fn status_reader(&self) -> StatusReader {
        StatusReader {
            store: self.store(),
            read_model: self.read_model(),
            notifications: self.notifications(),
            schedules: self.schedules(),
            dead_letters: self.dead_letters(),
            clock: self.clock(),
        }
    }

    /// Composes the service for customers.
    fn customer_service(&self) -> CustomerService {
        CustomerService {
            customers: self.customers(),
            clock: self.clock(),
        }
    }

    /// Composes the search.
    fn searcher(&self) -> Searcher {
        Searcher {
            accounts: self.account_index(),
            queries: Arc::new(self.queries()),
            customers: self.customers(),
            customer_index: self.customer_index(),
            notifications: self.notifications(),
        }
    }

    /// Composes the maintenance of what the search finds by.
    fn reindexer(&self) -> Reindexer {
        Reindexer {
            read_model: self.read_model(),
            customers: self.customers(),
            customer_index: self.customer_index(),
        }
    }

    /// Composes the service that lists and lifts suppressions.
    fn suppression_service(&self) -> SuppressionService {
        SuppressionService {
            suppressions: self.suppressions(),
            customers: Arc::new(self.customer_service()),
            clock: self.clock(),
        }
    }

    /// Composes the use case behind the unsubscribe links in mails.
    fn unsubscriber(&self) -> Unsubscriber {
        Unsubscriber {
            keys: self.keys(),
            customers: Arc::new(self.customer_service()),
        }
    }

    /// Composes everything behind the HTTP API, with one appender.
    fn api(&self) -> Api {
        let appender = Arc::new(self.appender());
        Api {
            appender: appender.clone(),
            queries: Arc::new(self.queries()),
            status_reader: Arc::new(self.status_reader()),
            changes: self.changes(),
            notifications: self.notifications(),
            customers: Arc::new(self.customer_service()),
            redriver: Arc::new(self.redriver()),
            replayer: Arc::new(self.replayer()),
            scheduler: Arc::new(self.scheduler_with(appender)),
            suppressions: Arc::new(self.suppression_service()),
            unsubscriber: Arc::new(self.unsubscriber()),
            previewer: Arc::new(self.previewer()),
            what_if: Arc::new(self.what_if()),
            searcher: Arc::new(self.searcher()),
            reindexer: Arc::new(self.reindexer()),
        }
    }
}
