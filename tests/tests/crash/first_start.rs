//! The process is killed while it makes its folder.

use std::thread;
use std::time::{Duration, Instant};

use tests::one_machine::{Append, Folder, Seed, Server, fixed_port, settled};

const FOLDERS: usize = 25;
const ACCOUNT: &str = "ACC-FIRST";
/// A start takes a tenth of this; one that took longer waited for a processor,
/// and to wait as long for each folder would take the test hours.
const LONGEST_START: Duration = Duration::from_secs(1);

#[test]
fn a_folder_whose_first_start_was_killed_is_taken_up_by_the_next() {
    let began = Instant::now();
    let mut seed = Seed::printed();
    let port = fixed_port();
    let started = Instant::now();
    Server::start_on(&Folder::new(), port).kill();
    let start_takes = started.elapsed().min(LONGEST_START).as_micros() as usize;
    for _ in 0..FOLDERS {
        let folder = Folder::new();
        let starting = Server::launch_on(&folder, port);
        let after = Duration::from_micros(seed.between(0, start_takes) as u64);
        thread::sleep(after);
        starting.kill();
        eprintln!("killed {after:?} after its launch");

        let server = Server::start_on(&folder, port);
        let api = server.api();
        api.put_customer("ana", "en");
        api.open(ACCOUNT, "ana", "EUR");
        api.append(&Append::deposit(ACCOUNT, "first", "1.00", "EUR", "first"));
        let outcome = settled(&api, &folder.disk(), ACCOUNT, 2, 1);
        assert_eq!(outcome.account["balance"], "1.00");
        assert_eq!(outcome.mails.len(), 1);
        assert_eq!(outcome.verification["valid"], true);
        server.kill();
    }
    eprintln!(
        "{FOLDERS} first starts killed, {FOLDERS} folders taken up; {:.1} s",
        began.elapsed().as_secs_f32()
    );
}
