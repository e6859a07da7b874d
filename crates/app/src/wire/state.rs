//! Everything that the rooms show.

use ownkey_protocol::vocabulary::{Fallback, Payer, Provider, Role, Use};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    AgreementView, AssistantView, ConnectView, ConnectionView, DeviceView, Failure, InviteView, LimitView, MemberView,
    QuietHours, RotationView,
};

/// All that the window shows, folded from the local copy; cheap to ask for.
#[derive(Debug, Clone, Serialize, TS)]
pub struct AppState {
    /// Rises with every change.
    pub revision: u32,
    /// Program, version, and the agency's contact.
    pub about: About,
    /// Set in a demo or test with simulated providers: the banner that cannot be hidden.
    pub simulated: bool,
    /// True in the demo where the *Copy a practice key* button is offered.
    pub practice_keys: bool,
    /// Where the person is.
    pub stage: Stage,
    /// What the person set.
    pub preferences: Preferences,
    /// How fresh the local copy is.
    pub freshness: Freshness,
    /// The agency, once joined.
    pub agency: Option<AgencyView>,
    /// The member who sits here, once joined.
    pub me: Option<MeView>,
    /// At most three sentences with a button each, most pressing first.
    pub needs_you: Vec<Need>,
    /// Always three: chat, images, voice.
    pub uses: Vec<UseView>,
    /// Every connection that is not closed, those without a use too.
    pub connections: Vec<ConnectionView>,
    /// Connections in the making on this device (drafts and versions that are not yet in use).
    pub drafts: Vec<ConnectView>,
    /// Replacements of keys that this device drives, also those that are over and not closed yet.
    pub rotations: Vec<RotationView>,
    /// When all keys are to be replaced.
    pub agreement: AgreementView,
    /// Limits that are set.
    pub limits: Vec<LimitView>,
    /// The client's assistants.
    pub assistants: Vec<AssistantView>,
    /// People.
    pub members: Vec<MemberView>,
    /// Devices.
    pub devices: Vec<DeviceView>,
    /// Invites that are still open.
    pub invites: Vec<InviteView>,
    /// The record, as far as this device has verified it.
    pub record: RecordView,
    /// Which providers can be connected, and how.
    pub providers: Vec<ProviderView>,
    /// An invitation that was opened in the app and waits to be read.
    pub join_link: Option<String>,
}

/// Program and version.
#[derive(Debug, Clone, Serialize, TS)]
pub struct About {
    /// `Ownkey`, or `Ownkey (demo)`.
    pub name: String,
    /// E.g. `0.1.0`.
    pub version: String,
}

/// Which screen is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing joined yet: the welcome screen with its place for a join link.
    Welcome,
    /// Joined: the rooms.
    Joined,
    /// This device was revoked or its member removed: one page that says so.
    Removed,
    /// This device's key is gone from the keychain: one page that says so, and where a new invitation can be opened.
    Lost,
    /// The record or the agency's identity does not add up: everything that sends is off until a person has read it.
    Alarm,
}

/// What a person may set for this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preferences {
    /// `system`, or a tag that has a folder under `ui/locales`.
    pub language: String,
    /// `system`, `light` or `dark`.
    pub theme: String,
    /// Whether this computer replaces by itself what is due, where it can.
    #[serde(default = "on")]
    pub by_itself: bool,
    /// Hours in which it does not.
    #[serde(default)]
    pub quiet: Option<QuietHours>,
    /// Whether the person is told through the system.
    #[serde(default = "on")]
    pub notifications: bool,
    /// Whether Ownkey starts with the system, without a window, and goes on when its window is closed.
    #[serde(default)]
    pub background: bool,
}

const fn on() -> bool {
    true
}

/// How fresh the local copy is.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Freshness {
    /// Whether the agency answered the last time it was asked.
    pub online: bool,
    /// When the local copy was last the same as the agency's (RFC 3339), if ever.
    pub as_of: Option<String>,
    /// Why it is offline.
    pub failure: Option<Failure>,
}

/// The agency as this device knows it.
#[derive(Debug, Clone, Serialize, TS)]
pub struct AgencyView {
    /// Its name.
    pub name: String,
    /// Whom to ask: an e-mail address or telephone number, as the agency wrote it.
    pub contact: String,
    /// Its address, e.g. `https://agency.example`.
    pub url: String,
    /// Six words that stand for its identity key.
    pub words: Vec<String>,
    /// Internet addresses from which it calls providers.
    pub egress_addresses: Vec<String>,
}

/// The member who sits here.
#[derive(Debug, Clone, Serialize, TS)]
pub struct MeView {
    /// `mb_…`
    pub member: String,
    /// `dv_…`
    pub device: String,
    /// Name of the person.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Name of the client.
    pub client_name: String,
}

/// One item of the strip *Needs you*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Need {
    /// Which sentence and button.
    pub kind: NeedKind,
    /// The connection it is about.
    pub connection: Option<String>,
    /// The provider it is about.
    pub provider: Option<Provider>,
    /// The use it is about.
    pub r#use: Option<Use>,
    /// The assistant it is about, `as_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub assistant: Option<String>,
    /// Since when (RFC 3339).
    pub since: Option<String>,
    /// By when (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<String>,
}

