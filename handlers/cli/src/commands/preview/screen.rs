//! What a mail is looked at on.

/// The properties of a reader's screen that change the look of a mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Screen {
    /// Whether the reader prefers dark mode.
    pub(super) dark: bool,
    pub(super) phone: bool,
}

impl Screen {
    /// Returns the width in CSS pixels.
    pub(super) fn width(self) -> u32 {
        if self.phone {
            // Most current phones have 360 to 430.
            390
        } else {
            // A typical pane of a mail program, and a little more than the 600 of the mails.
            640
        }
    }

    /// Returns the suffix of its pictures' names.
    pub(super) fn suffix(self) -> &'static str {
        match (self.dark, self.phone) {
            (false, false) => "",
            (true, false) => ".dark",
            (false, true) => ".phone",
            (true, true) => ".dark.phone",
        }
    }
}
