//! Requests and answers of the client plane (design.md §5). JSON; signed statements travel inside as base64.

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::dsse::Envelope;
use crate::encoding::{Base64, Hash, json, strict};
use crate::id::{ActId, CallId, ClientId, ConnectionId, MemberId, SigningKeyId};
use crate::instant::Instant;
use crate::keyset::{Fingerprint, KeyRing};
use crate::vocabulary::{Payer, Provider, Role, Use};

/// `GET /v1/agency`, unsigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgencyInfo {
    /// The public URL: an origin.
    pub url: String,
    /// The identity's public key, 32 bytes; believed because its hash is the pinned fingerprint.
    pub identity: Base64,
    /// The signed key set.
    pub keyset: Envelope,
    /// Whom a client's people may ask.
    pub contact: String,
    /// Internet addresses from which the agency calls providers.
    pub egress_addresses: Vec<String>,
}

/// A name and its salt: `SHA-256(salt ‖ name)` stands in the record, the name in a table that can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// 16 random bytes.
    pub salt: Base64,
    /// The name, at most 200 characters.
    pub name: String,
}

impl Named {
    /// A name with a fresh salt.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { salt: Base64(crate::random::bytes::<16>().to_vec()), name: name.to_owned() }
    }

    /// Its hash as acts carry it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.salt.0, self.name.as_bytes()])
    }

    /// Whether it is one that may be kept: 1 to 200 characters, no control characters, a salt of 16 bytes.
    #[must_use]
    pub fn is_proper(&self) -> bool {
        let count = self.name.chars().count();
        (1..=200).contains(&count) && !self.name.chars().any(char::is_control) && self.salt.0.len() == 16
    }
}

/// `POST /v1/enrol/preview`, unsigned, limited in rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolPreviewRequest {
    /// The one-time code, 16 bytes.
    pub code: Base64,
}

/// What an invite is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnrolPreview {
    /// The client.
    pub client: ClientId,
    /// Its name.
    pub client_name: Named,
    /// The member that the device will belong to.
    pub member: MemberId,
    /// The member's name.
    pub member_name: Named,
    /// Its role.
    pub role: Role,
    /// Until when the code is good.
    pub expires: Instant,
}

/// `POST /v1/acts` and `POST /v1/enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActRequest {
    /// The signed act.
    pub act: Envelope,
    /// The sealed bytes, with `version.push` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Base64>,
    /// Names behind the hashes of the act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Named>,
}

/// The answer to an act: its leaf, and a checkpoint that includes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ActAnswer {
    /// Place in the record.
    pub index: u64,
    /// The leaf's bytes.
    pub leaf: Base64,
    /// A signed checkpoint of at least `index + 1` leaves.
    pub checkpoint: String,
}

/// `GET /v1/record?from=n`: at most 500 leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordPage {
    /// Index of the first.
    pub from: u64,
    /// The leaves' bytes.
    pub leaves: Vec<Base64>,
    /// The newest signed checkpoint.
    pub checkpoint: String,
}

/// `GET /v1/snapshot`: what the record cannot hold. All else the app folds from the record itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// Number of leaves; also the ETag together with `calls_revision`.
    pub size: u64,
    /// Rises with every call and finding that is shown.
    pub calls_revision: u64,
    /// Whom a client's people may ask.
    pub contact: String,
    /// Internet addresses from which the agency calls providers.
    pub egress_addresses: Vec<String>,
    /// Every name that is still kept; those whose hash is in the fold are shown.
    pub names: Vec<Named>,
    /// The last call per connection, use and payer, newest first.
    pub calls: Vec<CallRow>,
    /// The first call of the running or latest trial and after each promotion, per connection and version.
    pub first_calls: Vec<CallRow>,
    /// When each token of an assistant was last used.
    #[serde(default)]
    pub tokens: Vec<TokenUse>,
    /// The agency's clock.
    pub now: Instant,
}

/// When a token was last used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenUse {
    /// SHA-256 of its text, as in `assistant.token`.
    pub token: Hash,
    /// When.
    pub at: Instant,
}

/// One call through the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallRow {
    /// When it began.
    pub at: Instant,
    /// `as_…`
    pub assistant: String,
    /// Provider.
    pub provider: Provider,
    /// Use, where it belongs to one.
    pub r#use: Option<Use>,
    /// Connection, when the client paid.
    pub connection: Option<ConnectionId>,
    /// Version, when the client paid.
    pub version: Option<u32>,
    /// Who paid.
    pub paid_by: Payer,
    /// Model that was asked for.
    pub model: Option<String>,
    /// HTTP status that the caller got; `None` while it runs or when it is unknown.
    pub status: Option<u16>,
}

/// By what usage is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum UsageGroup {
    /// Day in UTC, `2026-11-24`.
    Day,
    /// Connection, `cn_…`; empty where the platform paid.
    Connection,
    /// Version, `cn_…/3`; empty where the platform paid.
    Version,
    /// Assistant, `as_…`.
    Assistant,
    /// Provider and model, `openai/gpt-4o-mini`.
    Model,
}

