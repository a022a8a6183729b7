//! What AWS asks for, in one place: us-east-1, on demand, as price guides of
//! March and June 2026 have it (DynamoDB's since November 2024).
//!
//! Sources: <https://aws.amazon.com/dynamodb/pricing/on-demand/>,
//! <https://aws.amazon.com/eventbridge/pricing/>.

/// An amount in billionths of a US dollar, because a unit costs less than a millionth.
pub(super) type NanoUsd = u64;

/// A consistent read of up to 4 KB from a table: 0.125 USD a million.
pub(super) const READ_UNIT: NanoUsd = 125;
/// A write of up to 1 KB: 0.625 USD a million.
pub(super) const WRITE_UNIT: NanoUsd = 625;
/// An event of up to 64 KB on a bus of one's own: 1 USD a million.
pub(super) const BUS_EVENT: NanoUsd = 1000;

/// Formats a sum in dollars and cents, rounded up.
pub(super) fn to_usd(nanos: NanoUsd) -> String {
    let cents = nanos.div_ceil(10_000_000);
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_a_cent_is_rounded_up() {
        assert_eq!(to_usd(0), "0.00");
        assert_eq!(to_usd(1), "0.01");
        assert_eq!(to_usd(1_000_000 * BUS_EVENT), "1.00");
        assert_eq!(to_usd(1_000_000 * WRITE_UNIT), "0.63");
    }
}
