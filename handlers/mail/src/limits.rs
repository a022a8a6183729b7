//! How much of what others wrote is shown.

/// As long as a creditor reference and the remittance information of a SEPA payment (ISO 20022 `Max140Text`) may be.
pub(crate) const MAX_REFERENCE_CHARS: usize = 140;

/// As long as a party's name in ISO 20022 (`Max140Text`) may be.
pub(crate) const MAX_COUNTERPARTY_CHARS: usize = 140;

/// As long as a schedule's id may be.
pub(crate) const MAX_SCHEDULE_ID_CHARS: usize = 64;

/// Items of a digest that are shown: mail programs cut a mail at about 100 kB, and an item takes about 1 kB.
pub const MAX_DIGEST_ITEMS_SHOWN: usize = 50;

/// Entries of a statement that its mail shows; the attachment has all. See [`MAX_DIGEST_ITEMS_SHOWN`].
pub const MAX_STATEMENT_ENTRIES_SHOWN: usize = 50;

/// Entries of one statement. At their longest they stay below 7 MiB, which most receivers take as an attachment.
pub const MAX_STATEMENT_ENTRIES: usize = 5_000;
