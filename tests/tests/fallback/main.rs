//! A dead key, in every way in which a provider says so: each row of the table of replies that means *dead* or *drained*,
//! with the fallback on `platform` and on `stop`, with and without the client's own tightening, whole, streamed and as a
//! form. Who was billed and how often the provider was asked is read from its own ledger; what was raised, from the
//! official SDKs; what was written down, from the record.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod sdk;
mod world;

use ownkey_protocol::act::Deed;
use ownkey_protocol::vocabulary::{Fallback, Provider, VerdictCode};
use ownkey_provider_sim::{Fault, FaultKind};
use ownkey_providers::reply::{Reply, Row, TABLE};

use ownkey_tests::shapes as calls;
use ownkey_tests::shapes::{Shape, shapes};
use sdk::Sdk;
use world::World;

/// Of the agency, and of the client.
const SETTINGS: [(Fallback, bool); 4] =
    [(Fallback::Platform, false), (Fallback::Platform, true), (Fallback::Stop, false), (Fallback::Stop, true)];

/// Rows that end or empty a key.
fn rows(provider: Provider) -> impl Iterator<Item = &'static Row> {
    let ends = |row: &&Row| matches!(row.reply, Reply::Dead(_) | Reply::Drained(_));
    TABLE.iter().filter(move |row| row.provider == provider).filter(ends)
}

/// The client's key is answered as this row says, from now on.
fn die(world: &World, row: &Row) {
    let kind = FaultKind::Status { code: row.status(), body: serde_json::from_str(row.example).unwrap() };
    world.control().inject(world.simulated(), Fault::of_key(&world.key, 10_000, kind));
}

async fn one(
    provider: Provider,
    row: &'static Row,
    (fallback, tightened): (Fallback, bool),
    shape: Shape,
    sdk: &mut Sdk,
) {
    let world = World::connected(provider, fallback, tightened).await;
    let what = format!("{provider} {} {fallback:?} tightened {tightened} {shape:?}: {}", row.status(), row.example);
    die(&world, row);
    let before = world.ledger().len();
    let first = world.call(shape).await;
    let rows = world.ledger().split_off(before);
    let tries = world.tries(&rows, shape);
    assert_eq!(tries, 1, "{what}: the own key is tried once: {rows:?}");
    let billed: Vec<_> = rows.iter().filter(|r| r.billed).map(|r| r.key.clone().unwrap_or_default()).collect();
    if fallback == Fallback::Platform && !tightened {
        assert_eq!((first.status / 100, first.paid_by.as_str()), (2, "platform"), "{what}: {}", first.body);
        assert_eq!(billed, [world.platform()], "{what}: billed once, and to the platform");
    } else {
        assert_eq!(
            (first.status, first.paid_by.as_str()),
            (row.status(), "client"),
            "{what}: the provider's own answer"
        );
        assert!(billed.is_empty(), "{what}: {billed:?}");
    }
    written_down(&world, row, fallback == Fallback::Platform && !tightened, &what);
    if shape == Shape::Whole {
        afterwards(&world, row, fallback == Fallback::Platform && !tightened, &what, sdk).await;
    }
    world.stop().await;
}

/// The record says that the key is dead and why, and that a fallback began where one did.
fn written_down(world: &World, row: &Row, platform_pays: bool, what: &str) {
    let (Reply::Dead(code) | Reply::Drained(code)) = row.reply else { panic!("{what}") };
    // Google answers a key of the retired kind and a wrong one of today's alike; the shape of this one is today's.
    let code = if code == VerdictCode::KindRetired { VerdictCode::KeyRefused } else { code };
    let word = serde_json::to_value(code).unwrap();
    let deeds = world.deeds();
    let said = |deed: &&Deed| matches!(deed, Deed::VersionDead { code, .. } if *code == word.as_str().unwrap());
    assert_eq!(deeds.iter().filter(said).count(), 1, "{what}: {deeds:?}");
    let began = deeds.iter().filter(|deed| matches!(deed, Deed::FallbackBegan { .. })).count();
    assert_eq!(began, usize::from(platform_pays), "{what}: {deeds:?}");
}

