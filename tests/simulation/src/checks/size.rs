use std::io;

use domain::notification::Notification;

use crate::kernel::Core;

/// A sixth of what DynamoDB takes as an item (400 KB).
const MOST_BYTES: usize = 64 * 1024;
/// Of 256 notifications, those that are read again as they are stored.
const READ_AGAIN: u8 = 32;

impl Core {
    /// A notification is small, however long it has waited.
    pub(crate) fn check_size(&mut self, notification: &Notification) {
        let mut size = Size(0);
        // Counting does not fail.
        let _ = serde_json::to_writer(&mut size, notification);
        let bytes = size.0;
        if notification.id().uuid().as_bytes()[0] < READ_AGAIN {
            let stored = serde_json::to_value(notification);
            let read = stored.and_then(serde_json::from_value);
            if !read.is_ok_and(|read: Notification| read == *notification) {
                self.violate("a notification is read as it was saved", || {
                    format!("{notification:?}")
                });
            }
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
