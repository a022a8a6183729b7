//! The page behind the link. It contains no text of callers or customers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::cadence::Cadence;
use domain::notification::Kind;
use mail::Locale;
use sha2::{Digest, Sha256};

use super::{DELIVERY, FIELD, ONE_CLICK, UNDO};
use crate::unsubscribe::{Link, SwitchedOff, Topic};

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto 0;padding:0 1.25rem;\
color:#1c2733;background:#fff}h1{font-size:1.4rem}button{font:inherit;padding:.6rem 1.1rem;border:0;border-radius:.4rem;\
background:#1f5a7a;color:#fff;cursor:pointer}form{margin:.6rem 0}button:focus-visible{outline:3px solid #e0a100;outline-offset:2px}\
@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#12181f}button{background:#8cc4e0;color:#0b1a24}}";

/// The content security policy: nothing from other origins, no script, the one style by its hash, and a form to the page's own
/// origin.
pub(super) fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[derive(Clone, Copy)]
enum Language {
    English,
    French,
}

impl Language {
    fn of(link: &Link) -> Self {
        match link.locale.map(Locale::as_str) {
            Some("fr") => Language::French,
            _ => Language::English,
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::French => "fr",
        }
    }
}

/// A page, before its rendering as HTML.
pub(super) struct Page {
    language: Language,
    title: &'static str,
    text: String,
    choices: Vec<Choice>,
}

/// A button, with the field and the value that it sends.
struct Choice {
    field: &'static str,
    value: String,
    label: &'static str,
}

impl Choice {
    fn stop(label: &'static str) -> Self {
        Choice {
            field: FIELD,
            value: ONE_CLICK.to_owned(),
            label,
        }
    }

    fn deliver(delivery: Cadence, language: Language) -> Self {
        let label = match (delivery, language) {
            (Cadence::Immediate, Language::English) => "One for each movement, at once",
            (Cadence::Immediate, Language::French) => "Un e-mail à chaque mouvement",
            (Cadence::Daily, Language::English) => "Together, every morning",
            (Cadence::Daily, Language::French) => "Ensemble, chaque matin",
            (Cadence::Weekly, Language::English) => "Together, every Monday",
            (Cadence::Weekly, Language::French) => "Ensemble, chaque lundi",
        };
        Choice {
            field: DELIVERY,
            value: delivery.as_str().to_owned(),
            label,
        }
    }
}

impl Page {
    /// Returns the page that asks for confirmation, or, for the link in a customer's digest, what the customer would like instead.
    pub(super) fn ask(link: &Link) -> Self {
        let language = Language::of(link);
        if link.topic == Topic::All && link.is_own {
            return Page::ask_about_digests(language);
        }
        let topic = topic(link.topic, language);
        let (title, text, button) = match language {
            Language::English => (
                "Stop these e-mails?",
                format!(
                    "If you confirm, you will get no more e-mails about {topic}. Everything else stays as it is."
                ),
                "Stop these e-mails",
            ),
            Language::French => (
                "Ne plus recevoir ces e-mails ?",
                format!(
                    "Si vous confirmez, vous ne recevrez plus d’e-mails concernant {topic}. Le reste ne change pas."
                ),
                "Ne plus recevoir ces e-mails",
            ),
        };
        Page {
            language,
            title,
            text,
            choices: vec![Choice::stop(button)],
        }
    }

    fn ask_about_digests(language: Language) -> Self {
        let topic = topic(Topic::All, language);
        let (title, text, none) = match language {
            Language::English => (
                "Change your summaries",
                format!("When would you like to get e-mails about {topic}?"),
                "Never, except about security",
            ),
            Language::French => (
                "Modifier vos résumés",
                format!("Quand souhaitez-vous recevoir des e-mails concernant {topic} ?"),
                "Jamais, sauf pour la sécurité",
            ),
        };
        let mut choices: Vec<Choice> = Cadence::ALL
            .into_iter()
            .map(|delivery| Choice::deliver(delivery, language))
            .collect();
        choices.push(Choice::stop(none));
        Page {
            language,
            title,
            text,
            choices,
        }
    }

    /// Returns the page after a click that has switched something off, with what undoes it.
    pub(super) fn done(off: SwitchedOff) -> Self {
        let SwitchedOff { link, undo } = off;
        let language = Language::of(&link);
        let topic = topic(link.topic, language);
        let (title, text, button) = match language {
            Language::English => (
                "Done",
                format!(
                    "You will get no more e-mails about {topic}. One that is on its way may still arrive."
                ),
                "Undo",
            ),
            Language::French => (
                "C’est fait",
                format!(
                    "Vous ne recevrez plus d’e-mails concernant {topic}. Un e-mail déjà parti peut encore arriver."
                ),
                "Annuler",
            ),
        };
        let undo = undo.map(|value| Choice {
            field: UNDO,
            value,
            label: button,
        });
        Page {
            language,
            title,
            text,
            choices: undo.into_iter().collect(),
        }
    }

    /// Returns the page after an undone click.
    pub(super) fn undone(link: &Link) -> Self {
        let language = Language::of(link);
        let topic = topic(link.topic, language);
        let (title, text) = match language {
            Language::English => (
                "Undone",
                format!("You get e-mails about {topic} again, as before."),
            ),
            Language::French => (
                "C’est annulé",
                format!("Vous recevez de nouveau des e-mails concernant {topic}, comme avant."),
            ),
        };
        Page {
            language,
            title,
            text,
            choices: Vec::new(),
        }
    }

