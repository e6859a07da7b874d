//! A connection in the making, as the one pane *Connect* shows it.

use ownkey_protocol::vocabulary::{Provider, Use};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{CallView, CheckView, Failure, ModelOffer};

/// A connection in the making.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ConnectView {
    /// `cn_…`: the id of the connection that it will be.
    pub id: String,
    /// Provider.
    pub provider: Provider,
    /// Uses that the person wants it for.
    pub uses: Vec<Use>,
    /// Who makes the key.
    pub how: Option<How>,
    /// Where the person is.
    pub step: ConnectStep,
    /// Work that runs now, as a sentence of the locale files; `None` when it waits for the person.
    pub busy: Option<Busy>,
    /// The key, once there is one.
    pub key: Option<KeyHint>,
    /// Set while the person is asked whose key is on the clipboard: its shape is that of several providers.
    pub asked: Option<KeyHint>,
    /// The check on this computer.
    pub check: Option<CheckView>,
    /// Models that the account offers, by use.
    pub models: Vec<ModelOffer>,
    /// The model picked per use.
    pub picks: Vec<ModelPick>,
    /// True when the check says *no* to credit, scope or model, or only the agency can check (limited addresses).
    pub send_needs_consent: bool,
    /// What will be sent, shown before it is.
    pub parcel: Option<Parcel>,
    /// The agency's answer.
    pub receipt: Option<ReceiptView>,
    /// The low-stakes assistant that can try it, if there is one for a chosen use.
    pub trial: Option<TrialView>,
    /// Calls that ran on it since it is in use: the first per use.
    pub first_calls: Vec<CallView>,
    /// Steps of making the key for the person, done ones first.
    pub making: Vec<MakeStep>,
    /// What went wrong last, until the person goes on.
    pub failure: Option<Failure>,
    /// Made when (RFC 3339).
    pub started: String,
}

/// Who makes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The person, at the provider's page.
    ByHand,
    /// Ownkey, with an admin key.
    MadeForMe,
}

/// The steps, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConnectStep {
    /// Who makes the key?
    How,
    /// What to create and with which limits; the page; *Paste key* (or *Paste admin key*).
    Key,
    /// Five checks and the model per use.
    Check,
    /// What the agency gets and does not get.
    Review,
    /// Sent; the agency opens and checks it.
    Confirm,
    /// Try it on the low-stakes assistant.
    Try,
    /// Use it for all.
    Use,
    /// In use; waiting for or showing the first calls.
    Done,
}

/// Long work, each with its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Busy {
    /// Keeping the key in the keychain.
    Keeping,
    /// Making the key at the provider.
    Making,
    /// Asking the provider.
    Checking,
    /// Sealing and sending.
    Sending,
    /// Waiting for the agency's receipt.
    WaitingForReceipt,
    /// Starting the trial, or promoting.
    Switching,
    /// Cleaning up after *Discard*.
    Discarding,
}

/// All that the window knows of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeyHint {
    /// The last four characters.
    pub last_four: String,
    /// Kind, e.g. `project key`; a key of the locale files.
    pub kind: String,
    /// `short`, `usual` or `long`.
    pub length_class: String,
}

/// The model that a use is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelPick {
    /// Use.
    pub r#use: Use,
    /// The provider's id of the model; `None` = the assistant decides.
    pub model: Option<String>,
}

/// What will be sent, and what will not.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Parcel {
    /// Name of the agency.
    pub agency: String,
    /// Who can open it: the agency's sealing key.
    pub sealing_key: String,
    /// Cryptographic suite.
    pub suite: String,
    /// Size in bytes; the same for every usual key, so that it tells nothing.
    pub bytes: u32,
    /// Version number that it will have.
    pub version: u32,
}

/// The agency's signed answer, in short.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ReceiptView {
    /// What it says.
    pub outcome: ReceiptOutcome,
    /// When (RFC 3339, the agency's clock).
    pub at: String,
    /// The agency's own five verdicts.
    pub check: CheckView,
    /// SHA-256 of the sealed copy, first 16 hex digits.
    pub fingerprint: String,
}

/// What a receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// Kept, not opened yet.
    Stored,
    /// Opened, and the provider accepts it.
    Works,
    /// Opened, and the provider refuses it, or it could not be opened.
    Refused,
}

/// The trial on the low-stakes assistant.
#[derive(Debug, Clone, Serialize, TS)]
pub struct TrialView {
    /// `as_…`
    pub assistant: String,
    /// Its name.
    pub name: String,
    /// Running since (RFC 3339).
    pub since: Option<String>,
    /// Its first call on the new key.
    pub first_call: Option<CallView>,
}

/// One step of making a key with an admin key.
#[derive(Debug, Clone, Serialize, TS)]
pub struct MakeStep {
    /// Key of the sentence: `project`, `service_account`, `scoped_key`, `first_key_deleted`.
    pub what: String,
    /// Whether it is done.
    pub done: bool,
}

/// A receipt word for word.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ReceiptText {
    /// The signed statement as it travelled, indented for reading.
    pub text: String,
    /// Id of the key that signed it.
    pub signed_by: String,
}
