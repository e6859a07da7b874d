//! What the engine needs of the program around it: the window in the app, a stand-in in tests and the demo.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use ownkey_protocol::instant::Instant;
use zeroize::Zeroizing;

/// A future that a trait object can give.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The clipboard could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipboardFault {
    /// It holds no text.
    Empty,
    /// The system did not let us.
    Unreadable,
}

/// A question that only a native dialog may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Key of its title and body in the locale files: `revoke`, `discard`, `remove-member`, `revoke-device`.
    pub about: &'static str,
    /// Values for its sentences.
    pub fields: Vec<(&'static str, String)>,
    /// The language that the window is in.
    pub language: String,
}

/// What a person is told through the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Key of its title and body in the locale files: `due-soon`, `due`, `replaced`, `replace-stuck`,
    /// `bill-reached`, `bill-unusual`.
    pub about: &'static str,
    /// Values for its sentences.
    pub fields: Vec<(&'static str, String)>,
    /// The language that the window is in.
    pub language: String,
}

/// A sentence of the locale files, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its key in the locale files.
    pub id: &'static str,
    /// Its values.
    pub fields: Vec<(&'static str, String)>,
}

impl Sentence {
    /// A sentence.
    pub fn new(id: &'static str, fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { id, fields: fields.into_iter().collect() }
    }
}

/// A text for a file whose place only a native dialog may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// The name that is proposed.
    pub file: String,
    /// What it says.
    pub text: SavedText,
    /// The language that the window is in.
    pub language: String,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedText {
    /// For people: sentences, line by line.
    Sentences(Vec<Sentence>),
    /// For programs: a table as CSV (RFC 4180), as it stands.
    Table(String),
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is in the file.
    Written,
    /// The person chose no place.
    Declined,
    /// It could not be written there.
    Failed,
}

/// The program around the engine.
pub trait Host: Send + Sync + 'static {
    /// The clipboard's text.
    ///
    /// # Errors
    /// [`ClipboardFault`].
    fn read_clipboard(&self) -> Result<Zeroizing<String>, ClipboardFault>;

    /// Clears the clipboard if its text is still `used`.
    fn clear_clipboard(&self, used: &str);

    /// Puts a text on the clipboard.
    ///
    /// # Errors
    /// [`ClipboardFault`].
    fn write_clipboard(&self, text: &str) -> Result<(), ClipboardFault>;

    /// Opens an address in the system's browser; false when there is none.
    fn open_page(&self, address: &str) -> bool;

    /// Asks in a native dialog.
    fn confirm(&self, question: Confirmation) -> Later<'_, bool>;

    /// Tells the person something through the system, window or not; where it cannot, the window says it all the same.
    fn notify(&self, notice: Notice);

    /// Whether the app is to start with the system, without a window. False where the system does not let us.
    fn start_with_system(&self, on: bool) -> bool;

    /// The time by which dates are reckoned; tests move it.
    fn now(&self) -> Instant {
        crate::agency_client::now()
    }

    /// Asks in a native dialog where a text is to be saved, and saves it there.
    fn save(&self, saving: Saving) -> Later<'_, Saved>;

    /// Asks in a native dialog for a table to read; none where the person chose none.
    fn choose(&self) -> Later<'_, Option<PathBuf>>;

    /// What the window shows has changed.
    fn changed(&self);

    /// The person wants to leave.
    fn quit(&self);

    /// A step of connect has reached one of [`crate::connect_points`]; tests stop there as if the computer had died.
    fn reached(&self, _point: &'static str) -> Later<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Roots (DER) on which the agency's certificate may stand beside the bundled ones: for tests that run an agency with
    /// a certificate of their own. The app itself trusts none.
    fn agency_roots(&self) -> Vec<Vec<u8>> {
        vec![]
    }

    /// In a demo: makes a practice key at the simulated provider and puts it on the clipboard. False elsewhere.
    fn practice_key<'a>(&'a self, provider: &'a str, admin: bool) -> Later<'a, bool>;
}
