//! The host of a process without a window: its clipboard is a file, every dialog is confirmed, and it stands still at a
//! point when it was told to, so that it can be killed exactly there.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ownkey_app::host::{ClipboardFault, Confirmation, Host, Later, Notice, Saved, Saving};
use ownkey_demo::lines::Told;
use tokio::sync::Notify;
use zeroize::Zeroizing;

/// Writes one line, whole: it is there for whoever reads even if the process dies next.
pub(crate) fn say(told: &Told) {
    if let Ok(line) = serde_json::to_string(told) {
        println!("{line}");
    }
}

#[derive(Clone)]
pub(crate) struct LineHost {
    clipboard: PathBuf,
    hold: Arc<Mutex<Option<(String, usize)>>>,
    go: Arc<Notify>,
}

impl LineHost {
    pub(crate) fn new(clipboard: PathBuf) -> Self {
        Self { clipboard, hold: Arc::default(), go: Arc::default() }
    }

    /// It stands still, once, when it reaches `point` for the `nth` time from now on, counted from 0.
    pub(crate) fn hold_at(&self, point: String, nth: usize) {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner) = Some((point, nth));
    }

    /// It goes on.
    pub(crate) fn go(&self) {
        self.go.notify_one();
    }

    fn holds(&self, point: &str) -> bool {
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        match hold.as_mut() {
            Some((at, 0)) if at == point => {
                *hold = None;
                true
            }
            Some((at, more)) if at == point => {
                *more -= 1;
                false
            }
            _ => false,
        }
    }
}

impl Host for LineHost {
    fn read_clipboard(&self) -> Result<Zeroizing<String>, ClipboardFault> {
        let text = std::fs::read_to_string(&self.clipboard).map(Zeroizing::new);
        text.ok().filter(|text| !text.is_empty()).ok_or(ClipboardFault::Empty)
    }

    fn clear_clipboard(&self, used: &str) {
        if self.read_clipboard().is_ok_and(|now| now.as_str() == used) {
            let _another_has_it = std::fs::write(&self.clipboard, "");
        }
    }

    fn write_clipboard(&self, text: &str) -> Result<(), ClipboardFault> {
        std::fs::write(&self.clipboard, text).map_err(|_| ClipboardFault::Empty)
    }

    fn open_page(&self, _address: &str) -> bool {
        true
    }

    fn confirm(&self, _question: Confirmation) -> Later<'_, bool> {
        Box::pin(async { true })
    }

    fn save(&self, _saving: Saving) -> Later<'_, Saved> {
        Box::pin(async { Saved::Declined })
    }

    fn choose(&self) -> Later<'_, Option<PathBuf>> {
        Box::pin(async { None })
    }

    fn notify(&self, _notice: Notice) {}

    fn start_with_system(&self, _on: bool) -> bool {
        false
    }

    fn changed(&self) {}

    fn quit(&self) {}

    fn reached(&self, point: &'static str) -> Later<'_, ()> {
        let held = self.holds(point);
        say(&Told::Reached { point: point.to_owned(), held });
        Box::pin(async move {
            if held {
                self.go.notified().await;
            }
        })
    }

    fn practice_key<'a>(&'a self, _provider: &'a str, _admin: bool) -> Later<'a, bool> {
        Box::pin(async { false })
    }
}
