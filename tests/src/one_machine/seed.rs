//! Chance that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

/// A generator of numbers (SplitMix64), from a seed that is printed.
#[derive(Debug)]
pub struct Seed(u64);

impl Seed {
    /// The seed that `LEDGERBELL_TEST_SEED` names, or else one of the clock.
    /// A failing test shows what is printed here.
    ///
    /// # Panics
    /// When `LEDGERBELL_TEST_SEED` is not a whole number.
    #[must_use]
    pub fn printed() -> Self {
        let seed = match std::env::var("LEDGERBELL_TEST_SEED") {
            Ok(text) => text
                .parse()
                .expect("LEDGERBELL_TEST_SEED is a whole number"),
            Err(_) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(1, |since| u64::from(since.subsec_nanos())),
        };
        eprintln!("seed: LEDGERBELL_TEST_SEED={seed}");
        Seed(seed)
    }

    /// A number from `low` to below `high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        low + (mixed as usize) % (high - low)
    }
}
