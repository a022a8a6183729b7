//! The steps of a notification from one state to the next.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Content, Evidence, Followup, IllegalTransition, Notification, Phase, Pinned, Reason, Resume,
    SkipReason, State, Versions, WaitReason,
};
use crate::NotificationId;

/// A pause of the mailer from this length on is left to the heartbeat, because Lambda gives an event up after
/// two retries, three minutes after its first delivery.
const LONG_PAUSE: Duration = Duration::from_secs(60);

/// Its transitions. A transition that the state does not allow is refused: the caller has not asked
/// [`Notification::next_step`], and a retry does not help.
impl Notification {
    /// Postpones it until a time.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it is finished, waits for a digest, or is in one.
    pub fn waits(
        self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        reason: WaitReason,
    ) -> Result<Self, IllegalTransition> {
        match self.is_deliverable() {
            true => Ok(self.enter(State::Waiting { until, reason }, now)),
            false => Err(self.illegal(Phase::Planned)),
        }
    }

    /// Settles it into the digest that it waits for. From then on the digest's
    /// outcome is its own.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless it waits for a digest.
    pub fn joins_digest(self) -> Result<Self, IllegalTransition> {
        if let State::Waiting {
            reason: WaitReason::Digest(digest),
            ..
        } = self.state
        {
            Ok(self.with(State::InDigest { digest }))
        } else {
            Err(self.illegal(Phase::Planned))
        }
    }

    /// Lets it wait for another digest than the one that it missed.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless it waits for a digest.
    pub fn misses_digest(
        self,
        next: NotificationId,
        until: DateTime<Utc>,
    ) -> Result<Self, IllegalTransition> {
        let reason = WaitReason::Digest(next);
        if let State::Waiting {
            reason: WaitReason::Digest(_),
            ..
        } = self.state
        {
            Ok(self.with(State::Waiting { until, reason }))
        } else {
            Err(self.illegal(Phase::Planned))
        }
    }

    /// Claims it for one attempt, before the mail is sent. Until the lease ends, only the worker that has saved this may act.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it is finished, waits for a digest, or is in one.
    pub fn sending(
        self,
        now: DateTime<Utc>,
        lease: Duration,
        mail: Pinned,
    ) -> Result<Self, IllegalTransition> {
        if !self.is_deliverable() {
            return Err(self.illegal(Phase::Sending));
        }
        let resume = self.state.resume().unwrap_or(Resume::Redelivery);
        let attempt = self.attempt.clone().unwrap_or_default().next(now, mail);
        let mut sending = self.enter(State::sending(now, lease, resume), now);
        sending.attempt = Some(attempt);
        Ok(sending)
    }

    /// Records that the mailer accepted the mail.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless it is being sent.
    pub fn sent(self, now: DateTime<Utc>, message: String) -> Result<Self, IllegalTransition> {
        self.is_sending(Phase::Sent)?;
        let evidence = Evidence::Answer;
        Ok(self.enter(State::Sent { message, evidence }, now))
    }

    /// Records that the mailer refused the mail permanently.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless it is being sent.
    pub fn refused(self, now: DateTime<Utc>, reason: Reason) -> Result<Self, IllegalTransition> {
        self.is_sending(Phase::Rejected)?;
        let message = None;
        Ok(self.enter(State::Rejected { reason, message }, now))
    }

