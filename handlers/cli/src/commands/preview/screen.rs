//! What a mail is looked at on.

/// A reader's screen, as far as it changes a mail's looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Screen {
    /// The reader prefers light text on dark.
    pub(super) dark: bool,
    pub(super) phone: bool,
}

impl Screen {
    /// CSS pixels.
    pub(super) fn width(self) -> u32 {
        if self.phone {
            // Most phones of today have 360 to 430.
            390
        } else {
            // What a mail program's pane has, and a little more than the 600 of the mails.
            640
        }
    }

    /// What tells its pictures apart.
    pub(super) fn suffix(self) -> &'static str {
        match (self.dark, self.phone) {
            (false, false) => "",
            (true, false) => ".dark",
            (false, true) => ".phone",
            (true, true) => ".dark.phone",
        }
    }
}
