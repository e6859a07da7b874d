//! What a rotation does with keys: at the provider, and in this computer's keychain.

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::vocabulary::{Account, Answer, Provider, Question, VerdictCode};
use ownkey_providers::check::{self, Report, Snapshot};
use ownkey_providers::make::Found;
use ownkey_providers::make::Stopped;
use ownkey_providers::make::openai::{self, Journal, Step};
use ownkey_rotation::{Failure, Party, Weakness};
use ownkey_secret::Secret;

use super::{Done, Kept, failure, points};
use crate::App;
use crate::agency_client::now;
use crate::connect::{KeptCheck, made_name, offers};
use crate::fault::Fault;
use crate::host::Host;
use crate::keychain::{admin_name, key_name};
use crate::wire::KeyHint;

pub(super) fn told(fault: Fault) -> Failure {
    failure(&fault)
}

/// What it means that the provider stopped an administrative call.
pub(super) fn stopped(why: &Stopped) -> Failure {
    tracing::info!(%why, "the provider stopped a step of a rotation");
    match why {
        _ if why.may_have_acted() => Failure::Unknown,
        Stopped::AdminKeyRefused { .. } | Stopped::AdminKeyWeak { .. } | Stopped::NotThere { .. } => {
            Failure::AdminRefused
        }
        _ if why.may_pass() => Failure::Unreachable(Party::Provider),
        _ => Failure::Refused,
    }
}

impl<H: Host> App<H> {
    pub(super) async fn kept_admin_key(&self, kept: &Kept) -> Result<Secret, Failure> {
        let kept = self.keys.read(admin_name(kept.provider)).await;
        kept.map_err(told)?.ok_or(Failure::AdminRefused)
    }

    /// The key is made beside the old one: in its project, under a name that tells this rotation from every other.
    fn begin_making(&self, kept: &Kept) -> Result<Journal, Failure> {
        let name = format!("ownkey {} v{}", kept.connection(), kept.plan().new);
        let before = match kept.plan().old {
            Some(old) => self.store.fact::<Journal>(&made_name(kept.connection(), old)).map_err(told)?,
            None => None,
        };
        let project = kept.before.as_ref().map(|before| &before.account);
        let within = match project {
            Some(Account::Told(id)) => Journal::within(id, name.clone(), &kept.uses),
            _ => None,
        };
        let next = before.and_then(|journal| journal.next(name.clone())).or(within);
        Ok(next.unwrap_or_else(|| Journal::new(self.project_name(), name, &kept.uses)))
    }

    pub(super) async fn make_new_key(&self, kept: Kept) -> Done {
        let id = kept.connection();
        let kept = self.lease(kept).await?;
        let admin = self.kept_admin_key(&kept).await?;
        let mut journal = match kept.making.clone() {
            // Its secret is gone: whatever was made is taken back, and made anew.
            Some(made) if kept.made => {
                let revoked = openai::revoke_made(&self.http, &self.setup.endpoints, &admin, &made).await;
                revoked.map_err(|why| stopped(&why))?;
                self.change_rotation(id, |kept| (kept.making, kept.made) = (None, false)).map_err(told)?;
                self.begin_making(&kept)?
            }
            Some(making) => making,
            None => self.begin_making(&kept)?,
        };
        loop {
            self.change_rotation(id, |kept| kept.making = Some(journal.clone())).map_err(told)?;
            match openai::advance(&self.http, &self.setup.endpoints, &admin, journal.clone()).await {
                Ok(Step::Went(next)) => journal = next,
                Ok(Step::Made { journal, secret }) => {
                    let hint = self.hint_of(&secret, "scoped_key");
                    self.live(|live| live.hands.insert(id, secret));
                    let kept = |kept: &mut Kept| {
                        (kept.making, kept.made, kept.key) = (Some(journal), true, Some(hint));
                    };
                    return self.change_rotation(id, kept).map(drop).map_err(told);
                }
                Err(Stopped::NotThere { .. }) if kept.making.is_some() => {
                    self.change_rotation(id, |kept| kept.making = Some(journal.afresh())).map_err(told)?;
                    return Err(Failure::Unknown);
                }
                Err(why) => return Err(stopped(&why)),
            }
        }
    }

