//! The limits of what a mail shows.

/// Longest reference, in characters: as in ISO 20022 (`Max140Text`). A longer one is cut and ends in `…`.
pub(crate) const MAX_REFERENCE_CHARS: usize = 140;

/// Longest counterparty, in characters: as a party's name in ISO 20022 (`Max140Text`). A longer one is cut and ends in `…`.
pub(crate) const MAX_COUNTERPARTY_CHARS: usize = 140;

/// Longest schedule id, in characters: as long as the API allows. A longer one is cut and ends in `…`.
pub(crate) const MAX_SCHEDULE_ID_CHARS: usize = 64;

/// Items that a digest shows: mail programs cut a mail at about 100 kB, and an item takes about 1 kB. The mail counts the
/// rest.
pub const MAX_DIGEST_ITEMS_SHOWN: usize = 50;

/// Entries that a statement's mail shows, for the reason of [`MAX_DIGEST_ITEMS_SHOWN`]. The attachment has all.
pub const MAX_STATEMENT_ENTRIES_SHOWN: usize = 50;

/// Entries of one statement: at their longest they stay below 7 MiB, which most receivers accept as an attachment. A longer
/// statement is refused.
pub const MAX_STATEMENT_ENTRIES: usize = 5_000;
