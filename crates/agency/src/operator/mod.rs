//! The operator plane: what the people who run the agency do. Beside a running server the commands go to it over a
//! Unix socket, so that caches and events know at once; without one the command opens the store itself.

mod rotations;
pub mod socket;
mod tokens;
pub mod usage;

use ownkey_protocol::act::{Deed, Schedule};
use ownkey_protocol::api::{Named, UsageGroup};
use ownkey_protocol::encoding::{Base64, Hash, json};
use ownkey_protocol::id::{AssistantId, ClientId, ConnectionId, MemberId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::join::{InviteCode, JoinLink, words};
use ownkey_protocol::keyset::Purpose;
use ownkey_protocol::limit::{Currency, Money};
use ownkey_protocol::random;
use ownkey_protocol::seal::{self, Header, SealPurpose, Suite};
use ownkey_protocol::vocabulary::{Fallback, Provider, Role, Use};
use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};

use crate::Agency;

/// One command of an operator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Opens a client.
    ClientAdd {
        /// Its name.
        name: String,
    },
    /// Lists clients.
    ClientList {},
    /// Ends a client.
    ClientEnd {
        /// Which.
        client: ClientId,
    },
    /// Invites the first owner of a client.
    Invite {
        /// Which client.
        client: ClientId,
        /// The person's name.
        name: String,
    },
    /// Adds an assistant.
    AssistantAdd {
        /// For which client.
        client: ClientId,
        /// Its name.
        name: String,
        /// Uses that it may call.
        uses: Vec<Use>,
        /// Whether new keys may be tried on it.
        low_stakes: bool,
    },
    /// Makes a token for an assistant; the only time that it is shown.
    AssistantToken {
        /// For which client.
        client: ClientId,
        /// Which.
        assistant: AssistantId,
        /// By which name people know it.
        #[serde(default)]
        name: Option<String>,
        /// Uses that it is good for; `None` = all that the assistant may call.
        #[serde(default)]
        uses: Option<Vec<Use>>,
        /// Until when.
        expires: Option<Instant>,
    },
    /// Makes a token in the place of those that an assistant has; they end after an overlap.
    AssistantTokenRotate {
        /// For which client.
        client: ClientId,
        /// Which.
        assistant: AssistantId,
        /// The name of the tokens that are replaced, and of the new one; `None` = those without a name.
        name: Option<String>,
        /// How many hours the old ones stay good.
        overlap_hours: u32,
        /// Until when the new one is good.
        expires: Option<Instant>,
    },
    /// What a client's calls spent.
    Usage {
        /// Which client.
        client: ClientId,
        /// From when on; `None` = from the first of this month.
        from: Option<Instant>,
        /// Until when; `None` = until now.
        to: Option<Instant>,
        /// By what.
        group: UsageGroup,
    },
    /// Removes an assistant.
    AssistantRemove {
        /// For which client.
        client: ClientId,
        /// Which.
        assistant: AssistantId,
    },
    /// Lists a client's assistants.
    AssistantList {
        /// Which client.
        client: ClientId,
    },
    /// Sets what happens when there is no living own key.
    FallbackSet {
        /// Which client.
        client: ClientId,
        /// Which use.
        r#use: Use,
        /// What happens.
        fallback: Fallback,
        /// Until when `platform` holds.
        until: Option<Instant>,
        /// How much the agency pays a month, in micro-dollars.
        #[serde(default)]
        cap: Option<u64>,
    },
    /// Offers the platform's account for a use, or takes the offer back.
    PlatformOffer {
        /// Which client.
        client: ClientId,
        /// Which use.
        r#use: Use,
        /// Whether it is offered.
        offered: bool,
        /// Until when.
        #[serde(default)]
        until: Option<Instant>,
        /// How much the agency pays a month, in micro-dollars.
        #[serde(default)]
        cap: Option<u64>,
    },
    /// Proposes when a client's keys are to be replaced; `None` = that nothing is agreed any more.
    AgreementPropose {
        /// Which client.
        client: ClientId,
        /// When.
        schedule: Option<Schedule>,
    },
    /// Which keys are being replaced or are to be, and who is stuck or late with it.
    Rotations {},
    /// Shows the agency's identity for people: fingerprint and six words.
    Identity {},
}

