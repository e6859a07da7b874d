//! Paste: Rust reads the clipboard, classifies by shape without trying it anywhere, keeps the key in the keychain as a
//! draft, and only then clears the clipboard. A refused text is left where it is.

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::classify::{self, Pasted};
use ownkey_secret::Secret;
use zeroize::Zeroizing;

use super::Draft;
use crate::App;
use crate::fault::Fault;
use crate::host::{ClipboardFault, Host};
use crate::keychain::key_name;
use crate::wire::{Busy, ConnectStep, How, KeyHint};

/// Texts over this are not read.
const MAX_CLIPBOARD: usize = 64 * 1024;

/// The clipboard's text, what it looks like, and the secret in it.
pub(crate) type Read = (Zeroizing<String>, Pasted, Option<Secret>);

impl<H: Host> App<H> {
    /// Takes the key from the clipboard.
    ///
    /// # Errors
    /// Codes of the clipboard, of shapes that are no work key of this provider, and of the keychain.
    pub async fn connect_paste(&self, id: String) -> Result<(), Fault> {
        let draft = super::parse(&id)?;
        self.live(|live| live.asked.remove(&draft));
        self.paste(id).await
    }

    /// Takes a key whose shape more than one provider has: the person was asked, and says that it is this provider's.
    ///
    /// # Errors
    /// As [`Self::connect_paste`]; `ambiguous_key` again when another text is on the clipboard now.
    pub async fn connect_paste_sure(&self, id: String) -> Result<(), Fault> {
        self.paste(id).await
    }

    async fn paste(&self, id: String) -> Result<(), Fault> {
        let draft = self.draft(&id)?;
        if draft.sent.is_some() {
            return Err(Fault::new(Code::ActRefused, "this version was sent already"));
        }
        if draft.how == Some(How::MadeForMe) {
            return self.paste_admin(draft).await;
        }
        self.step(draft.id, Busy::Keeping, async {
            let (text, pasted, secret) = self.read_key()?;
            let secret = work_key(draft.provider, &pasted, secret)?;
            self.ask_whose(draft.id, draft.provider, &pasted, &secret)?;
            self.refuse_same(draft.id, draft.provider, &secret).await?;
            let hint = hint(&pasted, &secret);
            let secret = self.keys.keep(key_name(draft.id, None), secret).await?;
            drop(secret);
            self.host.reached("paste: kept in the keychain").await;
            let draft = Draft {
                key: Some(hint),
                how: Some(How::ByHand),
                step: ConnectStep::Check,
                verdicts: vec![],
                checked_at: None,
                models: vec![],
                ..draft
            };
            self.keep_draft(draft)?;
            self.host.reached("paste: written down").await;
            self.host.clear_clipboard(&text);
            Ok(())
        })
        .await?;
        self.connect_check(id).await
    }

    /// The clipboard's text, what it looks like, and the secret in it.
    pub(crate) fn read_key(&self) -> Result<Read, Fault> {
        let text = self.host.read_clipboard().map_err(|fault| match fault {
            ClipboardFault::Empty => Fault::new(Code::ClipboardEmpty, "no text"),
            ClipboardFault::Unreadable => Fault::new(Code::ClipboardUnreadable, "the system refused"),
        })?;
        if text.trim().is_empty() {
            return Err(Fault::new(Code::ClipboardEmpty, "only white space"));
        }
        if text.len() > MAX_CLIPBOARD {
            return Err(Fault::new(Code::ClipboardTooLarge, "over 64 KB"));
        }
        let (pasted, secret) = classify::take(text.to_string());
        Ok((text, pasted, secret))
    }