impl std::str::FromStr for UsageGroup {
    type Err = crate::vocabulary::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_value(text.into()).map_err(|_| crate::vocabulary::UnknownWord)
    }
}

/// What the calls of one group spent. Never a price that is guessed: `unpriced` calls have units and no cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UsageRow {
    /// Which group.
    pub key: String,
    /// Who paid.
    pub paid_by: Payer,
    /// How many calls.
    pub calls: u64,
    /// Of them: such as spent something, as far as is known.
    #[serde(default)]
    pub metered: u64,
    /// Of them: without an end in the book, because the server was ended in the middle.
    pub unknown: u64,
    /// Of them: answered with a fault of the provider's or the gateway's (5xx).
    #[serde(default)]
    pub failed: u64,
    /// Of them: cut off; what was seen counts.
    pub partial: u64,
    /// Of them: estimated, because the caller hung up.
    pub estimated: u64,
    /// Of them: with units and without a price.
    pub unpriced: u64,
    /// What they cost by list price.
    pub cost: crate::limit::Money,
    /// What they spent, by the names of units; what is 0 is left out.
    pub units: std::collections::BTreeMap<String, u64>,
}

/// `GET /v1/usage?from=…&to=…&group=…`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UsagePage {
    /// From when on.
    pub from: Instant,
    /// Until when, exclusively.
    pub to: Instant,
    /// By what.
    pub group: UsageGroup,
    /// Its rows.
    pub rows: Vec<UsageRow>,
}

/// `GET /v1/usage/days?from=2026-11-01&to=2026-12-01`: what the agency says of each day, signed
/// ([`crate::usage::UsageDay`]). This month until today, where nothing is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UsageDays {
    /// One for each day from `from` on and before `to`, in order.
    pub days: Vec<Envelope>,
}

/// One call on a version's key, as the book has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VersionCall {
    /// Which.
    pub id: CallId,
    /// When it began.
    pub at: Instant,
    /// `as_…`
    pub assistant: String,
    /// Use, where it belongs to one.
    pub r#use: Option<Use>,
    /// Model that answered, or that was asked for.
    pub model: Option<String>,
    /// Who paid.
    pub paid_by: Payer,
    /// HTTP status that the caller got; `None` while it runs or when it is unknown.
    pub status: Option<u16>,
    /// What it spent, by the names of units; what is 0 is left out.
    pub units: std::collections::BTreeMap<String, u64>,
    /// What it cost by list price; `None` where nobody knows.
    pub cost: Option<crate::limit::Money>,
}

/// `GET /v1/calls/{connection}/{version}?from=…&before=…&limit=…`: calls on one version's key, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VersionCalls {
    /// From when on.
    pub from: Instant,
    /// How many there are from then on, on all pages.
    pub all: u64,
    /// Of them: without a known cost.
    pub unpriced: u64,
    /// What the others cost by list price.
    pub cost: crate::limit::Money,
    /// One page of them.
    pub calls: Vec<VersionCall>,
    /// Older ones are had with `before=` this; `None` at the end.
    pub next: Option<CallId>,
}

/// One message of `GET /v1/events`: something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Number of leaves.
    pub size: u64,
    /// As in [`Snapshot`].
    pub calls_revision: u64,
}

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `urn:ownkey:<code>`
    pub r#type: String,
    /// The code in words, English; people are shown the app's own sentences.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// From the closed list.
    pub code: Code,
    /// Reference that stands beside the cause in the agency's log.
    pub r#ref: String,
    /// With `clock_skew`: the server's time, signed together with the request's nonce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Envelope>,
    /// With `act_conflict` and repeated acts: the act's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ActId>,
}

/// Payload type of [`ServerTime`].
pub const TIME_TYPE: &str = "application/vnd.ownkey.time+json";

/// The server's time, bound to a request by its nonce, signed by a `receipt` key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerTime {
    /// 1.
    pub v: u8,
    /// The agency.
    pub agency: Fingerprint,
    /// The server's clock.
    pub now: Instant,
    /// The request's nonce, 16 bytes.
    pub nonce: Base64,
}

impl ServerTime {
    /// Signs it.
    #[must_use]
    pub fn sign(&self, id: SigningKeyId, key: &ed25519_dalek::SigningKey) -> Envelope {
        Envelope::signed(TIME_TYPE, json(self), &id.to_string(), key)
    }

    /// The time, if the statement verifies and answers this nonce.
    #[must_use]
    pub fn verify(envelope: &Envelope, ring: &KeyRing, agency: Fingerprint, nonce: &[u8]) -> Option<Instant> {
        let time: Self = strict(ring.stated(envelope, TIME_TYPE)?).ok()?;
        (time.v == 1 && time.agency == agency && time.nonce.0 == nonce).then_some(time.now)
    }
}
