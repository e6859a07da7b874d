//! The system's clipboard.

use std::sync::{Mutex, PoisonError};

use arboard::{Clipboard, Error};
use ownkey_app::host::ClipboardFault;
use zeroize::Zeroizing;

/// The clipboard, opened at first use and kept: on X11 what was copied lives as long as its owner.
#[derive(Default)]
pub(crate) struct SystemClipboard(Mutex<Option<Clipboard>>);

impl SystemClipboard {
    fn with<T>(&self, act: impl FnOnce(&mut Clipboard) -> Result<T, Error>) -> Result<T, ClipboardFault> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Clipboard::new().ok();
        }
        let clipboard = slot.as_mut().ok_or(ClipboardFault::Unreadable)?;
        act(clipboard).map_err(|error| match error {
            Error::ContentNotAvailable => ClipboardFault::Empty,
            _ => ClipboardFault::Unreadable,
        })
    }

    pub(crate) fn read(&self) -> Result<Zeroizing<String>, ClipboardFault> {
        self.with(Clipboard::get_text).map(Zeroizing::new)
    }

    pub(crate) fn write(&self, text: &str) -> Result<(), ClipboardFault> {
        self.with(|c| c.set_text(text))
    }

    /// Clears the clipboard if its text is still `used`.
    pub(crate) fn clear(&self, used: &str) {
        if self.read().is_ok_and(|now| now.as_str() == used) {
            let _stays = self.with(Clipboard::clear);
        }
    }
}
