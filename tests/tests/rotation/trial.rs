//! The trial within a rotation: one low-stakes assistant runs on the new version before all do.

use ownkey_app::wire::{RotationState, RotationWaitKind, RunsOnWord, StepWord};
use ownkey_protocol::act::Deed;
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::{Provider, Use};

use crate::world::World;

impl World {
    /// The assistant that the agency marked for trials, as its place among all.
    pub(crate) fn tester(&self) -> usize {
        let fits = |uses: &[Use]| uses.iter().any(|used| self.provider.uses().contains(used));
        self.servers.clients[0].assistants.iter().position(|one| one.low_stakes && fits(&one.uses)).unwrap()
    }

    /// One that is not.
    fn other(&self) -> usize {
        let all = self.servers.clients[0].assistants.iter();
        all.clone().position(|one| !one.low_stakes && one.uses.contains(&Use::Chat)).unwrap()
    }

    pub(crate) async fn tries_first(&self, assistant: Option<usize>) -> Result<(), Code> {
        let assistant = assistant.map(|at| self.servers.clients[0].assistants[at].id.to_string());
        self.client.app.rotation_try(self.connection(), assistant).await.map_err(|fault| fault.code)
    }

    /// Versions that began to serve one assistant, and then all, in the order of the record.
    fn served(&self) -> Vec<(&'static str, u32)> {
        let served = self.deeds().into_iter().filter_map(|deed| match deed {
            Deed::TrialStart { version, .. } => Some(("one", version)),
            Deed::VersionPromote { version, .. } => Some(("all", version)),
            _ => None,
        });
        served.collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_key_serves_one_assistant_first_and_all_once_a_call_of_it_has_worked() {
    let world = World::connected(Provider::Anthropic).await;
    let (tester, other) = (world.tester(), world.other());
    assert_eq!(world.tries_first(Some(other)).await, Err(Code::ActRefused), "it is not marked for trials");
    world.begin(false).await;
    world.tries_first(Some(tester)).await.unwrap();
    let new = world.paste_new_key().await;
    let view = world.until_waits_for(RotationWaitKind::Trial).await;
    assert!(view.trial.is_some() && view.may_try && view.runs_on == RunsOnWord::Old, "{view:?}");
    assert_eq!(world.call_of(other).await, "1", "the others run on the old key");
    assert_eq!(world.call_of(tester).await, "2", "and the one on the new key");
    world.until(|view| view.steps[5].state == StepWord::Done).await;
    assert_eq!(world.call_of(other).await, "2");
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.served(), [("all", 1), ("one", 2), ("all", 2)]);
    assert_eq!(world.living_keys(), [new]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_before_it_holds_also_where_ownkey_does_it_all_until_the_person_wants_it_for_all() {
    let world = World::made_for_me().await;
    world.tries_first(Some(world.tester())).await.unwrap();
    world.begin(false).await;
    world.until_waits_for(RotationWaitKind::Trial).await;
    assert_eq!(world.call_of(world.other()).await, "1");
    world.tries_first(None).await.unwrap();
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.served(), [("all", 1), ("one", 2), ("all", 2)]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_ends_the_trial_and_the_old_key_serves_on() {
    let world = World::connected(Provider::Anthropic).await;
    let tester = world.tester();
    world.tries_first(Some(tester)).await.unwrap();
    world.begin(false).await;
    world.paste_new_key().await;
    world.until_waits_for(RotationWaitKind::Trial).await;
    world.client.app.rotation_cancel(world.connection()).await.unwrap();
    assert_eq!(world.play().await.state, RotationState::Abandoned);
    assert_eq!((world.call_of(tester).await.as_str(), world.served().len()), ("1", 2));
    world.end().await;
}