/// Sentences of the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NeedKind {
    /// The record does not add up. Button: read.
    Alarm,
    /// The key of a connection was refused; calls are paid by the agency. Button: replace.
    KeyDeadPlatformPays,
    /// The key of a connection was refused; calls are stopped. Button: replace.
    KeyDeadStopped,
    /// The agency pays for calls because of a key that is not named above. Button: stop them.
    FallbackRuns,
    /// A month's budget is spent; calls are refused. Button: change it.
    BudgetStops,
    /// A month's budget is spent; calls go on. Button: change it.
    BudgetReached,
    /// A month's bill has reached an amount that the person set. Button: look.
    BillReached,
    /// Calls are paused. Button: go on.
    Paused,
    /// A connection in the making waits. Button: go on.
    DraftWaits,
    /// A replacement of a key waits for the person, or stands still. Button: look.
    RotationWaits,
    /// A key was to be replaced by a date that is past. Button: replace.
    KeyDue,
    /// A key is to be replaced by a date within two weeks. Button: replace.
    KeyDueSoon,
    /// The agency proposes when keys are to be replaced. Button: look.
    AgreementWaits,
    /// A key was retired but the provider may still accept it. Button: finish revoking.
    RevokeUnproven,
    /// This computer's keychain cannot be used. Button: try again.
    KeychainFault,
    /// The computer's clock is wrong by more than five minutes.
    ClockWrong,
    /// Nothing is connected yet. Button: connect.
    NothingConnected,
}

/// One card of the home room.
#[derive(Debug, Clone, Serialize, TS)]
pub struct UseView {
    /// Which use.
    pub r#use: Use,
    /// Whose account pays; `None` while nothing is chosen.
    pub payer: Option<Payer>,
    /// The preferred connection, with `Own`.
    pub preferred: Option<String>,
    /// The model that unified routes take, if picked.
    pub model: Option<String>,
    /// Models that the preferred account offers for this use.
    pub models: Vec<ModelOffer>,
    /// Connections that serve it, the preferred one first.
    pub serving: Vec<String>,
    /// Connections that could serve it but do not.
    pub available: Vec<String>,
    /// Whether the agency offers its own account for this use.
    pub platform_offered: bool,
    /// What happens when the own key is dead.
    pub fallback: Fallback,
    /// What the agency set for it.
    pub fallback_set: Fallback,
    /// Whether the client tightened it to `stop`.
    pub fallback_tightened: bool,
    /// Since when its calls are paused (RFC 3339).
    pub paused: Option<String>,
    /// Whether a fallback is in force now, since when (RFC 3339).
    pub fallback_since: Option<String>,
    /// Revision that an act on this use must expect.
    pub revision: u32,
}

/// A model that an account offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelOffer {
    /// The provider's id for it.
    pub id: String,
    /// The provider's own name for it, else the id.
    pub name: String,
    /// The uses that it can serve.
    pub uses: Vec<Use>,
}

/// The record as this device has verified it.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RecordView {
    /// Number of entries.
    pub size: u32,
    /// When the newest checkpoint was verified (RFC 3339).
    pub verified_at: Option<String>,
    /// The checkpoint's root, first 16 hex digits.
    pub root: Option<String>,
    /// Set when the record does not add up.
    pub alarm: Option<Failure>,
}

/// How a provider can be connected.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ProviderView {
    /// Provider.
    pub provider: Provider,
    /// Uses that an account there can serve.
    pub uses: Vec<Use>,
    /// Whether Ownkey can make the key itself with an admin key.
    pub can_make: bool,
    /// Whether a kept admin key is on this computer.
    pub admin_key_kept: bool,
}

/// What is wanted for a use.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct UseChange {
    /// Which use.
    pub r#use: Use,
    /// Who is to pay.
    pub payer: Payer,
    /// With `own`: the connections that are to serve it (at most one per provider).
    pub serving: Vec<String>,
    /// With `own`: the preferred one.
    pub preferred: Option<String>,
    /// With `own`: the model that unified routes take.
    pub model: Option<String>,
    /// The revision that the person saw.
    pub revision: u32,
}

/// A page that the window may open in the system's browser, or whose address it may copy.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum PageLink {
    /// Where keys are made and revoked.
    ProviderKeys(Provider),
    /// Where admin keys are made (OpenAI).
    ProviderAdminKeys(Provider),
    /// Where credit is bought.
    ProviderBilling(Provider),
}

/// What the window may ask to have put on the clipboard.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum CopyWhat {
    /// The address of a page.
    Page(PageLink),
    /// The report about this program and a failure's reference; safe to send.
    Report(String),
    /// The join link of an invite that was just made.
    Invite(String),
    /// The agency's addresses, one per line.
    EgressAddresses,
}

/// The agency's invitation, read and verified, before anything is agreed.
#[derive(Debug, Clone, Serialize, TS)]
pub struct JoinPreview {
    /// Name of the agency.
    pub agency: String,
    /// Its address.
    pub url: String,
    /// Whom to call.
    pub contact: String,
    /// Six words to compare.
    pub words: Vec<String>,
    /// Name of the client.
    pub client: String,
    /// Name of the member who was invited.
    pub member: String,
    /// Role that it gives.
    pub role: Role,
    /// Until when (RFC 3339).
    pub expires: String,
}
