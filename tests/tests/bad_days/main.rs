//! Bad input and bad days: each has its own code, nothing is lost, and there is a way on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

mod admin;
mod keychain;
mod lying;
mod machine;
mod replace;
mod ways_on;
mod whose;

use std::sync::Arc;

use ownkey_app::wire::{PageLink, Stage};
use ownkey_app::{App, Setup, commands};
use ownkey_demo::client::{Headless, HeadlessHost, MemoryKeychain};
use ownkey_demo::servers::{Servers, simulated};
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::{Answer, Provider, Question, Role, Use, VerdictCode};
use ownkey_provider_sim::{Fault as SimFault, FaultKind, KeyKind, KeySpec};

async fn joined() -> (Servers, Headless) {
    let servers = Servers::start(&["Bad days"]).await.unwrap();
    let headless = Headless::open(&servers, "app", Arc::new(MemoryKeychain::default())).unwrap();
    headless.join(&servers.clients[0].invite).await.unwrap();
    (servers, headless)
}

async fn draft(headless: &Headless, provider: Provider) -> String {
    headless.app.connect_start(provider, provider.uses().to_vec()).await.unwrap()
}

async fn paste(headless: &Headless, id: &str, text: &str) -> Result<(), Code> {
    headless.host.copy(text);
    headless.app.connect_paste(id.to_owned()).await.map_err(|fault| fault.code)
}

