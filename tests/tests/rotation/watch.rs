//! The clipboard, watched for the new key where the person switched that on.

use std::time::{Duration, Instant};

use ownkey_app::keychain::Keychain as _;
use ownkey_app::wire::{RotationState, RotationWaitKind};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeySpec, Provider as Sim};

use crate::world::{ACCOUNT, World};

impl World {
    async fn watches(&self, on: bool) -> Result<(), Code> {
        self.client.app.rotation_watch(self.connection(), on).await.map_err(|fault| fault.code)
    }

    /// Waits until the clipboard was read so much more often.
    async fn until_read(&self, more: usize) {
        let before = self.client.host.reads();
        for _ in 0..1_000 {
            if self.client.host.reads() >= before + more {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it is not read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_providers_key_is_taken_once_it_is_copied_and_then_the_clipboard_is_empty() {
    let world = World::connected(Provider::Anthropic).await;
    let host = &world.client.host;
    world.begin(false).await;
    world.until_waits_for(RotationWaitKind::NewKey).await;
    assert_eq!(world.view().await.watching, None, "nobody switched it on");
    let quiet = host.reads();
    world.watches(true).await.unwrap();
    assert!(world.view().await.watching.is_some());
    let old = world.client.keychain.read(&format!("key/{}/1", world.connection())).unwrap().unwrap();
    let old = old.expose(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    let others = world.control().make_key(Sim::OpenAi, "Elsewhere", KeySpec::default()).text;
    let began = Instant::now();
    for text in ["Dear Anna, the meeting is at ten.", &old, &others] {
        host.copy(text);
        world.until_read(2).await;
        assert_eq!(host.clipboard().as_deref(), Some(text), "it is left where it is");
        let view = world.view().await;
        assert!(view.new_last_four.is_none() && view.failure.is_none() && view.watching.is_some(), "{view:?}");
    }
    let reads = u64::try_from(host.reads() - quiet).unwrap();
    assert!(reads <= began.elapsed().as_secs() + 2, "{reads} reads in {:?}", began.elapsed());
    let new = world.new_key(ACCOUNT);
    host.copy(&new.text);
    let view = world.until(|view| view.new_last_four.is_some()).await;
    assert_eq!(view.new_last_four.as_deref(), Some(new.last_four.as_str()));
    world.until(|view| view.watching.is_none()).await;
    assert!(host.clipboard().is_none());
    assert_eq!(world.play().await.state, RotationState::Done);
    assert_eq!(world.living_keys(), [new.id]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_with_the_page_and_is_not_to_be_had_where_no_key_is_waited_for() {
    let world = World::connected(Provider::Anthropic).await;
    assert_eq!(world.watches(true).await, Err(Code::NotFound));
    world.begin(false).await;
    world.until_waits_for(RotationWaitKind::NewKey).await;
    world.watches(true).await.unwrap();
    world.until_read(1).await;
    world.watches(false).await.unwrap();
    assert_eq!(world.view().await.watching, None);
    world.watches(true).await.unwrap();
    world.client.app.rotation_cancel(world.connection()).await.unwrap();
    world.until(|view| view.watching.is_none()).await;
    assert_eq!(world.watches(true).await, Err(Code::ActRefused));
    world.end().await;
}
