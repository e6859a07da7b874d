//! Replacing an OpenAI key with an admin key: lost answers, late lists, crashes, admin keys that die in the middle.
#![allow(clippy::unwrap_used)]

use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{
    self as sim, Control, Fault, FaultKind, KeyKind, KeySpec, KeyStanding, KeyState, Lag, Sims, SimsConfig,
};
use ownkey_providers::check::{Snapshot, Weakness, check, weaker};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use ownkey_providers::make::openai::{
    Found, Journal, Step, Stopped, Trace, advance, find, last_used, orphans, revoke_found, revoke_made, scopes, sweep,
};
use ownkey_secret::Secret;
use std::time::Duration;

const SIM: sim::Provider = sim::Provider::OpenAi;

struct Room {
    sims: Sims,
    http: Http,
    endpoints: Endpoints,
    admin: Secret,
    admin_id: String,
}

impl Room {
    async fn open() -> Self {
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let endpoints = Endpoints::default().overridden(Provider::OpenAi, &sims.origin(SIM)).unwrap();
        let made = sims.control().make_key(SIM, "Acme", KeySpec { kind: KeyKind::Admin, ..KeySpec::default() });
        let admin = Secret::new(made.text.into_bytes()).unwrap();
        Self { sims, http: Http::new().unwrap(), endpoints, admin, admin_id: made.id }
    }

    fn control(&self) -> &Control {
        self.sims.control()
    }

    async fn step(&self, journal: &Journal) -> Result<Step, Stopped> {
        // What is written down is what comes back.
        let text = serde_json::to_string(journal).unwrap();
        advance(&self.http, &self.endpoints, &self.admin, serde_json::from_str(&text).unwrap()).await
    }

    /// Runs to the end as a driver does: what could pass is tried again. Answers how often it was stopped, too.
    async fn run(&self, mut journal: Journal) -> (Journal, Secret, usize) {
        let mut stops = 0;
        loop {
            match self.step(&journal).await {
                Ok(Step::Went(next)) => journal = next,
                Ok(Step::Made { journal, secret }) => return (journal, secret, stops),
                Err(stopped) if stopped.may_pass() => stops += 1,
                Err(stopped) => panic!("{stopped}"),
            }
            assert!(stops < 20);
        }
    }

    async fn replaced(&self) -> (Journal, Journal) {
        let (old, ..) = self.run(Journal::new("Ownkey", "ownkey cn_1 v1", &[Use::Images])).await;
        let next = old.next("ownkey cn_1 v2").unwrap();
        (old, next)
    }

    /// Sweeps until the list shows the new key; what was removed.
    async fn swept(&self, journal: &Journal) -> Vec<String> {
        let mut removed = Vec::new();
        for _ in 0..10 {
            let swept = sweep(&self.http, &self.endpoints, &self.admin, journal).await.unwrap();
            removed.extend(swept.removed);
            if swept.seen {
                return removed;
            }
        }
        panic!("the list never showed the key");
    }

    async fn revoke(&self, journal: &Journal) -> Result<(), Stopped> {
        revoke_made(&self.http, &self.endpoints, &self.admin, journal).await
    }

    async fn last_used(&self, journal: &Journal) -> Option<i64> {
        let seen = last_used(&self.http, &self.endpoints, &self.admin, journal).await.unwrap();
        seen.map(|at| at.unix_seconds())
    }

    fn live(&self) -> Vec<KeyState> {
        let live = |k: &KeyState| k.kind == KeyKind::Work && k.state == KeyStanding::Live;
        self.control().keys(SIM).into_iter().filter(live).collect()
    }

    fn live_ids(&self) -> Vec<Option<String>> {
        self.live().into_iter().map(|key| Some(key.id)).collect()
    }
}

#[tokio::test]
async fn a_replacement_has_the_same_project_and_scopes_and_the_old_key_ends_by_its_own_journal() {
    let room = Room::open().await;
    let (old, next) = room.replaced().await;
    let (new, secret, _) = room.run(next).await;
    assert_eq!((&new.project, &new.uses), (&old.project, &old.uses));
    assert_ne!(new.account, old.account);
    let live = room.live();
    assert_eq!(live.len(), 2);
    for key in &live {
        let mut given = key.scopes.clone().unwrap();
        given.sort();
        assert_eq!(given, scopes(&[Use::Images]));
        assert_eq!(key.project, old.project);
    }
    assert!(live.iter().any(|key| key.name == "ownkey cn_1 v2" && key.last_four == secret.last_four().as_str()));
    for _ in 0..2 {
        room.revoke(&old).await.unwrap();
        assert_eq!(room.live_ids(), std::slice::from_ref(&new.key), "only the new one lives");
    }
}