    /// Returns the page after another choice of when mails come.
    pub(super) fn delivered(link: &Link, delivery: Cadence, gets_any: bool) -> Self {
        let language = Language::of(link);
        let topic = topic(link.topic, language);
        let mut text = match (language, delivery) {
            (Language::English, Cadence::Immediate) => {
                format!("From now on you get an e-mail about {topic} at once.")
            }
            (Language::English, Cadence::Daily) => {
                format!("From now on you get one e-mail every morning about {topic}.")
            }
            (Language::English, Cadence::Weekly) => {
                format!("From now on you get one e-mail every Monday about {topic}.")
            }
            (Language::French, Cadence::Immediate) => {
                format!("Désormais, vous recevrez immédiatement les e-mails concernant {topic}.")
            }
            (Language::French, Cadence::Daily) => {
                format!("Désormais, vous recevrez chaque matin un e-mail concernant {topic}.")
            }
            (Language::French, Cadence::Weekly) => {
                format!("Désormais, vous recevrez chaque lundi un e-mail concernant {topic}.")
            }
        };
        if !gets_any {
            text = match language {
                Language::English => format!(
                    "You have switched off all e-mails about {topic}, so none will come. Your bank can switch them on again."
                ),
                Language::French => format!(
                    "Vous avez désactivé tous les e-mails concernant {topic} : vous n’en recevrez aucun. Votre banque peut les réactiver."
                ),
            };
        }
        let title = match language {
            Language::English => "Done",
            Language::French => "C’est fait",
        };
        Page {
            language,
            title,
            text,
            choices: Vec::new(),
        }
    }

    /// Returns the page for a link that does not work, in both languages, because its customer is unknown.
    pub(super) fn refused() -> Self {
        Page {
            language: Language::English,
            title: "This link does not work",
            text: "Nothing was changed. Please use the link of a newer e-mail, or tell your bank what you want to be told.\
                   </p><p lang=\"fr\">Ce lien ne fonctionne pas et rien n’a été modifié. Utilisez le lien d’un e-mail plus \
                   récent, ou indiquez vos préférences à votre banque."
                .to_owned(),
            choices: Vec::new(),
        }
    }

    /// Returns the page for a customer whose entry cannot be read, in both languages, because theirs is in it.
    pub(super) fn failed() -> Self {
        Page {
            language: Language::English,
            title: "This could not be done",
            text: "The fault is on our side, and nothing was changed. Please tell your bank that you do not want these e-mails.\
                   </p><p lang=\"fr\">L’erreur vient de chez nous et rien n’a été modifié. Veuillez indiquer à votre banque \
                   que vous ne souhaitez plus recevoir ces e-mails."
                .to_owned(),
            choices: Vec::new(),
        }
    }

    pub(super) fn html(&self) -> String {
        let Page { title, text, .. } = self;
        let lang = self.language.tag();
        // Without an action a form goes to the page's own URL, behind any stage or proxy. The values are ours, and in the
        // alphabet of URLs.
        let forms: String = self
            .choices
            .iter()
            .map(|Choice { field, value, label }| {
                format!(
                    "<form method=\"post\"><input type=\"hidden\" name=\"{field}\" value=\"{value}\">\
                     <button type=\"submit\">{label}</button></form>"
                )
            })
            .collect();
        format!(
            "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><main><h1>{title}</h1><p>{text}</p>{forms}</main></body></html>"
        )
    }
}

fn topic(topic: Topic, language: Language) -> &'static str {
    use Language::{English, French};
    match (topic, language) {
        (Topic::All, English) => "the movements of your accounts",
        (Topic::All, French) => "les mouvements de vos comptes",
        (Topic::Kind(Kind::Deposit), English) => "money that is paid in",
        (Topic::Kind(Kind::Deposit), French) => "les sommes reçues",
        (Topic::Kind(Kind::Withdrawal), English) => "money that is paid out",
        (Topic::Kind(Kind::Withdrawal), French) => "les sommes débitées",
        (Topic::Kind(Kind::Reversal), English) => "movements that are undone",
        (Topic::Kind(Kind::Reversal), French) => "les opérations annulées",
        (Topic::Kind(Kind::Overdrawn), English) => "accounts that are overdrawn",
        (Topic::Kind(Kind::Overdrawn), French) => "les découverts",
        (Topic::Kind(Kind::LargeAmount), English) => "large amounts",
        (Topic::Kind(Kind::LargeAmount), French) => "les montants importants",
        (Topic::Kind(Kind::LowBalance), English) => "low balances",
        (Topic::Kind(Kind::LowBalance), French) => "les soldes faibles",
        (Topic::Kind(Kind::ScheduleRun), English) => "scheduled operations that are done",
        (Topic::Kind(Kind::ScheduleRun), French) => "les opérations programmées effectuées",
        (Topic::Kind(Kind::ScheduleSkipped), English) => "scheduled operations that are not done",
        (Topic::Kind(Kind::ScheduleSkipped), French) => "les opérations programmées non effectuées",
        (Topic::Kind(Kind::Statement), English) => "statements",
        (Topic::Kind(Kind::Statement), French) => "les relevés",
        // No mail has such a link, and a forged one is refused.
        (Topic::Kind(Kind::Security), English) => "security",
        (Topic::Kind(Kind::Security), French) => "la sécurité",
    }
}