    /// Keys of this shape belong to more than one provider. It is not tried anywhere until the person has said of this
    /// very key (as far as its last four characters tell) that it is the chosen provider's.
    pub(crate) fn ask_whose(
        &self,
        id: ConnectionId,
        provider: Provider,
        pasted: &Pasted,
        secret: &Secret,
    ) -> Result<(), Fault> {
        let asked = self.live(|live| live.asked.remove(&id));
        let Pasted::Ambiguous { providers } = pasted else { return Ok(()) };
        let hint = hint(pasted, secret);
        if providers.len() < 2 || asked.as_ref() == Some(&hint) {
            return Ok(());
        }
        self.live(|live| live.asked.insert(id, hint));
        let others = providers.iter().filter(|p| **p != provider).map(|p| p.display_name());
        let fault = Fault::new(Code::AmbiguousKey, "by shape").with("provider", provider.display_name());
        Err(fault.with("other", others.collect::<Vec<_>>().join(", ")))
    }

    /// The same key twice would be two connections that die together.
    pub(crate) async fn refuse_same(&self, id: ConnectionId, provider: Provider, secret: &Secret) -> Result<(), Fault> {
        let four = secret.last_four();
        let likely = |other: &&Draft| {
            let hint = other.key.as_ref().is_some_and(|key| key.last_four == four.as_str());
            other.id != id && other.provider == provider && other.sent.is_none() && hint
        };
        let others: Vec<Draft> = self.live(|live| live.drafts.values().filter(likely).cloned().collect());
        for other in others {
            let kept = self.keys.read(key_name(other.id, None)).await?;
            if kept.is_some_and(|k| k.same_as(secret)) {
                return Err(Fault::new(Code::SameKey, "in another connection in the making"));
            }
        }
        let Some(state) = self.state() else { return Ok(()) };
        for (connection, known) in state.connections().iter().filter(|(_, c)| c.provider == provider && !c.closed) {
            for (number, _) in known.open_versions().filter(|(_, v)| v.stage != ownkey_protocol::law::Stage::Retired) {
                if self.store.hint(&connection.to_string(), number)?.as_deref() != Some(four.as_str()) {
                    continue;
                }
                let kept = self.keys.read(key_name(*connection, Some(number))).await?;
                if kept.is_some_and(|k| k.same_as(secret)) {
                    return Err(Fault::new(Code::SameKey, "connected already"));
                }
            }
        }
        Ok(())
    }

    /// Killed between keychain and draft: the key is there, so the person need not paste again.
    pub(crate) async fn adopt_pasted(&self, draft: Draft) -> Result<(), Fault> {
        if draft.how != Some(How::ByHand) {
            return Ok(());
        }
        let Some(secret) = self.keys.read(key_name(draft.id, None)).await? else { return Ok(()) };
        let hint = KeyHint {
            last_four: secret.last_four().to_string(),
            kind: "kept".to_owned(),
            length_class: length_class(&secret).to_owned(),
        };
        self.keep_draft(Draft { key: Some(hint), step: ConnectStep::Check, ..draft })
    }
}

pub(crate) fn work_key(provider: Provider, pasted: &Pasted, secret: Option<Secret>) -> Result<Secret, Fault> {
    let refused = |code: Code| Fault::new(code, "by shape").with("provider", provider.display_name());
    match pasted {
        Pasted::Work { provider: other, .. } | Pasted::Admin { provider: other } if *other != provider => {
            Err(refused(Code::OtherProvidersKey).with("other", other.display_name()))
        }
        Pasted::Admin { .. } => Err(refused(Code::AdminKeyPasted)),
        Pasted::Several(_) => Err(refused(Code::SeveralKeys)),
        Pasted::NotAKey(_) => Err(refused(Code::NotAKey)),
        Pasted::Ambiguous { providers, .. } if !providers.contains(&provider) => Err(refused(Code::NotAKey)),
        Pasted::Ambiguous { .. } | Pasted::Work { .. } => secret.ok_or_else(|| refused(Code::NotAKey)),
    }
}

pub(crate) fn hint(pasted: &Pasted, secret: &Secret) -> KeyHint {
    KeyHint {
        last_four: secret.last_four().to_string(),
        kind: pasted.kind_word().to_owned(),
        length_class: length_class(secret).to_owned(),
    }
}

pub(crate) fn length_class(secret: &Secret) -> &'static str {
    match secret.len() {
        0..=31 => "short",
        32..=255 => "usual",
        _ => "long",
    }
}
