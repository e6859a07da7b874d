//! Joining: an invite is read and verified, shown, and only then agreed to (design.md §4.1).

use ownkey_protocol::act::{Act, Actor, Deed, Seen};
use ownkey_protocol::api::{ActAnswer, ActRequest, AgencyInfo, EnrolPreview, EnrolPreviewRequest, Named};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::{Base64, json};
use ownkey_protocol::id::{ActId, DeviceId};
use ownkey_protocol::join::{JoinLink, LinkRefused, words};
use ownkey_protocol::keyset::VerifiedKeySet;
use ownkey_protocol::random;
use ownkey_secret::Secret;
use reqwest::Method;

use crate::agency_client::{AgencyClient, now};
use crate::fault::Fault;
use crate::host::Host;
use crate::joined::{Joined, Membership, signing_key, verify_info};
use crate::wire::JoinPreview;
use crate::{App, Live, keychain};

/// An invite, verified.
struct Invitation {
    link: JoinLink,
    info: AgencyInfo,
    keyset: VerifiedKeySet,
    preview: EnrolPreview,
    http: AgencyClient,
}

impl<H: Host> App<H> {
    /// Reads a join link, asks the agency who it is and what the invite is for, and verifies both.
    ///
    /// # Errors
    /// Codes of links, invites, identities and the way to the agency.
    pub async fn join_preview(&self, link: String) -> Result<JoinPreview, Fault> {
        let invitation = invitation(&link, self.host.agency_roots()).await?;
        Ok(JoinPreview {
            agency: invitation.keyset.set().name.clone(),
            url: invitation.link.origin.clone(),
            contact: invitation.info.contact.clone(),
            words: words(invitation.link.fingerprint).map(str::to_owned).to_vec(),
            client: invitation.preview.client_name.name.clone(),
            member: invitation.preview.member_name.name.clone(),
            role: invitation.preview.role,
            expires: invitation.preview.expires.to_string(),
        })
    }

    /// Joins: a device key in the keychain, then the enrolment, signed by it.
    ///
    /// # Errors
    /// As [`Self::join_preview`], and the keychain's.
    pub async fn join_accept(&self, link: String, device_name: String) -> Result<(), Fault> {
        let member = self.store.fact::<Membership>("membership")?.is_some();
        if member && !self.may_join_again() {
            return Err(Fault::new(Code::ActRefused, "this computer has joined an agency already"));
        }
        let invitation = invitation(&link, self.host.agency_roots()).await?;
        let seed = random::bytes::<32>().to_vec();
        let seed = Secret::new(seed).map_err(|e| Fault::new(Code::Unforeseen, e.to_string()))?;
        let seed = self.keys.keep(keychain::DEVICE.to_owned(), seed).await?;
        let at = now();
        let device = DeviceId::random(at);
        let request = enrolment(&invitation, &seed, device, &device_name)?;
        let membership = Membership {
            origin: invitation.link.origin.clone(),
            fingerprint: invitation.link.fingerprint,
            identity: invitation.info.identity.clone(),
            keyset: invitation.info.keyset.clone(),
            client: invitation.preview.client,
            member: invitation.preview.member,
            device,
            contact: invitation.info.contact.clone(),
            egress_addresses: invitation.info.egress_addresses.clone(),
        };
        self.store.set_fact("enrolling", &(&membership, Base64(request.clone())))?;
        let _answer: ActAnswer = invitation.http.unsigned(Method::POST, "/v1/enrol", Some(request)).await?;
        self.enter(membership, &seed).await
    }

    /// Goes on with an enrolment that was cut between sending and answer: the same bytes again.
    pub(crate) async fn finish_enrolment(&self) -> Result<(), Fault> {
        let Some((membership, request)) = self.store.fact::<Option<(Membership, Base64)>>("enrolling")?.flatten()
        else {
            return Ok(());
        };
        let http = AgencyClient::new(&membership.origin, self.host.agency_roots())?;
        let answer: Result<ActAnswer, Fault> = http.unsigned(Method::POST, "/v1/enrol", Some(request.0)).await;
        match answer {
            Ok(_) => {
                let seed = self.keys.need(keychain::DEVICE.to_owned()).await?;
                self.enter(membership, &seed).await
            }
            Err(fault) if crate::perform::lasting(fault.code) => Err(fault),
            Err(fault) => {
                self.store.set_fact("enrolling", &None::<()>)?;
                self.keys.forget(keychain::DEVICE.to_owned()).await?; // it is nobody's: a new invitation is needed
                Err(fault)
            }
        }
    }

    async fn enter(&self, membership: Membership, seed: &Secret) -> Result<(), Fault> {
        let joined = Joined::new(membership.clone(), seed, self.host.agency_roots())?;
        let before = self.store.fact::<Membership>("membership")?;
        let same =
            |before: &Membership| before.fingerprint == membership.fingerprint && before.client == membership.client;
        let same = before.as_ref().is_some_and(same);
        if before.is_some() && !same {
            self.forget_connections().await?;
        }
        self.store.enter(&membership, same)?;
        self.live(|live| {
            if !same {
                *live = Live::default();
            }
            live.snapshot = None;
            live.snapshot_etag = None;
            live.agency_seen = None;
            live.join_link = None;
            live.alarm = None;
            live.removed = false;
        });
        self.begin(joined)?;
        self.sync().await
    }
}

async fn invitation(link: &str, roots: Vec<Vec<u8>>) -> Result<Invitation, Fault> {
    let link: JoinLink = link.parse().map_err(|e| match e {
        LinkRefused::Malformed => Fault::new(Code::LinkMalformed, "not a join link"),
        LinkRefused::Unsafe => Fault::new(Code::LinkUnsafe, "http to another computer"),
    })?;
    let http = AgencyClient::new(&link.origin, roots)?;
    let info: AgencyInfo = http.unsigned(Method::GET, "/v1/agency", None).await?;
    let keyset = verify_info(&info, link.fingerprint, link.seq, None)?;
    let body = json(&EnrolPreviewRequest { code: Base64(link.code.0.to_vec()) });
    let preview = http.unsigned(Method::POST, "/v1/enrol/preview", Some(body)).await;
    let preview: EnrolPreview = preview.map_err(|fault: Fault| fault.with("contact", &info.contact))?;
    Ok(Invitation { link, info, keyset, preview, http })
}

fn enrolment(invitation: &Invitation, seed: &Secret, device: DeviceId, device_name: &str) -> Result<Vec<u8>, Fault> {
    let key = signing_key(seed)?;
    let name = Named::new(device_name.trim());
    if !name.is_proper() {
        return Err(Fault::new(Code::Malformed, "the device needs a name of at most 200 characters"));
    }
    let at = now();
    let act = Act {
        v: 1,
        id: ActId::random(at),
        agency: invitation.link.fingerprint,
        client: invitation.preview.client,
        actor: Actor::Device { device, member: invitation.preview.member },
        at,
        seen: Seen::nothing(),
        expects: Default::default(),
        deed: Deed::DeviceEnrol {
            public: Base64(key.verifying_key().to_bytes().to_vec()),
            name_hash: name.hash(),
            code: Base64(invitation.link.code.0.to_vec()),
            role: invitation.preview.role,
            keyset_seq: invitation.keyset.set().seq,
        },
    };
    Ok(json(&ActRequest { act: act.sign(&key), sealed: None, names: vec![name] }))
}