    pub(super) fn hint_of(&self, secret: &Secret, kind: &str) -> KeyHint {
        KeyHint {
            last_four: secret.last_four().to_string(),
            kind: kind.to_owned(),
            length_class: crate::connect::length_class(secret).to_owned(),
        }
    }

    pub(super) async fn keep_new_key(&self, kept: Kept) -> Done {
        let name = key_name(kept.connection(), None);
        match self.live(|live| live.hands.remove(&kept.connection())) {
            Some(secret) => self.keys.keep(name, secret).await.map(drop).map_err(told),
            None => match self.keys.read(name).await.map_err(told)? {
                Some(_) => Ok(()),
                None => Err(Failure::Lost),
            },
        }
    }

    pub(super) async fn test_new_key(&self, kept: Kept) -> Done {
        let secret = self.keys.read(key_name(kept.connection(), None)).await.map_err(told)?.ok_or(Failure::Lost)?;
        let report = check::check(&self.http, &self.setup.endpoints, kept.provider, &secret, &kept.uses).await;
        drop(secret);
        let before = kept.before.clone().unwrap_or_else(|| nothing_known(&report));
        let found = check::weaker(&before, &report, &kept.uses);
        let check = KeptCheck { verdicts: report.verdicts.to_vec(), at: now(), models: offers(&report) };
        let account = report.account.clone();
        let tested = |kept: &mut Kept| (kept.check, kept.account) = (Some(check), account);
        self.change_rotation(kept.connection(), tested).map_err(told)?;
        weaknesses(found)
    }

    pub(super) async fn revoke_old_key(&self, kept: Kept) -> Done {
        let Some(old) = kept.plan().old else { return Ok(()) };
        let admin = self.kept_admin_key(&kept).await?;
        if kept.provider == Provider::Anthropic {
            return self.switch_old_off(&admin, &kept, old).await;
        }
        self.revoke_old_by(&admin, &kept, old).await?;
        self.sweep_beside(&admin, &kept).await
    }

    /// What a lost answer left behind under the new key's name, which a late list may have hidden while it was made.
    async fn sweep_beside(&self, admin: &Secret, kept: &Kept) -> Done {
        let Some(journal) = kept.making.as_ref().filter(|_| kept.made) else { return Ok(()) };
        let swept = openai::sweep(&self.http, &self.setup.endpoints, admin, journal).await;
        let swept = swept.map_err(|why| stopped(&why))?;
        if swept.seen { Ok(()) } else { Err(Failure::NotYet) } // a list without the new key may lack others, too
    }

    async fn revoke_old_by(&self, admin: &Secret, kept: &Kept, old: u32) -> Done {
        let id = kept.connection();
        if let Some(made) = self.store.fact::<Journal>(&made_name(id, old)).map_err(told)? {
            let revoked = openai::revoke_made(&self.http, &self.setup.endpoints, admin, &made).await;
            return revoked.map_err(|why| stopped(&why));
        }
        let (trace, secret) = self.trace_of_old(kept, old).await?;
        let found = openai::find(&self.http, &self.setup.endpoints, admin, &trace, secret.as_ref()).await;
        match found.map_err(|why| stopped(&why))? {
            Found::One(key) => {
                let revoked = openai::revoke_found(&self.http, &self.setup.endpoints, admin, &key).await;
                revoked.map_err(|why| stopped(&why))
            }
            Found::Nothing => Ok(()), // the call that must be refused tells whether it is gone
            Found::Several(_) => Err(Failure::NotFound),
        }
    }

