//! The window as the engine's host.

use std::path::PathBuf;

use ownkey_app::host::{ClipboardFault, Confirmation, Host, Later, Notice, Saved, Saving};
#[cfg(feature = "practice")]
use ownkey_protocol::instant::Instant;
use tauri::{AppHandle, Emitter};
use zeroize::Zeroizing;

use crate::clipboard::SystemClipboard;
use crate::setup::Place;
use crate::{background, dialogs};

/// The window.
pub(crate) struct WindowHost {
    app: AppHandle,
    clipboard: SystemClipboard,
    #[cfg_attr(not(feature = "practice"), expect(dead_code, reason = "read by practice builds only"))]
    place: Place,
}

impl WindowHost {
    pub(crate) fn new(app: AppHandle, place: &Place) -> Self {
        Self { app, clipboard: SystemClipboard::default(), place: place.clone() }
    }
}

impl Host for WindowHost {
    fn read_clipboard(&self) -> Result<Zeroizing<String>, ClipboardFault> {
        self.clipboard.read()
    }

    fn clear_clipboard(&self, used: &str) {
        self.clipboard.clear(used);
    }

    fn write_clipboard(&self, text: &str) -> Result<(), ClipboardFault> {
        self.clipboard.write(text)
    }

    fn open_page(&self, address: &str) -> bool {
        ownkey_providers::pages::may_open(address) && open::that_detached(address).is_ok()
    }

    fn confirm(&self, question: Confirmation) -> Later<'_, bool> {
        #[cfg(feature = "practice")]
        if let Some(answer) = self.place.practice.as_ref().and_then(|p| p.answer_dialogs) {
            return Box::pin(async move { answer });
        }
        Box::pin(async move { dialogs::confirm(&self.app, &question).await })
    }

    fn notify(&self, notice: Notice) {
        dialogs::notify(&self.app, &notice);
    }

    fn start_with_system(&self, on: bool) -> bool {
        background::start_with_system(&self.app, on)
    }

    #[cfg(feature = "practice")]
    fn now(&self) -> Instant {
        let days = self.place.practice.as_ref().map_or(0, |practice| practice.days_ahead);
        ownkey_app::agency_client::now().plus_millis(i64::from(days) * 24 * 60 * 60 * 1_000)
    }

    fn save(&self, saving: Saving) -> Later<'_, Saved> {
        #[cfg(feature = "practice")]
        if let Some(practice) = self.place.practice.as_ref()
            && let Some(answer) = practice.answer_dialogs
        {
            let file = practice.data_dir.join(&saving.file);
            return Box::pin(async move { if answer { dialogs::write(&file, &saving) } else { Saved::Declined } });
        }
        Box::pin(async move { dialogs::save(&self.app, saving).await })
    }

    fn choose(&self) -> Later<'_, Option<PathBuf>> {
        #[cfg(feature = "practice")]
        if let Some(practice) = self.place.practice.as_ref()
            && let Some(answer) = practice.answer_dialogs
        {
            let file = practice.data_dir.join("bill.csv");
            return Box::pin(async move { answer.then_some(file) });
        }
        Box::pin(dialogs::choose(&self.app))
    }

    fn changed(&self) {
        let _no_window_yet = self.app.emit("changed", ());
    }

    fn quit(&self) {
        self.app.exit(0);
    }

    #[cfg(feature = "practice")]
    fn practice_key<'a>(&'a self, provider: &'a str, admin: bool) -> Later<'a, bool> {
        Box::pin(async move {
            let Some(practice) = &self.place.practice else { return false };
            match practice.make_key(provider, admin).await {
                Some(key) => self.clipboard.write(&key).is_ok(),
                None => false,
            }
        })
    }

    #[cfg(not(feature = "practice"))]
    fn practice_key<'a>(&'a self, _provider: &'a str, _admin: bool) -> Later<'a, bool> {
        Box::pin(async { false })
    }
}
