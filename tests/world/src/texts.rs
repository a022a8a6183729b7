//! Texts of payments.

/// Returns a counterparty and a reference of realistic length, which differ for each number. Measurements need texts that
/// differ like those of real payments, because commits of many events are compressed.
pub fn payment_texts(number: u64) -> (String, String) {
    let mut random = fastrand::Rng::with_seed(number);
    let mut name = || NAMES[random.usize(..NAMES.len())];
    let counterparty = format!("{} & {} {}", name(), name(), name());
    let (invoice, day) = (random.u64(..10_000_000_000_000), random.u8(1..=28));
    let reference = format!("Invoice {invoice:013} of {day:02} November 2026");
    (counterparty, reference)
}

const NAMES: [&str; 20] = [
    "Aldous",
    "Brennan",
    "Castellani",
    "Dvořák",
    "Ekström",
    "Ferreira",
    "Grünwald",
    "Holloway",
    "Ivanova",
    "Jansen",
    "Kowalczyk",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "O'Sullivan",
    "Petridis",
    "Quintero",
    "Rasmussen",
    "Schröder",
    "Tanaka",
];
