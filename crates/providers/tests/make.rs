//! Making an OpenAI key with an admin key, killed at every step, against the simulator.
#![allow(clippy::unwrap_used)]

use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_provider_sim::{self as sim, Fault, FaultKind, KeyKind, KeySpec, KeyStanding, KeyState, Sims, SimsConfig};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use ownkey_providers::make::openai::{
    Journal, SpendLimit, Step, Stopped, advance, revoke_made, scopes, set_spend_limit, spend_limit, try_admin,
};
use ownkey_secret::Secret;

struct Room {
    sims: Sims,
    http: Http,
    endpoints: Endpoints,
    admin: Secret,
}

impl Room {
    async fn open() -> Self {
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let endpoints = Endpoints::default().overridden(Provider::OpenAi, &sims.origin(sim::Provider::OpenAi)).unwrap();
        let made = sims.control().make_key(
            sim::Provider::OpenAi,
            "Acme",
            KeySpec { kind: KeyKind::Admin, ..KeySpec::default() },
        );
        Self { sims, http: Http::new().unwrap(), endpoints, admin: Secret::new(made.text.into_bytes()).unwrap() }
    }

    async fn step(&self, journal: &Journal) -> Result<Step, Stopped> {
        // What is written down is what comes back.
        let text = serde_json::to_string(journal).unwrap();
        advance(&self.http, &self.endpoints, &self.admin, serde_json::from_str(&text).unwrap()).await
    }

    async fn run(&self, mut journal: Journal) -> (Journal, Secret) {
        loop {
            match self.step(&journal).await.unwrap() {
                Step::Went(next) => journal = next,
                Step::Made { journal, secret } => return (journal, secret),
            }
        }
    }

    fn live_work_keys(&self) -> Vec<KeyState> {
        let live = |k: &KeyState| k.kind == KeyKind::Work && k.state == KeyStanding::Live;
        self.sims.control().keys(sim::Provider::OpenAi).into_iter().filter(live).collect()
    }
}

fn fresh() -> Journal {
    Journal::new("Ownkey", "ownkey draft 1", &[Use::Images])
}

#[tokio::test]
async fn a_scoped_key_is_made_and_no_full_one_stays_behind() {
    let room = Room::open().await;
    let (journal, secret) = room.run(fresh()).await;
    let keys = room.live_work_keys();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(Some(&keys[0].id), journal.key.as_ref());
    assert_eq!(keys[0].last_four, secret.last_four().as_str());
    let mut given = keys[0].scopes.clone().unwrap();
    given.sort();
    assert_eq!(given, scopes(&[Use::Images]));
    assert!(journal.steps().iter().all(|(_, done)| *done));
}

#[tokio::test]
async fn killed_after_any_step_and_started_again_one_key_is_left() {
    for forgotten in 0..4 {
        let room = Room::open().await;
        let mut journal = fresh();
        for at in 0.. {
            match room.step(&journal).await.unwrap() {
                // The step was done at the provider, but the journal was not written.
                Step::Went(_) | Step::Made { .. } if at == forgotten => break,
                Step::Went(next) => journal = next,
                Step::Made { .. } => unreachable!("four steps"),
            }
        }
        let (journal, _) = room.run(journal).await;
        let keys = room.live_work_keys();
        assert_eq!(keys.len(), 1, "forgotten {forgotten}: {keys:?}");
        assert_eq!(Some(&keys[0].id), journal.key.as_ref());
        assert!(keys[0].scopes.is_some());
    }
}

#[tokio::test]
async fn the_provider_acted_but_its_answer_was_lost() {
    for lost in ["POST /v1/organization/projects", "service_accounts", "DELETE", "api_keys"] {
        let room = Room::open().await;
        let fault = Fault::on(lost, 1, FaultKind::ActedButNoAnswer);
        room.sims.control().inject(sim::Provider::OpenAi, fault);
        let mut journal = fresh();
        let mut stops = 0;
        let made = loop {
            match room.step(&journal).await {
                Ok(Step::Went(next)) => journal = next,
                Ok(Step::Made { journal, .. }) => break journal,
                Err(Stopped::Unheard(_)) => stops += 1,
                Err(other) => panic!("{lost}: {other}"),
            }
        };
        assert_eq!(stops, 1, "{lost}");
        let keys = room.live_work_keys();
        assert_eq!(keys.iter().map(|k| &k.id).collect::<Vec<_>>(), [made.key.as_ref().unwrap()], "{lost}");
    }
}

