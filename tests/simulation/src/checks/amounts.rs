use domain::notification::Kind;
use domain::{AccountId, Currency, Version};
use handlers::ports::Mail;
use mail::{Amount, Locale, format_amount};

use crate::kernel::Core;

impl Core {
    /// Amount and balance of the mail are those of the event, added up anew.
    pub(super) fn check_amounts(
        &mut self,
        mail: &Mail,
        account: &AccountId,
        version: Version,
        kinds: &[Kind],
    ) {
        let book = &self.state.book;
        let (Some(balance), Some(before), Some(currency)) = (
            book.balance_at(account, version),
            book.balance_at(account, version - 1),
            self.currency_of(account),
        ) else {
            return;
        };
        let tells_amount = |kind: &Kind| {
            matches!(
                kind,
                Kind::Deposit | Kind::Withdrawal | Kind::Reversal | Kind::LargeAmount
            )
        };
        let mut expected = vec![balance];
        if kinds.iter().any(tells_amount) {
            expected.push((balance - before).abs());
        }
        self.check_shown(mail, currency, &expected);
    }

    /// Text and html show these amounts, in minor units.
    pub(super) fn check_shown(&mut self, mail: &Mail, currency: Currency, expected: &[i128]) {
        let locale = if mail.to.as_str().contains("fr-") {
            Locale::Fr
        } else {
            Locale::En
        };
        for minor in expected {
            let amount = Amount {
                minor: i64::try_from(*minor).unwrap_or(i64::MAX),
                currency: currency.code().to_owned(),
                digits: currency.digits(),
            };
            let amount = format_amount(&amount, locale);
            if !mail.text.contains(&amount) || !mail.html.contains(&amount) {
                self.violate("a mail's amounts are its events'", || {
                    format!("{} lacks {amount:?}:\n{}", mail.notification_id, mail.text)
                });
            }
        }
    }
}
