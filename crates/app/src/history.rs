//! History: the record as this device has verified it, newest first.

use ownkey_protocol::act::{Act, Actor, Deed};
use ownkey_protocol::code::Code;
use ownkey_protocol::dsse::Envelope;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::receipt;
use ownkey_protocol::record::{Leaf, leaf_hash};

use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::{Field, HistoryFilter, HistoryPage, HistoryRow, ReceiptText};

const PAGE: usize = 50;

impl<H: Host> App<H> {
    /// Up to 50 entries, newest first.
    ///
    /// # Errors
    /// When the local store cannot be read.
    pub async fn history(&self, filter: HistoryFilter) -> Result<HistoryPage, Fault> {
        let leaves = self.store.leaves()?;
        let state = self.state();
        let before = filter.before.map_or(leaves.len(), |b| (b as usize).min(leaves.len()));
        let mut rows = Vec::new();
        for bytes in leaves[..before].iter().rev() {
            let Some((leaf, act)) = read(bytes) else { continue };
            if !wanted(&filter, &act) {
                continue;
            }
            rows.push(self.row(bytes, &leaf, &act, state.as_deref()));
            if rows.len() > PAGE {
                break;
            }
        }
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        Ok(HistoryPage { rows, more, size: u32::try_from(leaves.len()).unwrap_or(u32::MAX) })
    }

    fn row(&self, bytes: &[u8], leaf: &Leaf, act: &Act, state: Option<&ClientState>) -> HistoryRow {
        let (actor, actor_kind, device) = match &act.actor {
            Actor::Device { device, member } => {
                let name = |hash: Option<Hash>| hash.map(|h| self.name_of(h)).unwrap_or_default();
                let person = state.and_then(|s| s.members().get(member)).map(|m| m.name_hash);
                let machine = state.and_then(|s| s.devices().get(device)).map(|d| d.name_hash);
                (name(person), "device", Some(name(machine)))
            }
            Actor::Operator { name_hash, .. } => (self.name_of(*name_hash), "operator", None),
            Actor::Gateway { .. } => (String::new(), "gateway", None),
        };
        let apart = leaf.logged.millis_since(act.at).abs() > 60_000;
        HistoryRow {
            index: u32::try_from(leaf.index).unwrap_or(u32::MAX),
            act: act.deed.name(),
            fields: self.fields(&act.deed, state),
            actor,
            actor_kind: actor_kind.to_owned(),
            device,
            logged: leaf.logged.to_string(),
            claimed: apart.then(|| act.at.to_string()),
            statement: indented(&Envelope::parse(&leaf.envelope.0).map(|e| e.payload.0).unwrap_or_default()),
            leaf_hash: leaf_hash(bytes).to_string(),
        }
    }