/// A dead key is remembered: no second try per call; and what the SDK raises then.
async fn afterwards(world: &World, row: &Row, platform_pays: bool, what: &str, sdk: &mut Sdk) {
    if matches!(row.reply, Reply::Drained(_)) {
        let before = world.ledger().len();
        world.call(Shape::Whole).await;
        let rows = world.ledger().split_off(before);
        assert_eq!(
            world.tries(&rows, Shape::Whole),
            1,
            "{what}: no free call shows credit, so one real call a minute asks"
        );
    }
    let before = world.ledger().len();
    let raised = sdk.call(world).await;
    let rows = world.ledger().split_off(before);
    assert_eq!(world.tries(&rows, Shape::Whole), 0, "{what}: {rows:?}");
    if platform_pays {
        assert_eq!((raised.class.as_deref(), raised.status), (None, Some(200)), "{what}");
    } else {
        assert!(rows.is_empty(), "{what}: the provider is not asked");
        let expected = sdk::expected(world.provider, row.reply);
        assert_eq!((raised.class.as_deref(), raised.status), (Some(expected.0), Some(expected.1)), "{what}");
    }
}

async fn every_row(provider: Provider) {
    let mut sdk = Sdk::start().await;
    let mut cases = 0;
    for row in rows(provider) {
        for setting in SETTINGS {
            for shape in shapes(provider) {
                one(provider, row, setting, *shape, &mut sdk).await;
                cases += 1;
            }
        }
    }
    assert!(cases >= 8, "{cases} cases");
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_keys_die_and_fall_back_as_was_agreed() {
    every_row(Provider::OpenAi).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_keys_die_and_fall_back_as_was_agreed() {
    every_row(Provider::Anthropic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_keys_die_and_fall_back_as_was_agreed() {
    every_row(Provider::Gemini).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stability_keys_die_and_fall_back_as_was_agreed() {
    every_row(Provider::Stability).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicate_keys_die_and_fall_back_as_was_agreed() {
    every_row(Provider::Replicate).await;
}

/// What is no death: rates, permissions, and whatever a single call did wrong.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_death_never_falls_back() {
    for provider in Provider::ALL {
        let world = World::connected(provider, Fallback::Platform, false).await;
        let harmless = |row: &&Row| !matches!(row.reply, Reply::Dead(_) | Reply::Drained(_));
        for row in TABLE.iter().filter(|row| row.provider == provider).filter(harmless) {
            let kind = FaultKind::Status { code: row.status(), body: serde_json::from_str(row.example).unwrap() };
            world.control().inject(world.simulated(), Fault::of_key(&world.key, 1, kind));
            let answer = world.call(Shape::Whole).await;
            assert_eq!(
                (answer.status, answer.paid_by.as_str()),
                (row.status(), "client"),
                "{provider} {}",
                row.example
            );
        }
        assert_eq!(world.call(Shape::Whole).await.paid_by, "client", "{provider}: the key is as alive as before");
        world.stop().await;
    }
}

/// A body that is larger than what is held cannot be sent again: it says so, and the next one goes to the platform.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_replay_limit_says_so_and_is_not_guessed() {
    let world = World::connected(Provider::OpenAi, Fallback::Platform, false).await;
    let row = rows(Provider::OpenAi).find(|row| matches!(row.reply, Reply::Dead(_))).unwrap();
    die(&world, row);
    let answer = world.large_form(6 * 1024 * 1024).await;
    assert_eq!((answer.status, answer.paid_by.as_str()), (413, "nobody"), "{}", answer.body);
    assert!(answer.body.contains("too_large") && answer.body.contains("again"), "{}", answer.body);
    assert_eq!(world.large_form(6 * 1024 * 1024).await.paid_by, "platform");
    world.stop().await;
}
