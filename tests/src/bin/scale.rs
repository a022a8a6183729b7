//! `cargo xtask scale`: EVENTS over ACCOUNTS on one machine.

use std::process::ExitCode;

use tests::scale::{MAX_MEMORY, Scale};

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map_while(|text| text.parse().ok());
    let (Some(events), Some(accounts)) = (numbers.next(), numbers.next()) else {
        eprintln!("usage: scale EVENTS ACCOUNTS");
        return ExitCode::from(2);
    };
    let measured = Scale { events, accounts }.measure();
    eprintln!("{}", measured.table());
    match measured.largest_memory() <= MAX_MEMORY {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