#[tokio::test]
async fn a_replacement_that_is_given_up_leaves_the_old_key_alone_wherever_it_stopped() {
    for steps in 0..4 {
        let room = Room::open().await;
        let (old, mut next) = room.replaced().await;
        for _ in 0..steps {
            match room.step(&next).await.unwrap() {
                Step::Went(journal) | Step::Made { journal, .. } => next = journal,
            }
        }
        for _ in 0..2 {
            room.revoke(&next).await.unwrap();
            assert_eq!(room.live_ids(), std::slice::from_ref(&old.key), "{steps}");
        }
    }
}

#[tokio::test]
async fn however_often_answers_are_lost_and_however_late_lists_are_one_new_key_is_left() {
    for late in [Lag::default(), Lag::calls(1), Lag::calls(3)] {
        for lost in ["POST /v1/organization/projects/", "/api_keys", "DELETE", "GET"] {
            for times in [1, 3] {
                let room = Room::open().await;
                let (old, next) = room.replaced().await;
                room.control().lists_are_late(SIM, late);
                room.control().inject(SIM, Fault::on(lost, times, FaultKind::ActedButNoAnswer));
                let (new, _, stops) = room.run(next).await;
                assert!(stops >= 1, "{lost}");
                room.swept(&new).await;
                let mut wanted = [old.key.clone(), new.key.clone()];
                let mut live = room.live_ids();
                wanted.sort();
                live.sort();
                assert_eq!(live, wanted, "{lost} {times} {late:?}");
                room.revoke(&old).await.unwrap();
                assert_eq!(room.live_ids(), [new.key], "{lost} {times} {late:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_after_the_time_limit_is_as_good_as_lost_and_leaves_one_new_key() {
    for late in ["POST /v1/organization/projects/", "/api_keys", "DELETE"] {
        let mut room = Room::open().await;
        let (old, next) = room.replaced().await;
        room.control().inject(SIM, Fault::on(late, 1, FaultKind::ActedButLate(60_000)));
        room.http = Http::within(Duration::from_millis(1_500)).unwrap();
        let (new, _, stops) = room.run(next).await;
        assert_eq!(stops, 1, "{late}");
        room.http = Http::new().unwrap();
        room.swept(&new).await;
        room.revoke(&old).await.unwrap();
        assert_eq!(room.live_ids(), [new.key], "{late}");
    }
}

#[tokio::test]
async fn the_account_that_is_replaced_is_not_touched_even_under_the_same_name() {
    let room = Room::open().await;
    let (old, next) = room.replaced().await;
    let next = Journal { name: old.name.clone(), ..next };
    let (new, ..) = room.run(next).await;
    room.swept(&new).await;
    assert_eq!(room.live_ids(), [old.key.clone(), new.key.clone()]);
    room.revoke(&new).await.unwrap();
    assert_eq!(room.live_ids(), [old.key]);
}

#[tokio::test]
async fn the_first_full_key_dies_although_no_list_shows_it() {
    let room = Room::open().await;
    let (_, next) = room.replaced().await;
    room.control().lists_are_late(SIM, Lag::calls(1000));
    let (new, ..) = room.run(next).await;
    assert_eq!(room.live().iter().filter(|key| key.scopes.is_none()).count(), 0);
    assert!(!sweep(&room.http, &room.endpoints, &room.admin, &new).await.unwrap().seen, "the list hides it yet");
}

#[tokio::test]
async fn a_full_key_whose_making_was_never_answered_dies_before_the_scoped_one_is_made() {
    let room = Room::open().await;
    let (_, next) = room.replaced().await;
    room.control().lists_are_late(SIM, Lag::calls(2));
    room.control().inject(SIM, Fault::on("POST", 1, FaultKind::ActedButNoAnswer));
    assert!(room.step(&next).await.unwrap_err().may_have_acted());
    // The accounts' list catches up, that of keys does not.
    for _ in 0..2 {
        assert!(orphans(&room.http, &room.endpoints, &room.admin, &next, "ownkey").await.unwrap().is_empty());
    }
    room.run(next).await;
    assert!(room.live().iter().all(|key| key.scopes.is_some()));
    assert_eq!(room.live().len(), 2);
}

#[tokio::test]
async fn killed_between_any_act_and_its_journal_the_next_run_ends_with_one_key() {
    for forgotten in 0..3 {
        let room = Room::open().await;
        let (old, mut journal) = room.replaced().await;
        room.control().lists_are_late(SIM, Lag::calls(1));
        for at in 0.. {
            match room.step(&journal).await.unwrap() {
                // Done at the provider, not written down.
                Step::Went(_) | Step::Made { .. } if at == forgotten => break,
                Step::Went(next) => journal = next,
                Step::Made { .. } => unreachable!("three steps"),
            }
        }
        let (new, ..) = room.run(journal).await;
        room.swept(&new).await;
        room.revoke(&old).await.unwrap();
        assert_eq!(room.live_ids(), [new.key], "{forgotten}");
    }
}

#[tokio::test]
async fn an_account_that_is_gone_is_told_and_the_journal_begins_afresh() {
    let room = Room::open().await;
    let (old, next) = room.replaced().await;
    let Step::Went(journal) = room.step(&next).await.unwrap() else { panic!("the account comes first") };
    let Step::Went(journal) = room.step(&journal).await.unwrap() else { panic!("then the first key goes") };
    room.revoke(&journal).await.unwrap();
    let stopped = room.step(&journal).await.unwrap_err();
    assert_eq!(stopped, Stopped::NotThere { id: journal.account.clone().unwrap() });
    let (new, ..) = room.run(journal.afresh()).await;
    assert_eq!((&new.project, &new.replaces), (&old.project, &old.account));
    assert_eq!(room.live_ids(), [old.key, new.key]);
}

#[tokio::test]
async fn an_admin_key_of_another_organisation_makes_and_revokes_nothing() {
    let room = Room::open().await;
    let (old, next) = room.replaced().await;
    let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
    let other = Secret::new(room.control().make_key(SIM, "Other", spec).text.into_bytes()).unwrap();
    let not_there = Stopped::NotThere { id: old.project.clone().unwrap() };
    let made = advance(&room.http, &room.endpoints, &other, next).await.unwrap_err();
    let revoked = revoke_made(&room.http, &room.endpoints, &other, &old).await.unwrap_err();
    assert_eq!((made, revoked), (not_there.clone(), not_there), "not being seen is no revocation");
    assert_eq!(room.live_ids(), [old.key]);
}

#[tokio::test]
async fn an_admin_key_that_dies_in_the_middle_stops_the_run_with_its_name_and_another_goes_on() {
    for dies_after in ["POST /v1/organization/projects/", "DELETE"] {
        let mut room = Room::open().await;
        let (old, mut journal) = room.replaced().await;
        room.control().inject(SIM, Fault::on(dies_after, 1, FaultKind::KeyDiesAfter));
        let stopped = loop {
            match room.step(&journal).await {
                Ok(Step::Went(next)) => journal = next,
                Ok(Step::Made { .. }) => panic!("without an admin key"),
                Err(stopped) => break stopped,
            }
        };
        assert!(matches!(stopped, Stopped::AdminKeyRefused { .. }), "{stopped}");
        assert!(!stopped.may_pass());
        let spec = KeySpec { kind: KeyKind::Admin, ..KeySpec::default() };
        let made = room.control().make_key(SIM, "Acme", spec);
        assert_ne!(made.id, room.admin_id);
        room.admin = Secret::new(made.text.into_bytes()).unwrap();
        let (new, ..) = room.run(journal).await;
        room.revoke(&old).await.unwrap();
        assert_eq!(room.live_ids(), [new.key], "{dies_after}");
    }
}

#[tokio::test]
async fn while_the_provider_is_down_nothing_changes_and_later_it_goes_on() {
    let room = Room::open().await;
    let (old, next) = room.replaced().await;
    for kind in [FaultKind::HangUp, FaultKind::Status { code: 503, body: serde_json::Value::Null }] {
        room.control().inject(SIM, Fault::next(usize::MAX, kind));
        assert!(room.step(&next).await.unwrap_err().may_pass());
        assert!(room.revoke(&old).await.unwrap_err().may_pass());
        room.control().clear_faults(SIM);
    }
    assert_eq!(room.live_ids(), std::slice::from_ref(&old.key));
    let (new, _, stops) = room.run(next).await;
    assert_eq!((stops, room.live_ids()), (0, vec![old.key, new.key]));
}

#[tokio::test]
async fn an_answer_that_is_not_the_providers_is_no_deletion() {
    let room = Room::open().await;
    let (old, _) = room.replaced().await;
    room.control().inject(SIM, Fault::on("DELETE", 1, FaultKind::Garbage));
    assert!(room.revoke(&old).await.unwrap_err().may_have_acted());
    assert_eq!(room.live_ids(), std::slice::from_ref(&old.key));
    room.revoke(&old).await.unwrap();
    assert!(room.live().is_empty());
}

#[tokio::test]
async fn the_provider_is_the_second_witness_of_use() {
    let room = Room::open().await;
    let (old, next) = room.replaced().await;
    assert_eq!(room.last_used(&next).await, None, "not made yet");
    let (new, secret, _) = room.run(next).await;
    assert_eq!(room.last_used(&new).await, None, "not used yet");
    check(&room.http, &room.endpoints, Provider::OpenAi, &secret, &[]).await;
    let seen = room.control().keys(SIM).into_iter().find(|key| Some(&key.id) == new.key.as_ref()).unwrap().last_used_at;
    assert!(seen.is_some());
    assert_eq!(room.last_used(&new).await, seen);
    assert_eq!(room.last_used(&old).await, None, "that of its own key only");
    room.revoke(&new).await.unwrap();
    assert_eq!(room.last_used(&new).await, None);
}

#[tokio::test]
async fn a_key_with_fewer_scopes_is_told_use_by_use_before_it_is_promoted() {
    let room = Room::open().await;
    let both = [Use::Chat, Use::Images];
    let ask = async |uses: &[Use], name: &str| {
        let (_, secret, _) = room.run(Journal::new("Ownkey", name, uses)).await;
        check(&room.http, &room.endpoints, Provider::OpenAi, &secret, &both).await
    };
    let (old, same, narrow) = (ask(&both, "v1").await, ask(&both, "v2").await, ask(&[Use::Images], "v3").await);
    let old = Snapshot::from(&old);
    assert_eq!(weaker(&old, &same, &both), []);
    assert_eq!((narrow.lacking.as_slice(), weaker(&old, &narrow, &[Use::Images])), ([Use::Chat].as_slice(), vec![]));
    let lacks_chat = weaker(&old, &narrow, &both);
    assert!(lacks_chat.contains(&Weakness::UseMissing(Use::Chat)), "{lacks_chat:?}");
    assert!(!lacks_chat.contains(&Weakness::UseMissing(Use::Images)), "{lacks_chat:?}");
}

#[tokio::test]
async fn what_a_lost_run_left_is_found_by_the_connections_name() {
    let room = Room::open().await;
    let (old, next) = room.replaced().await;
    room.run(Journal::new("Ownkey", "ownkey cn_2 v1", &[Use::Chat])).await;
    let (lost, ..) = room.run(old.next("ownkey cn_1 v7").unwrap()).await;
    let (new, ..) = room.run(next).await;
    let found = orphans(&room.http, &room.endpoints, &room.admin, &new, "ownkey cn_1 v").await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].name.as_str(), &found[0].keys), ("ownkey cn_1 v7", &vec![lost.key.clone().unwrap()]));
    room.revoke(&lost).await.unwrap();
    assert!(orphans(&room.http, &room.endpoints, &room.admin, &new, "ownkey cn_1 v").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_made_by_hand_is_replaced_in_its_project_and_found_by_its_ends() {
    let room = Room::open().await;
    let by_hand = room.control().make_key(SIM, "Acme", KeySpec { name: "mine".to_owned(), ..KeySpec::default() });
    room.control().make_key(SIM, "Acme", KeySpec { name: "theirs".to_owned(), ..KeySpec::default() });
    let project = room.control().home(SIM, "Acme").or_else(|| room.live()[0].project.clone()).unwrap();
    let (new, ..) = room.run(Journal::within(&project, "ownkey cn_1 v2", &[Use::Chat]).unwrap()).await;
    assert_eq!(new.project.as_ref(), Some(&project));
    let trace = Trace { last_four: by_hand.last_four.clone(), name: None, place: Some(project) };
    let key = Secret::new(by_hand.text.into_bytes()).unwrap();
    for key in [None, Some(&key)] {
        let found = find(&room.http, &room.endpoints, &room.admin, &trace, key).await.unwrap();
        let Found::One(found) = found else { panic!("{found:?}") };
        assert_eq!((&found.key, found.name.as_str()), (&by_hand.id, "mine"));
    }
    let Found::One(found) = find(&room.http, &room.endpoints, &room.admin, &trace, Some(&key)).await.unwrap() else {
        panic!("found just now")
    };
    for _ in 0..2 {
        revoke_found(&room.http, &room.endpoints, &room.admin, &found).await.unwrap();
        assert_eq!(find(&room.http, &room.endpoints, &room.admin, &trace, None).await.unwrap(), Found::Nothing);
        assert_eq!(room.live().len(), 2);
    }
}

#[test]
fn a_journal_of_before_this_version_is_read_and_a_name_is_never_used_twice() {
    let old = r#"{"project_name":"p","name":"n v1","uses":["chat"],"project":"proj_1","account":"svc_acct_1",
        "first_key_deleted":true,"key":"key_1"}"#;
    let old: Journal = serde_json::from_str(old).unwrap();
    assert!(old.next("n v1").is_none());
    let next = old.next("n v2").unwrap();
    assert_eq!((next.project, next.replaces, next.key), (Some("proj_1".to_owned()), old.account, None));
    assert!(Journal::within("org-1", "n", &[]).is_none() && Journal::within("proj_1/x", "n", &[]).is_none());
}