    pub(super) async fn prove_old_key_dead(&self, kept: Kept) -> Done {
        let Some(old) = kept.plan().old else { return Ok(()) };
        let secret = self.keys.read(key_name(kept.connection(), Some(old))).await.map_err(told)?;
        let secret = secret.ok_or(Failure::Lost)?;
        let report = check::check(&self.http, &self.setup.endpoints, kept.provider, &secret, &[]).await;
        drop(secret);
        let unheard = report.verdicts.iter().any(|v| v.what == Question::Reach && v.answer == Answer::No);
        match report.refused_for_good() {
            Some(true) => self.say_revoked(&kept, old).await,
            Some(false) => Err(Failure::StillAccepted),
            None if unheard => Err(Failure::Unreachable(Party::Provider)),
            None => Err(Failure::Unknown),
        }
    }

    pub(super) async fn forget_old_key(&self, kept: Kept) -> Done {
        let Some(old) = kept.plan().old else { return Ok(()) };
        self.keys.forget(key_name(kept.connection(), Some(old))).await.map_err(told)
    }

    pub(super) async fn revoke_new_key(&self, kept: Kept) -> Done {
        let Some(made) = &kept.making else { return Ok(()) };
        let admin = self.kept_admin_key(&kept).await?;
        let revoked = openai::revoke_made(&self.http, &self.setup.endpoints, &admin, made).await;
        revoked.map_err(|why| stopped(&why))
    }

    pub(super) async fn forget_new_key(&self, kept: Kept) -> Done {
        let (id, new) = (kept.connection(), kept.plan().new);
        drop(self.live(|live| live.hands.remove(&id)));
        self.keys.forget(key_name(id, None)).await.map_err(told)?;
        self.keys.forget(key_name(id, Some(new))).await.map_err(told)
    }

    /// The draft that this rotation's key became.
    pub(super) fn draft_of(&self, kept: &Kept) -> Option<ConnectionId> {
        self.live(|live| live.drafts.values().find(|draft| draft.handed_over == Some(kept.id)).map(|draft| draft.id))
    }

    /// A key of another account becomes the draft of a connection of its own.
    pub(super) async fn hand_new_key_over(&self, kept: Kept) -> Done {
        let name = key_name(kept.connection(), None);
        // The draft comes first and names the rotation: begun anew, the key goes to the same one.
        let made = self.draft_of(&kept);
        let Some(secret) = self.keys.read(name.clone()).await.map_err(told)? else {
            return if made.is_some() { Ok(()) } else { Err(Failure::Lost) };
        };
        let draft = match made {
            Some(draft) => draft,
            None => {
                let draft = ConnectionId::random(now());
                self.draft_of_key(draft, &kept).map_err(told)?;
                self.host.reached(points::DRAFTED).await;
                draft
            }
        };
        drop(self.keys.keep(key_name(draft, None), secret).await.map_err(told)?);
        self.host.reached(points::HANDED).await;
        self.keys.forget(name).await.map_err(told)
    }
}

/// Without a check of the old key nothing can be compared but what the new one says of itself.
fn nothing_known(report: &Report) -> Snapshot {
    Snapshot { models: Default::default(), lacking: vec![], ..Snapshot::from(report) }
}

/// What the machine is told of a comparison.
fn weaknesses(found: Vec<check::Weakness>) -> Done {
    use check::Weakness as Found;
    let mut weaker = Vec::new();
    for one in found {
        match one {
            Found::KeyRefused(_) => return Err(Failure::KeyRefused),
            Found::Unproven { what: Question::Key, code: VerdictCode::AddressNotAllowed } => return Ok(()),
            Found::Unproven { what: Question::Reach | Question::Key, .. } => {
                return Err(Failure::Unreachable(Party::Provider));
            }
            Found::OtherAccount { .. } => return Err(Failure::Weaker(vec![Weakness::OtherAccount])),
            Found::UseMissing(used) => weaker.push(Weakness::UseMissing(used)),
            Found::FewerModels { missing } => weaker.push(Weakness::FewerModels(missing)),
            Found::ModelsHidden => weaker.push(Weakness::ScopeMissing("models".to_owned())),
            Found::NoCredit(_) => weaker.push(Weakness::NoCredit),
            Found::Unproven { .. } | Found::AccountUnseen => {}
        }
    }
    if weaker.is_empty() { Ok(()) } else { Err(Failure::Weaker(weaker)) }
}
