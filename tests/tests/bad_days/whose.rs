//! A key whose shape two providers share is asked about, never tried.

use ownkey_demo::servers::simulated;
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::KeySpec;

use super::{draft, joined, paste};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_be_another_companys_is_sent_nowhere_until_the_person_says_whose_it_is() {
    let (servers, headless) = joined().await;
    let control = servers.sims.control().clone();
    let key = |p| control.make_key(simulated(p), "x", KeySpec::default());
    let stability = key(Provider::Stability);
    let id = draft(&headless, Provider::OpenAi).await;
    assert_eq!(paste(&headless, &id, &stability.text).await, Err(Code::AmbiguousKey));
    let asked = |state: ownkey_app::wire::AppState| state.drafts[0].asked.clone().map(|hint| hint.last_four);
    assert_eq!(asked(headless.app.app_state().await.unwrap()), Some(stability.last_four.clone()));
    assert_eq!(headless.host.clipboard().as_deref(), Some(stability.text.as_str()), "it is left where it is");
    assert!(headless.keychain.names().iter().all(|n| n == "device"), "nothing was kept");
    assert!(control.ledger(simulated(Provider::OpenAi)).is_empty(), "a Stability key went to OpenAI");

    // Meanwhile another key was copied: what was said of the first is not said of it.
    let other = key(Provider::Stability);
    headless.host.copy(&other.text);
    let sure = || async { headless.app.connect_paste_sure(id.clone()).await.map_err(|f| f.code) };
    assert_eq!(sure().await, Err(Code::AmbiguousKey));
    headless.app.connect_back(id.clone()).await.unwrap();
    assert_eq!(asked(headless.app.app_state().await.unwrap()), None, "who goes back is asked anew");
    assert_eq!(sure().await, Err(Code::AmbiguousKey));
    assert!(control.ledger(simulated(Provider::OpenAi)).is_empty());

    let right = draft(&headless, Provider::Stability).await;
    assert_eq!(paste(&headless, &right, &other.text).await, Err(Code::AmbiguousKey));
    headless.app.connect_paste_sure(right.clone()).await.unwrap();
    headless.app.connect_review(right).await.unwrap();
    assert_eq!(headless.host.clipboard(), None);
    servers.stop().await.unwrap();
}