    /// Records that the mailer did not accept the mail now, and requests a pause. After a long pause the heartbeat resumes the
    /// notification: see [`Notification::due_at`].
    ///
    /// # Errors
    /// [`IllegalTransition`] unless it is being sent.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a time of today and a pause are far from the end of all times"
    )]
    pub fn deferred(
        self,
        now: DateTime<Utc>,
        pause: Duration,
        reason: Reason,
    ) -> Result<Self, IllegalTransition> {
        let resume = self.is_sending(Phase::RetryAt)?;
        let until = now + pause;
        let state = State::Deferred {
            until,
            reason,
            resume: match resume {
                Resume::Redelivery if pause < LONG_PAUSE => Resume::Redelivery,
                Resume::Redelivery | Resume::Heartbeat(_) => Resume::Heartbeat(until),
            },
        };
        Ok(self.enter(state, now))
    }

    /// Records that the mailer gave no answer, so that the mail may have been sent.
    ///
    /// `window` is the time for the provider's reports, after which a notification about security is sent once more.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless it is being sent.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a time of today and a window are far from the end of all times"
    )]
    pub fn silent(
        self,
        now: DateTime<Utc>,
        reason: Reason,
        window: Duration,
    ) -> Result<(Self, Followup), IllegalTransition> {
        self.is_sending(Phase::Unknown)?;
        let repeats = self.kind().is_repeated_when_unknown() && self.attempts() == 1;
        let repeat_at = repeats.then(|| now + window);
        let followup = match repeats {
            true => Followup::Repeat,
            false => Followup::Letter,
        };
        Ok((
            self.enter(State::Unknown { reason, repeat_at }, now),
            followup,
        ))
    }

    /// Finishes it without a mail.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it is finished.
    pub fn skipped(
        self,
        now: DateTime<Utc>,
        reason: SkipReason,
    ) -> Result<Self, IllegalTransition> {
        match self.state {
            State::Sent { .. } | State::Rejected { .. } | State::Skipped { .. } => {
                Err(self.illegal(Phase::Skipped))
            }
            State::Waiting { .. }
            | State::HeldBack { .. }
            | State::InDigest { .. }
            | State::Sending { .. }
            | State::Deferred { .. }
            | State::Unknown { .. } => {
                let left_out_of = self.digest_id();
                Ok(self.enter(
                    State::Skipped {
                        reason: reason.into(),
                        left_out_of,
                    },
                    now,
                ))
            }
        }
    }

    /// Changes only the time at which the heartbeat resumes it.
    ///
    /// # Errors
    /// [`IllegalTransition`] if the heartbeat does not resume it.
    pub fn postponed(mut self, until: DateTime<Utc>) -> Result<Self, IllegalTransition> {
        let due = match &mut self.state {
            State::Waiting { until, .. }
            | State::HeldBack {
                until: Some(until), ..
            } => Some(until),
            State::Sending {
                resume: Resume::Heartbeat(at),
                ..
            }
            | State::Deferred {
                resume: Resume::Heartbeat(at),
                ..
            }
            | State::Unknown {
                repeat_at: Some(at),
                ..
            } => Some(at),
            State::HeldBack { until: None, .. }
            | State::InDigest { .. }
            | State::Sending { .. }
            | State::Deferred { .. }
            | State::Unknown { .. }
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Skipped { .. } => None,
        };
        match due {
            Some(due) => {
                *due = until;
                Ok(self)
            }
            None => Err(self.illegal(self.phase())),
        }
    }

    /// Pins the versions that a statement covers and the instant at which it begins. Changes nothing if it is not a statement,
    /// or has its versions.
    #[must_use]
    pub fn with_versions(mut self, begins: DateTime<Utc>, versions: Versions) -> Self {
        if let Content::Statement(statement) = &mut self.subject.content
            && statement.versions.is_none()
        {
            statement.begins = begins;
            statement.versions = Some(versions);
        }
        self
    }

    /// Whether its mail may be sent in this state: none was sent, or another may follow. A notification that waits for a
    /// digest is never sent alone, and one that is held back not by this version.
    fn is_deliverable(&self) -> bool {
        match self.state {
            State::Waiting {
                reason: WaitReason::Digest(_),
                ..
            }
            | State::HeldBack { .. }
            | State::InDigest { .. }
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Skipped { .. } => false,
            State::Waiting { .. }
            | State::Sending { .. }
            | State::Deferred { .. }
            | State::Unknown { .. } => true,
        }
    }

    fn is_sending(&self, to: Phase) -> Result<Resume, IllegalTransition> {
        if let State::Sending { resume, .. } = self.state {
            Ok(resume)
        } else {
            Err(self.illegal(to))
        }
    }

    fn illegal(&self, to: Phase) -> IllegalTransition {
        let from = self.phase();
        IllegalTransition { from, to }
    }

    /// Returns it in another state, with a new step in its history.
    pub(super) fn enter(mut self, state: State, now: DateTime<Utc>) -> Self {
        let phase = state.phase();
        self.history
            .add(phase, now, state.reason().map(Reason::new));
        self.facts.note(phase, now);
        self.with(state)
    }

    /// Returns it in another state, without a step in its history.
    fn with(self, state: State) -> Self {
        Notification { state, ..self }
    }
}
