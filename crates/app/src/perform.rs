//! Performing an act: signed, stored together with its sealed bytes, sent, and verified in the answer.

use ownkey_protocol::act::{Act, Actor, Deed, Seen};
use ownkey_protocol::api::{ActAnswer, ActRequest, Named};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::{Base64, json};
use ownkey_protocol::id::ActId;
use reqwest::Method;

use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::Joined;
use crate::sync::Pull;

impl<H: Host> App<H> {
    /// Does `deed` on what this device has verified. When this returns `Ok`, the act is in the record.
    ///
    /// # Errors
    /// The agency's code; with `agency_unreachable` the act stays in the outbox and is sent again with the same bytes.
    pub(crate) async fn perform(
        &self,
        deed: Deed,
        sealed: Option<Vec<u8>>,
        names: Vec<Named>,
    ) -> Result<ActAnswer, Fault> {
        self.perform_and_pull(deed, sealed, names, Pull::All).await
    }

    /// As [`Self::perform`], without a name; what is shown beside the record comes with the news of it.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub(crate) async fn perform_quickly(&self, deed: Deed, sealed: Option<Vec<u8>>) -> Result<ActAnswer, Fault> {
        self.perform_and_pull(deed, sealed, vec![], Pull::Record).await
    }

    async fn perform_and_pull(
        &self,
        deed: Deed,
        sealed: Option<Vec<u8>>,
        names: Vec<Named>,
        wanted: Pull,
    ) -> Result<ActAnswer, Fault> {
        let joined = self.joined().ok_or_else(|| Fault::new(Code::NotAllowed, "not joined"))?;
        if let Some(failure) = self.live(|live| live.alarm.clone()) {
            return Err(Fault::new(failure.code, "nothing is sent while the alarm stands"));
        }
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        if names.iter().any(|n| !n.is_proper()) {
            return Err(Fault::new(Code::Malformed, "a name has 1 to 200 characters"));
        }
        let at = joined.now();
        let expects = deed.writes().into_iter().map(|thing| {
            let revision = state.revision(&thing);
            (thing, revision)
        });
        let act = Act {
            v: 1,
            id: ActId::random(at),
            agency: joined.membership.fingerprint,
            client: joined.membership.client,
            actor: Actor::Device { device: joined.membership.device, member: joined.membership.member },
            at,
            seen: Seen { size: state.tree().size(), root: state.tree().root() },
            expects: expects.collect(),
            deed,
        };
        let request = ActRequest { act: act.sign(&joined.signer.key), sealed: sealed.map(Base64), names };
        let bytes = json(&request);
        self.store.put_out(act.id, &bytes)?;
        self.host.reached("act: stored before sending").await;
        let answer = self.send_act(&joined, act.id, &bytes).await?;
        self.host.reached("act: answered").await;
        self.sync_with(wanted).await?;
        let folded = self.state().and_then(|s| s.act(act.id));
        if folded.is_none() {
            return Err(crate::alarm::alarm("an act that was acknowledged is not in the record"));
        }
        Ok(answer)
    }

    /// Sends acts again that were not answered.
    pub(crate) async fn send_outbox(&self, joined: &Joined) -> Result<(), Fault> {
        for (id, request) in self.store.outbox()? {
            match self.send_act(joined, id, &request).await {
                Ok(_) => {}
                Err(fault) if lasting(fault.code) => return Err(fault),
                Err(_) => {}
            }
        }
        Ok(())
    }

    async fn send_act(&self, joined: &Joined, id: ActId, request: &[u8]) -> Result<ActAnswer, Fault> {
        let sent = joined.http.signed(&joined.signer, Method::POST, "/v1/acts", "", Some(request)).await;
        match sent {
            Ok(answer) => {
                let answer: ActAnswer = answer;
                let checkpoint = self.verified(joined, &answer.checkpoint)?;
                if checkpoint.size <= answer.index {
                    return Err(crate::alarm::alarm("the checkpoint does not include the act"));
                }
                self.store.answered(id)?;
                Ok(answer)
            }
            Err(fault) => {
                if !lasting(fault.code) {
                    self.store.answered(id)?;
                }
                Err(fault)
            }
        }
    }
}

/// Faults after which the act may still be accepted: it stays in the outbox.
pub(crate) fn lasting(code: Code) -> bool {
    matches!(
        code,
        Code::AgencyUnreachable
            | Code::AgencyUntrusted
            | Code::AgencyAnswer
            | Code::Unforeseen
            | Code::SlowDown
            | Code::ClockSkew
    )
}
