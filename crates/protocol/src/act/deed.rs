//! What an act can do: the closed list.

use serde::{Deserialize, Serialize};

use super::parts::{Preference, RetireReason, RotationOutcome, Schedule, Stated};
use crate::encoding::{Base64, Hash};
use crate::id::{AssistantId, ConnectionId, DeviceId, MemberId, RotationId};
use crate::instant::Instant;
use crate::limit::{Limit, Money, Month, Pausable, Scope};
use crate::vocabulary::{Account, Fallback, Payer, Provider, Role, Use};

/// What an act does: a closed list, `thing.verb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Deed {
    /// Opens the client's record. Operator; always the first leaf.
    #[serde(rename = "client.open")]
    ClientOpen {
        /// Hash of the client's name.
        name_hash: Hash,
    },
    /// Ends the agreement. Operator.
    #[serde(rename = "client.end")]
    ClientEnd {},
    /// Invites a person. Operator (first owner) or owner.
    #[serde(rename = "member.invite")]
    MemberInvite {
        /// The id that the member will have.
        member: MemberId,
        /// Its role.
        role: Role,
        /// Hash of the person's name.
        name_hash: Hash,
        /// SHA-256 of the one-time code.
        code_hash: Hash,
        /// Until when the code is good.
        expires: Instant,
    },
    /// Changes a role. Owner.
    #[serde(rename = "member.change")]
    MemberChange {
        /// The member.
        member: MemberId,
        /// The new role.
        role: Role,
    },
    /// Removes a member and its devices. Owner.
    #[serde(rename = "member.remove")]
    MemberRemove {
        /// The member.
        member: MemberId,
    },
    /// A new device; signed by it and countersigned by the operator key.
    #[serde(rename = "device.enrol")]
    DeviceEnrol {
        /// Its public key, 32 bytes.
        public: Base64,
        /// Hash of the device's name.
        name_hash: Hash,
        /// The revealed one-time code, 16 bytes.
        code: Base64,
        /// The role that the person was shown.
        role: Role,
        /// The key set that the device had verified.
        keyset_seq: u64,
    },
    /// Revokes a device. Owner.
    #[serde(rename = "device.revoke")]
    DeviceRevoke {
        /// The device.
        device: DeviceId,
    },
    /// Gives the device another name. Its own member.
    #[serde(rename = "device.rename")]
    DeviceRename {
        /// Hash of the new name.
        name_hash: Hash,
    },
    /// The device leaves by itself.
    #[serde(rename = "device.leave")]
    DeviceLeave {},
    /// Opens a connection.
    #[serde(rename = "connection.open")]
    ConnectionOpen {
        /// Its id.
        connection: ConnectionId,
        /// Its provider.
        provider: Provider,
        /// Hash of its name.
        name_hash: Hash,
    },
    /// Gives a connection another name.
    #[serde(rename = "connection.rename")]
    ConnectionRename {
        /// The connection.
        connection: ConnectionId,
        /// Hash of the new name.
        name_hash: Hash,
    },
    /// Says who looks after a connection.
    #[serde(rename = "connection.owner")]
    ConnectionOwner {
        /// The connection.
        connection: ConnectionId,
        /// Who: an owner or member, who has joined.
        member: MemberId,
    },
    /// Sets when a connection's key is to be replaced; `None` = as was agreed for all.
    #[serde(rename = "connection.schedule")]
    ConnectionSchedule {
        /// The connection.
        connection: ConnectionId,
        /// When; not less often than was agreed.
        schedule: Option<Schedule>,
    },
    /// Closes a connection all of whose versions are retired.
    #[serde(rename = "connection.close")]
    ConnectionClose {
        /// The connection.
        connection: ConnectionId,
    },
    /// Pushes a sealed copy as the next version.
    #[serde(rename = "version.push")]
    VersionPush {
        /// The connection.
        connection: ConnectionId,
        /// Its number: one more than the highest.
        version: u32,
        /// SHA-256 of the sealed bytes.
        sealed_sha256: Hash,
        /// Whose account it is, as far as the key told the device.
        account: Account,
        /// When the provider stops accepting it, where that is known to the device.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Instant>,
        /// Of the rotation that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// Makes a ready version current and lets it serve uses.
    #[serde(rename = "version.promote")]
    VersionPromote {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
        /// Uses that it is to serve.
        uses: Vec<Use>,
        /// Uses for which it is to be preferred.
        preferred: Vec<Preference>,
        /// Of the rotation that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// Stops all calls on a version.
    #[serde(rename = "version.retire")]
    VersionRetire {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
        /// Why.
        reason: RetireReason,
        /// Of the rotation that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// Says that the provider refuses a retired version. Device or gateway, by its own probe.
    #[serde(rename = "version.revoked")]
    VersionRevoked {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
        /// Of the rotation that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// Lets one low-stakes assistant use a ready version.
    #[serde(rename = "trial.start")]
    TrialStart {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
        /// The assistant.
        assistant: AssistantId,
        /// For which uses.
        uses: Vec<Use>,
        /// Of the rotation that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// Ends a trial.
    #[serde(rename = "trial.end")]
    TrialEnd {
        /// The connection.
        connection: ConnectionId,
        /// Of the rotation that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// Takes a connection for a rotation, so that no other device replaces its key meanwhile; or keeps it for longer.
    #[serde(rename = "rotation.lease")]
    RotationLease {
        /// The rotation.
        rotation: RotationId,
        /// The connection.
        connection: ConnectionId,
        /// One more than the connection's when it is taken, the same when it is kept.
        fence: u64,
        /// Until when.
        until: Instant,
    },
    /// The rotation is over, or goes on elsewhere.
    #[serde(rename = "rotation.end")]
    RotationEnd {
        /// The rotation.
        rotation: RotationId,
        /// The connection.
        connection: ConnectionId,
        /// The rotation's.
        fence: u64,
        /// How it ended.
        outcome: RotationOutcome,
    },
    /// Sets who pays for a use.
    #[serde(rename = "assignment.set")]
    AssignmentSet {
        /// The use.
        r#use: Use,
        /// Who pays.
        payer: Payer,
        /// With `own`: the connections that serve it, at most one per provider.
        serving: Vec<ConnectionId>,
        /// With `own`: which of them is preferred.
        preferred: Option<ConnectionId>,
        /// With `own`: the model of the preferred one.
        model: Option<String>,
    },
    /// Picks the model of the preferred connection.
    #[serde(rename = "model.pick")]
    ModelPick {
        /// The use.
        r#use: Use,
        /// The provider's id of the model; `None` = the assistant decides.
        model: Option<String>,
    },
    /// Tightens the fallback to `stop`, or goes back to what the agency set. Owner.
    #[serde(rename = "fallback.limit")]
    FallbackLimit {
        /// The use.
        r#use: Use,
        /// True = `stop`.
        stop: bool,
    },
    /// Stops calls until somebody lets them go on.
    #[serde(rename = "pause.set")]
    PauseSet {
        /// Which calls.
        of: Pausable,
    },
    /// Lets calls go on.
    #[serde(rename = "pause.clear")]
    PauseClear {
        /// Which calls.
        of: Pausable,
    },
    /// Sets a limit, or takes it away.
    #[serde(rename = "limit.set")]
    LimitSet {
        /// For which calls.
        scope: Scope,
        /// `None` takes it away.
        limit: Option<Limit>,
    },
    /// Tells the agency what this client's books say of a month, so that both hold the same numbers.
    #[serde(rename = "statement.send")]
    StatementSend(Stated),
    /// Asks the agency to check a version again.
    #[serde(rename = "check.request")]
    CheckRequest {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
    },
    /// Adds an assistant. Operator.
    #[serde(rename = "assistant.add")]
    AssistantAdd {
        /// Its id.
        assistant: AssistantId,
        /// Hash of its name.
        name_hash: Hash,
        /// Uses that it may call.
        uses: Vec<Use>,
        /// Whether new keys may be tried on it.
        low_stakes: bool,
    },
    /// Says whether new keys may be tried on it. Operator.
    #[serde(rename = "assistant.mark_low_stakes")]
    AssistantMarkLowStakes {
        /// The assistant.
        assistant: AssistantId,
        /// Whether.
        low_stakes: bool,
    },
    /// Gives an assistant a token. Operator.
    #[serde(rename = "assistant.token")]
    AssistantToken {
        /// The assistant.
        assistant: AssistantId,
        /// SHA-256 of the token's text.
        token_hash: Hash,
        /// Hash of its name, by which people tell tokens apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name_hash: Option<Hash>,
        /// Uses that it is good for, of those that the assistant may call; `None` = all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<Vec<Use>>,
        /// Until when it is good.
        expires: Option<Instant>,
    },
    /// Ends a token, now or at a moment to come: what a rotation does to the one before. Operator.
    #[serde(rename = "assistant.token_end")]
    AssistantTokenEnd {
        /// The assistant.
        assistant: AssistantId,
        /// SHA-256 of the token's text.
        token_hash: Hash,
        /// When it ends.
        at: Instant,
    },
    /// Removes an assistant and its tokens. Operator.
    #[serde(rename = "assistant.remove")]
    AssistantRemove {
        /// The assistant.
        assistant: AssistantId,
    },
    /// Offers the platform's account for a use, or takes the offer back. Operator.
    #[serde(rename = "platform.offer")]
    PlatformOffer {
        /// The use.
        r#use: Use,
        /// Whether it is offered.
        offered: bool,
        /// Until when.
        until: Option<Instant>,
        /// How much the agency pays a month.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Money>,
    },
    /// Sets what happens when there is no living own key. Operator.
    #[serde(rename = "fallback.set")]
    FallbackSet {
        /// The use.
        r#use: Use,
        /// What happens.
        fallback: Fallback,
        /// Until when `platform` holds.
        until: Option<Instant>,
        /// How much the agency pays a month.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Money>,
    },
    /// Proposes when all keys are to be replaced; `None` = that nothing is agreed any more. Operator.
    #[serde(rename = "agreement.propose")]
    AgreementPropose {
        /// When.
        schedule: Option<Schedule>,
    },
    /// Agrees to what was proposed. Owner.
    #[serde(rename = "agreement.accept")]
    AgreementAccept {
        /// What is agreed to: the proposal, word for word.
        schedule: Option<Schedule>,
    },
    /// Turns down what was proposed; what was agreed before stays. Owner.
    #[serde(rename = "agreement.decline")]
    AgreementDecline {},
    /// Allows only these models for a use; an empty list allows all. Operator.
    #[serde(rename = "models.allow")]
    ModelsAllow {
        /// The use.
        r#use: Use,
        /// Ids of models.
        models: Vec<String>,
    },
    /// A new key set. Operator, in the agency's own record.
    #[serde(rename = "platform.keyset")]
    PlatformKeyset {
        /// Its number.
        seq: u64,
        /// SHA-256 of its signed bytes.
        sha256: Hash,
    },
    /// Sets the platform's own key at a provider. Operator, in the agency's own record.
    #[serde(rename = "platform.key")]
    PlatformKey {
        /// The provider.
        provider: Provider,
        /// The connection that the copy is sealed for.
        connection: ConnectionId,
        /// Its number, rising.
        version: u32,
        /// SHA-256 of the sealed bytes.
        sealed_sha256: Hash,
    },
    /// The agency opened the copy and the provider accepts it. Gateway.
    #[serde(rename = "version.confirmed")]
    VersionConfirmed {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
        /// Which sealed bytes.
        sealed_sha256: Hash,
        /// Whose account it is.
        account: Account,
    },
    /// The agency could not open the copy, or the provider refuses it. Gateway.
    #[serde(rename = "version.refused")]
    VersionRefused {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
        /// Why, a word of the list of verdict codes or `seal_refused`.
        code: String,
    },
    /// The provider refuses a key that worked. Gateway.
    #[serde(rename = "version.dead")]
    VersionDead {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
        /// Why.
        code: String,
    },
    /// The provider accepts it again. Gateway.
    #[serde(rename = "version.alive")]
    VersionAlive {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
    },
    /// A call, or the agency's own check, succeeded on a version since it serves. Gateway.
    #[serde(rename = "version.proven")]
    VersionProven {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
    },
    /// No call runs on a version that was replaced or retired, and none can come any more. Gateway.
    #[serde(rename = "version.drained")]
    VersionDrained {
        /// The connection.
        connection: ConnectionId,
        /// The version.
        version: u32,
    },
    /// The platform began to pay for a use because an own key is dead. Gateway.
    #[serde(rename = "fallback.began")]
    FallbackBegan {
        /// The use.
        r#use: Use,
        /// At which provider.
        provider: Provider,
    },
    /// The client pays again. Gateway.
    #[serde(rename = "fallback.ended")]
    FallbackEnded {
        /// The use.
        r#use: Use,
        /// At which provider.
        provider: Provider,
    },
    /// What a month may cost was spent. Gateway.
    #[serde(rename = "budget.reached")]
    BudgetReached {
        /// Whose limit.
        scope: Scope,
        /// In which month.
        month: Month,
        /// Whether calls are refused until it is over; else it is told and nothing else.
        hard: bool,
    },
}

impl Deed {
    /// The spelling of its type, `thing.verb`.
    #[must_use]
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self).expect("deeds have string keys");
        value["type"].as_str().expect("a deed is tagged by its type").to_owned()
    }
}
