//! What of the process can be reached.

use std::collections::BTreeSet;

use tests::one_machine::{Folder, Server, fixed_port};

#[test]
fn serve_listens_on_the_port_that_it_was_told_and_on_no_other() {
    let port = fixed_port();
    let server = Server::start_on(&Folder::new(), port);
    server.api().open("ACC-PORT", "ana", "EUR");
    assert_eq!(server.ports(), BTreeSet::from([port]));
    server.stop();
}
