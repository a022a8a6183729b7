use crate::kernel::Core;

impl Core {
    /// An export that is run once more when all is done has each event, and adds
    /// up to the balances that the read model has.
    pub(super) fn check_exports(&mut self) {
        if !self.state.setup.exports {
            return;
        }
        let Some(manifest) = self.exported() else {
            if !self.state.store.commits.is_empty() {
                self.violate(COMPLETE, || "nothing was exported".to_owned());
            }
            return;
        };
        let mut broken = None;
        for (account, ledger) in &self.state.book.ledgers {
            let mut entries = manifest.accounts.iter();
            let entry = entries.find(|entry| entry.account_id == *account);
            let exported = entry.map_or(0, |entry| entry.last_version());
            if exported != ledger.balances.len() as u64 {
                let recorded = ledger.balances.len();
                broken = Some(format!("{account}: {exported} of {recorded} events"));
            }
        }
        for row in self.state.rows.values().map(|stored| &stored.value) {
            let kept = row
                .balance
                .as_ref()
                .map(|balance| balance.head.account.balance);
            let mut entries = manifest.accounts.iter();
            let entry = entries.find(|entry| entry.account_id == row.account_id);
            if kept != entry.map(|entry| entry.balance()) {
                broken = broken.or(Some(format!("{}: its balance is {kept:?}", row.account_id)));
            }
        }
        if let Some(detail) = broken {
            self.violate(COMPLETE, || detail);
        }
    }
}

const COMPLETE: &str = "an export has every event that was recorded";