/// Pastes, and says whose key it is when asked.
async fn paste_surely(headless: &Headless, id: &str, text: &str) -> Result<(), Code> {
    match paste(headless, id, text).await {
        Err(Code::AmbiguousKey) => headless.app.connect_paste_sure(id.to_owned()).await.map_err(|fault| fault.code),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clipboard_without_a_work_key_of_this_provider_is_refused_by_its_own_code_and_left_alone() {
    let (servers, headless) = joined().await;
    let id = draft(&headless, Provider::Anthropic).await;
    assert_eq!(headless.app.connect_paste(id.clone()).await.map_err(|f| f.code), Err(Code::ClipboardEmpty));
    let control = servers.sims.control();
    let key = |p, kind| control.make_key(simulated(p), "x", KeySpec { kind, ..KeySpec::default() }).text;
    let anthropic = key(Provider::Anthropic, KeyKind::Work);
    let cases = [
        (" \n".to_owned(), Code::ClipboardEmpty),
        ("x".repeat(70_000), Code::ClipboardTooLarge),
        ("a shopping list".to_owned(), Code::NotAKey),
        (key(Provider::OpenAi, KeyKind::Work), Code::OtherProvidersKey),
        (key(Provider::Replicate, KeyKind::Work), Code::OtherProvidersKey),
        (key(Provider::Gemini, KeyKind::Work), Code::OtherProvidersKey),
        (key(Provider::Anthropic, KeyKind::Admin), Code::AdminKeyPasted),
        (format!("{anthropic}\n{}", key(Provider::Anthropic, KeyKind::Work)), Code::SeveralKeys),
    ];
    for (text, code) in cases {
        assert_eq!(paste(&headless, &id, &text).await, Err(code));
        assert_eq!(
            headless.host.clipboard().as_deref(),
            Some(text.as_str()),
            "{code}: a refused text is left where it is"
        );
    }
    assert!(headless.keychain.names().iter().all(|n| n == "device"), "nothing was kept");
    for text in [format!("export ANTHROPIC_API_KEY='{anthropic}'\n"), format!("\"{anthropic}\"")] {
        assert_eq!(paste(&headless, &id, &text).await, Ok(()));
        assert_eq!(headless.host.clipboard(), None, "a key that was taken is cleared");
    }
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_twice_is_refused() {
    let (servers, headless) = joined().await;
    headless.connect(&servers, Provider::Stability, "Twice").await.unwrap();
    let key = servers.sims.control().make_key(simulated(Provider::OpenAi), "Twice", KeySpec::default());
    let first = draft(&headless, Provider::OpenAi).await;
    paste(&headless, &first, &key.text).await.unwrap();
    headless.app.connect_review(first.clone()).await.unwrap();
    headless.app.connect_send(first.clone()).await.unwrap();
    let second = draft(&headless, Provider::OpenAi).await;
    assert_eq!(paste(&headless, &second, &key.text).await, Err(Code::SameKey));
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_say_what_is_wrong_with_a_key_and_a_refused_one_is_not_sent() {
    let (servers, headless) = joined().await;
    let control = servers.sims.control().clone();
    let key = |p, spec| control.make_key(simulated(p), "Matrix", spec);
    let spec = KeySpec::default;
    let verdict = |id: String, what: Question| {
        let app = headless.app.clone();
        async move {
            let state = app.app_state().await.unwrap();
            let draft = state.drafts.into_iter().find(|d| d.id == id).unwrap();
            draft.check.unwrap().verdicts.into_iter().find(|v| v.what == what).unwrap()
        }
    };
    let expired = key(Provider::Replicate, spec());
    control.revoke_key(simulated(Provider::Replicate), &expired.id);
    let id = draft(&headless, Provider::Replicate).await;
    paste(&headless, &id, &expired.text).await.unwrap();
    assert_eq!(verdict(id.clone(), Question::Key).await.answer, Answer::No);
    assert_eq!(headless.app.connect_review(id).await.map_err(|f| f.code), Err(Code::KeyRefused));

    let elsewhere = key(Provider::OpenAi, KeySpec { addresses: Some(vec!["203.0.113.7".to_owned()]), ..spec() });
    let id = draft(&headless, Provider::OpenAi).await;
    paste(&headless, &id, &elsewhere.text).await.unwrap();
    assert_eq!(verdict(id.clone(), Question::Key).await.code, VerdictCode::AddressNotAllowed);
    headless.app.connect_review(id.clone()).await.unwrap();
    let state = headless.app.app_state().await.unwrap();
    assert!(state.drafts.iter().find(|d| d.id == id).unwrap().send_needs_consent, "the agency may check it instead");

    let poor = key(Provider::Stability, spec());
    control.drain_account(simulated(Provider::Stability), "Matrix");
    let id = draft(&headless, Provider::Stability).await;
    paste_surely(&headless, &id, &poor.text).await.unwrap();
    let credit = verdict(id.clone(), Question::Credit).await;
    assert_eq!((credit.answer, credit.code), (Answer::No, VerdictCode::NoCredit));
    headless.app.connect_review(id).await.unwrap();
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_on_a_bad_day_is_a_verdict_and_checking_again_helps() {
    let (servers, headless) = joined().await;
    let control = servers.sims.control().clone();
    let key = control.make_key(simulated(Provider::Anthropic), "Bad day", KeySpec::default());
    for (kind, code) in [
        (FaultKind::HangUp, None),
        (FaultKind::Garbage, Some(VerdictCode::Outage)),
        (FaultKind::Status { code: 529, body: serde_json::Value::Null }, Some(VerdictCode::Outage)),
    ] {
        control.inject(simulated(Provider::Anthropic), SimFault::next(50, kind));
        let id = draft(&headless, Provider::Anthropic).await;
        paste(&headless, &id, &key.text).await.unwrap();
        let state = headless.app.app_state().await.unwrap();
        let view = state.drafts.iter().find(|d| d.id == id).unwrap();
        let first = view.check.as_ref().unwrap().verdicts[0].clone();
        assert_eq!(first.answer, Answer::No, "{first:?}");
        assert!(code.is_none_or(|c| c == first.code), "{first:?}");
        control.clear_faults(simulated(Provider::Anthropic));
        headless.app.connect_check(id.clone()).await.unwrap();
        headless.app.connect_review(id.clone()).await.unwrap();
        headless.app.connect_discard(id).await.unwrap();
    }
    assert!(headless.keychain.names().iter().all(|n| n == "device"), "discarded drafts leave nothing");
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_that_is_used_unknown_cut_off_or_unsafe_has_its_own_code() {
    let servers = Servers::start(&["Invites"]).await.unwrap();
    let link = servers.clients[0].invite.clone();
    let first = Headless::open(&servers, "first", Arc::new(MemoryKeychain::default())).unwrap();
    first.join(&link).await.unwrap();
    let second = Headless::open(&servers, "second", Arc::new(MemoryKeychain::default())).unwrap();
    let code = |link: String| {
        let app = second.app.clone();
        async move { app.join_preview(link).await.map(|_| ()).map_err(|f| f.code) }
    };
    let (head, tail) = link.split_once('#').unwrap();
    let unknown = format!("{head}#{}{}", "A".repeat(22), &tail[22..]);
    let told = second.app.join_preview(link.clone()).await.map(|_| ()).unwrap_err().fields;
    let contact = told.iter().find(|f| f.name == "contact").map(|f| f.value.as_str());
    assert_eq!(contact, Some("Mara at Brightwork, +49 30 5550 0123"), "whom to ask is known by then");
    assert_eq!(code(link.clone()).await, Err(Code::InviteUsed));
    assert_eq!(code(unknown).await, Err(Code::InviteUnknown));
    assert_eq!(code(link[..link.len() - 4].to_owned()).await, Err(Code::LinkMalformed));
    assert_eq!(code("hello".to_owned()).await, Err(Code::LinkMalformed));
    assert_eq!(code(link.replace("http://127.0.0.1", "http://agency.example")).await, Err(Code::LinkUnsafe));
    let (start, seq) = link.rsplit_once('.').unwrap();
    let newer = format!("{start}.{}", seq.parse::<u64>().unwrap() + 1);
    assert_eq!(code(newer).await, Err(Code::KeysetRolledBack));
    let print_at = tail.find('.').unwrap() + 1;
    let mut other = tail.to_owned();
    other.replace_range(print_at..=print_at, if &tail[print_at..=print_at] == "A" { "B" } else { "A" });
    assert_eq!(code(format!("{head}#{other}")).await, Err(Code::AgencyIdentityChanged));
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_agency_the_rooms_are_shown_and_say_how_old_they_are() {
    let (servers, headless) = joined().await;
    headless.connect(&servers, Provider::OpenAi, "Offline").await.unwrap();
    let keychain = headless.keychain.clone();
    let size = headless.app.app_state().await.unwrap().record.size;
    let folder = servers.folder.path().join("apps/app");
    let endpoints = servers.endpoints().unwrap();
    let kept = tempfile::tempdir().unwrap();
    drop(headless);
    copy(&folder, kept.path());
    servers.stop().await.unwrap();

    let setup = Setup { data_dir: kept.path().to_owned(), endpoints, name: "x".into(), practice_keys: false };
    let app = App::open(HeadlessHost::default(), setup, keychain).map_err(|f| f.code).unwrap();
    let _offline = app.start().await;
    let state = app.app_state().await.unwrap();
    assert_eq!((state.stage, state.record.size, state.freshness.online), (Stage::Joined, size, false));
    assert_eq!(state.freshness.failure.map(|f| f.code), Some(Code::AgencyUnreachable));
    assert!(state.freshness.as_of.is_some() && state.connections.len() == 1);
    let offline = app.invite_member("Ben".into(), Role::Member).await.map(|_| ()).map_err(|f| f.code);
    assert_eq!(offline, Err(Code::AgencyUnreachable));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_started_twice_or_older_than_its_data_says_so() {
    let (servers, headless) = joined().await;
    let again = Headless::open(&servers, "app", headless.keychain.clone()).map(|_| ()).unwrap_err().to_string();
    assert!(again.starts_with("already_running"), "{again}");
    let keychain = headless.keychain.clone();
    let folder = servers.folder.path().join("apps/app");
    drop(headless);
    let db = rusqlite::Connection::open(folder.join("ownkey.sqlite")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let newer = Headless::open(&servers, "app", keychain.clone()).map(|_| ()).unwrap_err().to_string();
    assert!(newer.starts_with("database_newer"), "{newer}");
    std::fs::write(folder.join("ownkey.sqlite"), "not a database, but long enough to be looked at as one").unwrap();
    let broken = Headless::open(&servers, "app", keychain).map(|_| ()).unwrap_err().to_string();
    assert!(broken.starts_with("database_broken"), "{broken}");
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_look_and_a_declined_dialog_changes_nothing() {
    let (servers, owner) = joined().await;
    owner.connect(&servers, Provider::OpenAi, "People").await.unwrap();
    let id = owner.app.app_state().await.unwrap().connections[0].id.clone();
    let made = owner.app.invite_member("Vera".into(), Role::Viewer).await.unwrap();
    let viewer = Headless::open(&servers, "viewer", Arc::new(MemoryKeychain::default())).unwrap();
    viewer.join(&made.link).await.unwrap();
    let started = viewer.app.connect_start(Provider::OpenAi, vec![Use::Chat]).await.map_err(|f| f.code);
    assert_eq!(started, Err(Code::NotAllowed));
    assert_eq!(viewer.app.revoke(id.clone()).await.map_err(|f| f.code), Err(Code::NotAllowed));
    let state = viewer.app.app_state().await.unwrap();
    assert_eq!(state.connections[0].secret_on.as_deref(), Some("Practice computer"));

    owner.host.decline();
    owner.app.refresh().await.unwrap();
    let size = owner.app.app_state().await.unwrap().record.size;
    assert_eq!(owner.app.revoke(id).await.map_err(|f| f.code), Err(Code::Declined));
    owner.app.refresh().await.unwrap();
    assert_eq!(owner.app.app_state().await.unwrap().record.size, size);
    let me = owner.app.app_state().await.unwrap().members.into_iter().find(|m| m.me).unwrap();
    let demoted = owner.app.change_member(me.id, Role::Viewer, me.revision).await.map_err(|f| f.code);
    assert_eq!(demoted, Err(Code::LastOwner));
    let device = viewer.app.app_state().await.unwrap().me.unwrap().device;
    owner.host.accept();
    owner.app.revoke_device(device).await.unwrap();
    assert_eq!(viewer.app.refresh().await.map_err(|f| f.code), Err(Code::DeviceRevoked));
    assert_eq!(viewer.app.app_state().await.unwrap().stage, Stage::Removed);
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_leads_into_the_log_and_the_report_names_the_last_ones() {
    let (servers, headless) = joined().await;
    let id = draft(&headless, Provider::OpenAi).await;
    headless.host.copy("a shopping list");
    let paste = commands::call(&headless.app, "connect_paste", &serde_json::json!({ "id": id })).await;
    let shown = paste.unwrap_err();
    let log = std::fs::read_to_string(servers.folder.path().join("apps/app/ownkey.log")).unwrap();
    let line = log.lines().find(|l| l.contains(&shown.r#ref)).unwrap();
    assert!(line.contains("not_a_key") && line.contains("by shape"), "{line}");
    let report = ownkey_app::wire::CopyWhat::Report(shown.r#ref.clone());
    headless.app.copy(report).await.unwrap();
    let report = headless.host.clipboard().unwrap();
    assert!(report.contains(&format!("not_a_key {}", shown.r#ref)), "{report}");
    assert!(!report.contains("shopping") && !report.contains("by shape"), "{report}");
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_open_by_an_allow_list_and_the_address_can_be_copied() {
    let (servers, headless) = joined().await;
    let page = || PageLink::ProviderKeys(Provider::OpenAi);
    headless.app.open_page(page()).await.unwrap();
    let expected = format!("{}/console", servers.sims.origin(simulated(Provider::OpenAi)));
    assert_eq!(headless.host.opened(), vec![expected.clone()]);
    headless.app.copy(ownkey_app::wire::CopyWhat::Page(page())).await.unwrap();
    assert_eq!(headless.host.clipboard(), Some(expected));
    headless.host.without_browser();
    assert_eq!(headless.app.open_page(page()).await.map_err(|f| f.code), Err(Code::NoBrowser));
    assert_eq!(headless.host.opened().len(), 1);
    servers.stop().await.unwrap();
}
