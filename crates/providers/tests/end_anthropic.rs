//! Ending an Anthropic key with an admin key, against the simulator.
#![allow(clippy::unwrap_used)]

use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{
    self as sim, Fault, FaultKind, KeyKind, KeySpec, KeyStanding, Lag, MadeKey, Sims, SimsConfig,
};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use ownkey_providers::make::anthropic::{Found, Listed, Standing, Stopped, Trace, find, look, set, try_admin};
use ownkey_secret::Secret;

const SIM: sim::Provider = sim::Provider::Anthropic;

struct Room {
    sims: Sims,
    http: Http,
    endpoints: Endpoints,
    admin: Secret,
    key: MadeKey,
}

fn secret(made: &MadeKey) -> Secret {
    Secret::new(made.text.clone().into_bytes()).unwrap()
}

impl Room {
    async fn open() -> Self {
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let endpoints = Endpoints::default().overridden(Provider::Anthropic, &sims.origin(SIM)).unwrap();
        let make = |spec| sims.control().make_key(SIM, "Acme", spec);
        let admin = secret(&make(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() }));
        let key = make(KeySpec { name: "assistants".to_owned(), ..KeySpec::default() });
        Self { http: Http::new().unwrap(), endpoints, admin, key, sims }
    }

    fn trace(&self) -> Trace {
        Trace { last_four: self.key.last_four.clone(), ..Trace::default() }
    }

    async fn find(&self, trace: &Trace, key: Option<&Secret>) -> Found<Listed> {
        find(&self.http, &self.endpoints, &self.admin, trace, key).await.unwrap()
    }

    async fn set(&self, to: Standing) -> Result<Listed, Stopped> {
        set(&self.http, &self.endpoints, &self.admin, &self.key.id, to).await
    }

    fn state(&self) -> KeyStanding {
        self.sims.control().keys(SIM).into_iter().find(|key| key.id == self.key.id).unwrap().state
    }

    fn inject(&self, route: &str, kind: FaultKind) {
        self.sims.control().inject(SIM, Fault::on(route, 1, kind));
    }
}

#[tokio::test]
async fn a_key_is_found_set_inactive_and_archived_and_once_more_changes_nothing() {
    let room = Room::open().await;
    let Found::One(found) = room.find(&room.trace(), Some(&secret(&room.key))).await else { panic!("not found") };
    assert_eq!((&found.id, found.standing), (&room.key.id, Standing::Active));
    for (to, then) in [(Standing::Inactive, KeyStanding::Disabled), (Standing::Archived, KeyStanding::Revoked)] {
        for _ in 0..2 {
            assert_eq!(room.set(to).await.unwrap().standing, to);
            assert_eq!(room.state(), then);
        }
    }
    assert_eq!(room.set(Standing::Inactive).await.unwrap().standing, Standing::Archived, "more than asked is enough");
    let posts = room.sims.control().ledger(SIM).iter().filter(|row| row.route.starts_with("POST")).count();
    assert_eq!(posts, 2);
    let Found::One(found) = room.find(&room.trace(), None).await else { panic!("an archived key is found, too") };
    assert_eq!(found.standing, Standing::Archived);
}

#[tokio::test]
async fn a_key_that_was_only_switched_off_can_be_brought_back_and_an_archived_one_is_told() {
    let room = Room::open().await;
    room.set(Standing::Inactive).await.unwrap();
    assert_eq!(room.set(Standing::Active).await.unwrap().standing, Standing::Active);
    assert_eq!(room.state(), KeyStanding::Live);
    room.set(Standing::Archived).await.unwrap();
    assert!(matches!(room.set(Standing::Active).await, Err(Stopped::DeletionRefused { .. })));
}

