use domain::notification::Notification;
use std::io;

use crate::bugs;
use crate::kernel::Core;

/// A sixth of what DynamoDB takes as an item (400 KB).
const MOST_BYTES: usize = 64 * 1024;
/// What an attempt adds to a history that keeps all.
const BYTES_OF_A_STEP: usize = 173;

impl Core {
    /// A notification is small, however long it has waited.
    pub(crate) fn check_size(&mut self, notification: &Notification) {
        let mut size = Size(0);
        // Counting does not fail.
        let _ = serde_json::to_writer(&mut size, notification);
        let mut bytes = size.0;
        if bugs::is("history-unbounded") {
            bytes += self.revision_of(notification.id()) as usize * BYTES_OF_A_STEP;
        }
        if bytes > MOST_BYTES {
            self.violate("a notification is small", || {
                let (id, steps) = (notification.id(), notification.history().len());
                format!("{id} has {bytes} bytes, and {steps} steps")
            });
        }
    }
}

/// Counts what is written.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