    /// Values for an act's sentence: what its JSON says, with ids replaced by names where this device knows them.
    fn fields(&self, deed: &Deed, state: Option<&ClientState>) -> Vec<Field> {
        let json = serde_json::to_value(deed).unwrap_or_default();
        let mut fields = Vec::new();
        for (name, value) in json.as_object().into_iter().flatten() {
            if name == "schedule" {
                fields.extend(scheduled(value));
                continue;
            }
            // What an act holds back stands within: a use, a connection or an assistant.
            if matches!(name.as_str(), "of" | "scope") {
                fields.extend(self.about(value, state));
                continue;
            }
            let value = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::Bool(yes) => yes.to_string(),
                serde_json::Value::Array(list) => list.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                _ => continue,
            };
            let (name, value) = match name.as_str() {
                // The sentence names the assistant; what its token is called stands in the statement.
                "name_hash" if matches!(deed, Deed::AssistantToken { .. }) => continue,
                "name_hash" => ("name", value.parse().map(|h| self.name_of(h)).unwrap_or_default()),
                "member" if matches!(deed, Deed::ConnectionOwner { .. }) => ("owner", self.called(&value, state)),
                "assistant" | "device" | "member" | "connection" => (name.as_str(), self.called(&value, state)),
                "use" | "role" | "provider" | "version" | "payer" | "reason" | "code" | "fallback" | "model"
                | "offered" | "stop" | "low_stakes" | "uses" | "expires" | "seq" | "hard" | "outcome" => {
                    (name.as_str(), value)
                }
                _ => continue,
            };
            fields.push(Field { name: name.to_owned(), value });
        }
        let connection = json["connection"].as_str().and_then(|c| c.parse().ok());
        let provider = connection.and_then(|c| Some(state?.connections().get(&c)?.provider));
        if let Some(provider) = provider
            && !fields.iter().any(|f| f.name == "provider")
        {
            fields.push(Field { name: "provider".to_owned(), value: provider.as_str().to_owned() });
        }
        fields
    }

    fn about(&self, value: &serde_json::Value, state: Option<&ClientState>) -> Vec<Field> {
        let known = value.as_object().and_then(|o| o.iter().next());
        let Some((kind, of)) = known.and_then(|(kind, of)| Some((kind.as_str(), of.as_str()?))) else { return vec![] };
        let of = if matches!(kind, "use" | "platform") { of.to_owned() } else { self.called(of, state) };
        vec![Field { name: "about".to_owned(), value: of }]
    }

    fn called(&self, id: &str, state: Option<&ClientState>) -> String {
        let hash = state.and_then(|s| {
            let member = id.parse().ok().and_then(|i| s.members().get(&i)).map(|m| m.name_hash);
            let device = || id.parse().ok().and_then(|i| s.devices().get(&i)).map(|d| d.name_hash);
            let assistant = || id.parse().ok().and_then(|i| s.assistants().get(&i)).map(|a| a.name_hash);
            let connection = || id.parse().ok().and_then(|i| s.connections().get(&i)).map(|c| c.name_hash);
            member.or_else(device).or_else(assistant).or_else(connection)
        });
        hash.map(|h| self.name_of(h)).unwrap_or_default()
    }

    /// A receipt, word for word.
    ///
    /// # Errors
    /// `not_found` when this device has none for that version.
    pub async fn receipt(&self, connection: String, version: u32) -> Result<ReceiptText, Fault> {
        let none = || Fault::new(Code::NotFound, "no receipt");
        let id = parse(&connection)?;
        let bytes = self.store.receipt(&id.to_string(), version)?.ok_or_else(none)?;
        let envelope = Envelope::parse(&bytes).map_err(|_| none())?;
        let signed_by = envelope.signatures.first().map(|s| s.keyid.clone()).ok_or_else(none)?;
        debug_assert_eq!(envelope.payload_type, receipt::TYPE);
        Ok(ReceiptText { text: indented(&envelope.payload.0), signed_by })
    }
}

/// When keys are to be replaced: every so many days, by a date, or not by a schedule.
fn scheduled(value: &serde_json::Value) -> Vec<Field> {
    let field = |name: &str, value: String| Field { name: name.to_owned(), value };
    let kind = value["kind"].as_str().unwrap_or("none");
    let mut fields = vec![field("schedule", kind.to_owned())];
    fields.extend(value["days"].as_u64().map(|days| field("count", days.to_string())));
    fields.extend(value["at"].as_str().map(|at| field("expires", at.to_owned())));
    fields
}

fn read(bytes: &[u8]) -> Option<(Leaf, Act)> {
    let leaf = Leaf::parse(bytes).ok()?;
    let act = Act::parse(&Envelope::parse(&leaf.envelope.0).ok()?).ok()?;
    Some((leaf, act))
}

fn wanted(filter: &HistoryFilter, act: &Act) -> bool {
    let name = act.deed.name();
    let thing = name.split('.').next().unwrap_or_default();
    let group = match thing {
        "connection" | "version" | "trial" | "rotation" | "check" | "statement" => "keys",
        "assignment" | "model" | "fallback" | "pause" | "limit" | "budget" => "uses",
        "member" | "device" => "people",
        _ => "agency",
    };
    let about = serde_json::to_value(&act.deed).unwrap_or_default();
    filter.group.as_deref().is_none_or(|g| g == group)
        && filter.connection.as_deref().is_none_or(|c| about["connection"].as_str() == Some(c))
}

fn indented(json: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}
