//! The TCP ports that a process listens on, as Linux tells it (proc(5)).

use std::collections::BTreeSet;
use std::fs;

/// The state of a listening socket in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// By the sockets among its open files. Nothing of a process that has ended.
pub(super) fn listening(process: u32) -> BTreeSet<u16> {
    let sockets = sockets(process);
    ["tcp", "tcp6"]
        .into_iter()
        .filter_map(|family| fs::read_to_string(format!("/proc/{process}/net/{family}")).ok())
        .flat_map(|table| {
            let lines = table.lines().skip(1);
            lines
                .filter_map(|line| port_of(line, &sockets))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A line is that of a socket of the machine: its number in the list, both addresses, its state, and as the tenth field its inode.
fn port_of(line: &str, sockets: &BTreeSet<String>) -> Option<u16> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    if fields.get(3) != Some(&LISTENS) || !sockets.contains(*fields.get(9)?) {
        return None;
    }
    let (_, port) = fields.get(1)?.rsplit_once(':')?;
    u16::from_str_radix(port, 16).ok()
}

/// Their inodes.
fn sockets(process: u32) -> BTreeSet<String> {
    let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter();
    files
        .flatten()
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter_map(|target| {
            let name = target.to_str()?;
            let inode = name.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect()
}