#[tokio::test]
async fn a_refused_deletion_is_shown_and_the_account_stays() {
    let room = Room::open().await;
    room.sims.control().unconfirmed(sim::Provider::OpenAi, "delete_service_account_key", "refused");
    let mut journal = fresh();
    let stopped = loop {
        match room.step(&journal).await {
            Ok(Step::Went(next)) => journal = next,
            Ok(Step::Made { .. }) => panic!("a full-scope key stayed behind"),
            Err(stopped) => break stopped,
        }
    };
    assert!(matches!(stopped, Stopped::DeletionRefused { .. }), "{stopped}");
    assert!(journal.account.is_some() && !journal.first_key_deleted);
    room.sims.control().unconfirmed(sim::Provider::OpenAi, "delete_service_account_key", "allowed");
    room.run(journal).await;
    assert_eq!(room.live_work_keys().len(), 1);
}

#[tokio::test]
async fn discarding_leaves_no_key_however_far_it_came_and_whatever_the_provider_allows() {
    for allowed in ["allowed", "refused"] {
        for steps in 0..5 {
            let room = Room::open().await;
            let mut journal = fresh();
            for _ in 0..steps {
                match room.step(&journal).await.unwrap() {
                    Step::Went(next) | Step::Made { journal: next, .. } => journal = next,
                }
            }
            room.sims.control().unconfirmed(sim::Provider::OpenAi, "delete_service_account_key", allowed);
            for _ in 0..2 {
                revoke_made(&room.http, &room.endpoints, &room.admin, &journal).await.unwrap();
                assert!(room.live_work_keys().is_empty(), "{allowed} {steps}");
            }
        }
    }
}

#[tokio::test]
async fn keys_of_others_in_the_project_are_not_touched() {
    let room = Room::open().await;
    let (first, _) = room.run(Journal::new("Ownkey", "ownkey draft 1", &[Use::Chat])).await;
    let (second, _) = room.run(Journal::new("Ownkey", "ownkey draft 2", &[Use::Chat])).await;
    assert_eq!(first.project, second.project);
    revoke_made(&room.http, &room.endpoints, &room.admin, &second).await.unwrap();
    let left: Vec<_> = room.live_work_keys().into_iter().map(|k| Some(k.id)).collect();
    assert_eq!(left, [first.key]);
}

#[tokio::test]
async fn a_work_key_is_no_admin_key() {
    let room = Room::open().await;
    try_admin(&room.http, &room.endpoints, &room.admin).await.unwrap();
    let work = room.sims.control().make_key(sim::Provider::OpenAi, "Acme", KeySpec::default());
    let work = Secret::new(work.text.into_bytes()).unwrap();
    let stopped = try_admin(&room.http, &room.endpoints, &work).await.unwrap_err();
    assert!(matches!(stopped, Stopped::AdminKeyWeak { .. } | Stopped::AdminKeyRefused { .. }), "{stopped}");
}

#[tokio::test]
async fn made_once_more_the_former_key_is_gone() {
    let room = Room::open().await;
    let (first, _) = room.run(fresh()).await;
    let (second, secret) = room.run(first.clone()).await;
    assert_ne!(first.key, second.key);
    let keys = room.live_work_keys();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].last_four, secret.last_four().as_str());
}

#[tokio::test]
async fn a_projects_spend_limit_is_set_told_and_taken_away() {
    let room = Room::open().await;
    let (journal, _) = room.run(Journal::new("Ownkey: Acme", "ownkey cn_1 v1", &[Use::Chat])).await;
    let project = journal.project.unwrap();
    let told = || spend_limit(&room.http, &room.endpoints, &room.admin, &project);
    let set = |cents| set_spend_limit(&room.http, &room.endpoints, &room.admin, &project, cents);
    assert_eq!(told().await, Ok(None));
    assert_eq!(set(None).await, Ok(None), "nothing to take away is no fault");
    let limit = SpendLimit { cents: 12_345, enforcing: false };
    assert_eq!(set(Some(12_345)).await, Ok(Some(limit)));
    assert_eq!(told().await, Ok(Some(limit)));
    assert_eq!(set(None).await, Ok(None));
    assert_eq!(told().await, Ok(None));
    let elsewhere = set_spend_limit(&room.http, &room.endpoints, &room.admin, "proj_elsewhere", Some(1)).await;
    assert_eq!(elsewhere, Err(Stopped::NotThere { id: "proj_elsewhere".to_owned() }));
}
