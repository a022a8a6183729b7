use std::collections::BTreeMap;

use domain::Currency;
use export::Manifest;

use crate::kernel::Core;

const SUMS: &str = "exports, control totals and balances are one";

impl Core {
    /// What an export adds up to is what the events give that it has.
    pub(crate) fn check_export(&mut self, manifest: &Manifest) {
        let mut broken = None;
        let mut balances: BTreeMap<Currency, i128> = BTreeMap::new();
        let mut events = 0;
        for entry in &manifest.accounts {
            let version = entry.last_version();
            let folded = self.state.book.balance_at(&entry.account_id, version);
            let told = entry.balance();
            if folded != Some(i128::from(told.minor())) {
                broken = Some(format!(
                    "{} version {version}: {told:?}, and the events give {folded:?}",
                    entry.account_id
                ));
            }
            events += version;
            *balances.entry(told.currency()).or_default() += folded.unwrap_or(0);
        }
        if events != manifest.events {
            broken = Some(format!(
                "{} events, of accounts that have {events}",
                manifest.events
            ));
        }
        for (currency, totals) in &manifest.control_totals {
            let balance = balances.remove(currency).unwrap_or(0);
            let [credits, debits, told] = [totals.credits, totals.debits, totals.balance]
                .map(|sum| minor(&sum.to_string(), *currency));
            if told != Some(balance) || credits.zip(debits).map(|(c, d)| c - d) != told {
                broken = Some(format!(
                    "{currency}: {totals:?}, and balances give {balance}"
                ));
            }
        }
        if let Some((currency, balance)) = balances.pop_first() {
            broken = broken.or(Some(format!("{currency} has {balance} and no totals")));
        }
        if let Some(detail) = broken {
            self.violate(SUMS, || detail);
        }
    }
}

/// Minor units of a decimal text of this currency.
fn minor(text: &str, currency: Currency) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = usize::try_from(currency.digits()).ok()?;
    (fraction.len() == digits)
        .then(|| format!("{whole}{fraction}").parse().ok())
        .flatten()
}