/// An answer, or why there is none.
pub type Answer = Result<Value, String>;

/// Does a command. `operator` is the name of the person, for the record.
///
/// # Errors
/// One sentence for the person at the terminal.
pub fn run(agency: &Agency, operator: &str, command: Command) -> Answer {
    let who = Named::new(operator);
    let now = agency.now();
    let act =
        |client, deed, names| agency.record.operate(client, &who, deed, None, names, now).map_err(|e| e.to_string());
    let act_for = |client| move |deed, names| act(client, deed, names).map(drop);
    match command {
        Command::ClientAdd { name } => {
            let client = ClientId::random(now);
            let named = Named::new(&name);
            act(client, Deed::ClientOpen { name_hash: named.hash() }, vec![named])?;
            Ok(value!({ "client": client, "name": name }))
        }
        Command::ClientList {} => list_clients(agency),
        Command::ClientEnd { client } => {
            existing(agency, client)?;
            act(client, Deed::ClientEnd {}, vec![])?;
            Ok(value!({ "client": client, "ended": true }))
        }
        Command::Invite { client, name } => {
            existing(agency, client)?;
            let code = InviteCode(random::bytes());
            let named = Named::new(&name);
            let member = MemberId::random(now);
            let expires = now.plus_millis(72 * 3_600 * 1_000 - 60_000);
            let deed = Deed::MemberInvite {
                member,
                role: Role::Owner,
                name_hash: named.hash(),
                code_hash: code.hash(),
                expires,
            };
            act(client, deed, vec![named])?;
            let link = join_link(agency, code);
            let words = words(agency.record.agency());
            Ok(value!({ "link": link, "member": member, "expires": expires, "words": words }))
        }
        Command::AssistantAdd { client, name, uses, low_stakes } => {
            existing(agency, client)?;
            let assistant = AssistantId::random(now);
            let named = Named::new(&name);
            let deed = Deed::AssistantAdd { assistant, name_hash: named.hash(), uses, low_stakes };
            act(client, deed, vec![named])?;
            Ok(value!({ "assistant": assistant, "name": name }))
        }
        Command::AssistantToken { client, assistant, name, uses, expires } => {
            existing(agency, client)?;
            tokens::make(assistant, name.as_deref().map(Named::new), uses, expires, act_for(client))
        }
        Command::AssistantTokenRotate { client, assistant, name, overlap_hours, expires } => {
            existing(agency, client)?;
            tokens::rotate(agency, (client, assistant), name.as_deref(), overlap_hours, expires, act_for(client))
        }
        Command::Usage { client, from, to, group } => {
            existing(agency, client)?;
            usage::rows(agency, client, from, to, group)
        }
        Command::AssistantRemove { client, assistant } => {
            existing(agency, client)?;
            act(client, Deed::AssistantRemove { assistant }, vec![])?;
            Ok(value!({ "assistant": assistant, "removed": true }))
        }
        Command::AssistantList { client } => list_assistants(agency, client),
        Command::FallbackSet { client, r#use, fallback, until, cap } => {
            existing(agency, client)?;
            act(client, Deed::FallbackSet { r#use, fallback, until, cap: cap.map(money) }, vec![])?;
            Ok(value!({ "client": client, "use": r#use, "fallback": fallback }))
        }
        Command::PlatformOffer { client, r#use, offered, until, cap } => {
            existing(agency, client)?;
            act(client, Deed::PlatformOffer { r#use, offered, until, cap: cap.map(money) }, vec![])?;
            Ok(value!({ "client": client, "use": r#use, "offered": offered }))
        }
        Command::AgreementPropose { client, schedule } => {
            existing(agency, client)?;
            act(client, Deed::AgreementPropose { schedule }, vec![])?;
            Ok(value!({ "client": client, "proposed": schedule }))
        }
        Command::Rotations {} => rotations::rows(agency),
        Command::Identity {} => {
            let print = agency.record.agency();
            Ok(value!({ "fingerprint": print, "words": words(print), "seq": agency.keys.keyset().1.set().seq }))
        }
    }
}

/// Sets the platform's own key at a provider: sealed at entry like any other.
///
/// # Errors
/// One sentence for the person at the terminal.
pub fn set_platform_key(agency: &Agency, operator: &str, provider: Provider, secret: &Secret) -> Answer {
    let now = agency.now();
    let client = ClientId::PLATFORM;
    let state = agency.record.state(client).map_err(|e| e.to_string())?;
    let known = state.platform_keys().get(&provider);
    let connection = known.map_or_else(|| ConnectionId::random(now), |k| k.connection);
    let version = known.map_or(1, |k| k.version + 1);
    let (_, keyset) = agency.keys.keyset();
    let key = keyset.sealing_key(Suite::XWing, now).ok_or("the key set has no sealing key that is good now")?;
    let header = Header {
        v: 1,
        suite: Suite::XWing,
        sealing_key: key.id,
        agency: agency.record.agency(),
        client: "platform".to_owned(),
        connection,
        provider,
        version,
        device: agency.keys.key_id(Purpose::Operator).to_string(),
        purpose: SealPurpose::PlatformKey,
        at: now,
    };
    let sealed = seal::seal(&header, &key.public.0, secret).map_err(|e| e.to_string())?;
    let deed = Deed::PlatformKey { provider, connection, version, sealed_sha256: seal::fingerprint(&sealed) };
    let who = Named::new(operator);
    agency.record.operate(client, &who, deed, Some(Base64(sealed)), vec![], now).map_err(|e| e.to_string())?;
    Ok(value!({ "provider": provider, "version": version, "key": format!("••••{}", secret.last_four()) }))
}

/// A join link to this agency.
#[must_use]
pub fn join_link(agency: &Agency, code: InviteCode) -> String {
    JoinLink {
        origin: agency.config.public_url.trim_end_matches('/').to_owned(),
        code,
        fingerprint: agency.record.agency(),
        seq: agency.keys.keyset().1.set().seq,
    }
    .to_string()
}

fn money(micro: u64) -> Money {
    Money { micro, currency: Currency::Usd }
}

fn existing(agency: &Agency, client: ClientId) -> Result<(), String> {
    let state = agency.record.state(client).map_err(|e| e.to_string())?;
    if state.tree().size() == 0 || client == ClientId::PLATFORM {
        return Err(format!("there is no client {client}"));
    }
    Ok(())
}

pub(crate) fn name(agency: &Agency, client: ClientId, hash: Option<Hash>) -> Result<String, String> {
    let Some(hash) = hash else { return Ok(String::new()) };
    let found = agency.store.name(client, hash).map_err(|e| e.to_string())?;
    Ok(found.map(|n| n.name).unwrap_or_default())
}

fn list_clients(agency: &Agency) -> Answer {
    let mut rows = Vec::new();
    for client in agency.store.clients().map_err(|e| e.to_string())? {
        if client == ClientId::PLATFORM {
            continue;
        }
        let state = agency.record.state(client).map_err(|e| e.to_string())?;
        rows.push(value!({
            "client": client,
            "name": name(agency, client, state.name_hash())?,
            "ended": state.ended(),
            "connections": state.connections().values().filter(|c| !c.closed).count(),
        }));
    }
    Ok(Value::Array(rows))
}

fn list_assistants(agency: &Agency, client: ClientId) -> Answer {
    existing(agency, client)?;
    let state = agency.record.state(client).map_err(|e| e.to_string())?;
    let mut rows = Vec::new();
    for (id, known) in state.assistants().iter().filter(|(_, a)| !a.removed) {
        rows.push(value!({
            "assistant": id,
            "name": name(agency, client, Some(known.name_hash))?,
            "uses": known.uses,
            "low_stakes": known.low_stakes,
            "tokens": tokens::list(agency, client, known)?,
            "paused": known.paused,
        }));
    }
    Ok(Value::Array(rows))
}

/// JSON of an answer, for `--json` and the socket.
#[must_use]
pub fn to_line(answer: &Answer) -> Vec<u8> {
    let mut line = match answer {
        Ok(value) => json(&value!({ "ok": value })),
        Err(error) => json(&value!({ "error": error })),
    };
    line.push(b'\n');
    line
}