#[tokio::test]
async fn keys_that_end_alike_are_told_apart_by_the_key_or_the_name_and_else_none_is_chosen() {
    let room = Room::open().await;
    // Another key of which the list shows the same last four characters.
    let text = format!("sk-ant-api03-twin{}{}", "q".repeat(87), room.key.last_four);
    let spec = KeySpec { name: "twin".to_owned(), text: Some(text), ..KeySpec::default() };
    let twin = room.sims.control().make_key(SIM, "Acme", spec);
    assert!(matches!(room.find(&room.trace(), None).await, Found::Several(both) if both.len() == 2));
    let one = |found: Found<Listed>| if let Found::One(one) = found { one.id } else { panic!("{found:?}") };
    assert_eq!(one(room.find(&room.trace(), Some(&secret(&twin))).await), twin.id);
    let named = Trace { name: Some("assistants".to_owned()), ..room.trace() };
    assert_eq!(one(room.find(&named, None).await), room.key.id);
    room.sims.control().disable_key(SIM, &twin.id);
    assert_eq!(one(room.find(&room.trace(), None).await), room.key.id, "the dead twin does not count");
    let elsewhere = Trace { place: Some("wrkspc_other".to_owned()), ..room.trace() };
    assert_eq!(room.find(&elsewhere, None).await, Found::Nothing);
    let strangers = room.sims.control().make_key(SIM, "Other", KeySpec::default());
    let theirs = Trace { last_four: strangers.last_four.clone(), ..Trace::default() };
    assert_eq!(room.find(&theirs, Some(&secret(&strangers))).await, Found::Nothing);
}

#[tokio::test]
async fn many_keys_are_looked_through() {
    let room = Room::open().await;
    for _ in 0..230 {
        room.sims.control().make_key(SIM, "Acme", KeySpec::default());
    }
    let last = room.sims.control().make_key(SIM, "Acme", KeySpec::default());
    let trace = Trace { last_four: last.last_four.clone(), ..Trace::default() };
    let Found::One(found) = room.find(&trace, Some(&secret(&last))).await else { panic!("not found") };
    assert_eq!(found.id, last.id);
}

#[tokio::test]
async fn lost_answers_outages_and_dead_admin_keys_end_in_a_name_and_the_next_call_finishes() {
    let room = Room::open().await;
    room.inject("POST", FaultKind::ActedButNoAnswer);
    let stopped = room.set(Standing::Inactive).await.unwrap_err();
    assert!(stopped.may_pass() && stopped.may_have_acted(), "{stopped}");
    assert_eq!(room.state(), KeyStanding::Disabled);
    assert_eq!(room.set(Standing::Inactive).await.unwrap().standing, Standing::Inactive);
    room.inject("POST", FaultKind::Status { code: 529, body: serde_json::Value::Null });
    assert!(room.set(Standing::Archived).await.unwrap_err().may_pass());
    room.inject("POST", FaultKind::Garbage);
    assert!(room.set(Standing::Archived).await.unwrap_err().may_have_acted());
    assert_eq!(room.state(), KeyStanding::Disabled);
    room.inject("GET", FaultKind::KeyDiesAfter);
    let stopped = room.set(Standing::Archived).await.unwrap_err();
    assert!(matches!(stopped, Stopped::AdminKeyRefused { .. }), "{stopped}");
    assert_eq!(room.state(), KeyStanding::Disabled);
}

#[tokio::test]
async fn a_new_key_that_the_list_shows_late_is_found_at_last() {
    let room = Room::open().await;
    room.sims.control().lists_are_late(SIM, Lag::calls(1));
    let late = room.sims.control().make_key(SIM, "Acme", KeySpec::default());
    let trace = Trace { last_four: late.last_four.clone(), ..Trace::default() };
    assert_eq!(room.find(&trace, Some(&secret(&late))).await, Found::Nothing);
    assert!(matches!(room.find(&trace, Some(&secret(&late))).await, Found::One(_)));
}

#[tokio::test]
async fn only_an_admin_key_of_the_same_organisation_sees_the_key() {
    let room = Room::open().await;
    try_admin(&room.http, &room.endpoints, &room.admin).await.unwrap();
    for value in ["401", "403"] {
        room.sims.control().unconfirmed(SIM, "work_on_admin_route", value);
        let stopped = try_admin(&room.http, &room.endpoints, &secret(&room.key)).await.unwrap_err();
        assert!(matches!(stopped, Stopped::AdminKeyWeak { .. } | Stopped::AdminKeyRefused { .. }), "{stopped}");
    }
    let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
    let other = secret(&room.sims.control().make_key(SIM, "Other", spec));
    for id in [room.key.id.as_str(), "../messages"] {
        let stopped = look(&room.http, &room.endpoints, &other, id).await.unwrap_err();
        assert_eq!(stopped, Stopped::NotThere { id: id.to_owned() });
    }
    assert_eq!(room.state(), KeyStanding::Live);
}
