//! Provider × what can be wrong with a key: one table, 5 × 7 cells. Sections are those of the provider notes.

use ownkey_protocol::vocabulary::Answer::{self, No, NotProvable};
use ownkey_protocol::vocabulary::Provider::{self, Anthropic, Gemini, OpenAi, Replicate, Stability};
use ownkey_protocol::vocabulary::Question::{self, Credit, Key, Reach, Scope};
use ownkey_protocol::vocabulary::VerdictCode as Code;
use ownkey_provider_sim::{FaultKind, KeyKind, KeySpec};
use ownkey_secret::Secret;

use super::{Room, answer, of};

/// What is expected of one kind of wrong key at one provider.
enum Cell {
    /// The key is made wrong in this way, and the check says so.
    Says(Wrong, Question, Answer, Code),
    /// There is no such key there, or nobody knows what it is answered; why.
    NotApplicable(&'static str),
}

use Cell::{NotApplicable, Says};

/// How a key is wrong.
enum Wrong {
    /// It is another provider's.
    Of(Provider),
    /// It manages the account.
    Admin,
    /// It may do this and nothing else.
    Only(&'static [&'static str]),
    /// The provider answers *forbidden*.
    Forbidden,
    /// Its account is empty.
    NoCredit,
    /// It is past its time.
    Expired,
    /// It is used from a country that is not served.
    Region,
    /// It works from another address only.
    Address,
}

use Wrong::{Address, Admin, Expired, Forbidden, NoCredit, Of, Only, Region};

const WRONGS: [&str; 7] = [
    "wrong provider's key",
    "admin key as work key",
    "restricted key",
    "no credit",
    "expired key",
    "unsupported region",
    "address not allowed",
];

const NO_ADMIN_KEYS: &str = "there are no admin keys: keys are made on the web only";
const NO_EXPIRY: &str = "keys are made and deleted or disabled on the web; none is known to expire";
const NO_REGION: &str = "no answer for an unsupported country is known";
const NO_ADDRESSES: &str = "keys cannot be limited to addresses";

const MATRIX: [(Provider, [Cell; 7]); 5] = [
    (
        OpenAi,
        [
            Says(Of(Anthropic), Key, No, Code::OtherProvider),
            Says(Admin, Key, No, Code::AdminKey),
            Says(Only(&["api.model.read", "api.model.request"]), Scope, No, Code::ScopeMissing),
            Says(NoCredit, Credit, NotProvable, Code::CreditUnseen), // §2.1: the list of models does not prove credit
            Says(Expired, Key, No, Code::KeyRefused), // §2.1: a 401 whose code is unconfirmed; both codes are in `days`
            Says(Region, Reach, No, Code::RegionUnsupported),
            Says(Address, Key, No, Code::AddressNotAllowed),
        ],
    ),
    (
        Anthropic,
        [
            Says(Of(OpenAi), Key, No, Code::OtherProvider),
            Says(Admin, Key, No, Code::AdminKey),
            Says(Only(&["permission:none"]), Scope, No, Code::ScopeMissing), // §2.2: 403 permission_error
            Says(NoCredit, Credit, NotProvable, Code::CreditUnseen), // §2.2: one report says otherwise; that is in `days`
            Says(Expired, Key, No, Code::KeyRefused),                // §2.2: as malformed and revoked ones
            NotApplicable("§2.2 has no row for a country"),
            Says(Address, Key, No, Code::KeyRefused), // §2.2: unconfirmed; a 401 in the simulator
        ],
    ),
    (
        Gemini,
        [
            Says(Of(Replicate), Key, No, Code::OtherProvider),
            NotApplicable("§3.3: no key manages keys; that takes a person's or a service account's login"),
            Says(Only(&["translate.googleapis.com"]), Scope, No, Code::ScopeMissing), // §2.3: API_KEY_SERVICE_BLOCKED
            Says(NoCredit, Credit, NotProvable, Code::CreditUnseen), // §2.3: 402 comes with a paid call
            Says(Expired, Key, No, Code::KeyRefused),
            Says(Region, Reach, No, Code::RegionUnsupported),
            Says(Address, Key, No, Code::AddressNotAllowed),
        ],
    ),
    (
        Stability,
        [
            Says(Of(Gemini), Key, No, Code::OtherProvider),
            NotApplicable(NO_ADMIN_KEYS),                   // §3.5
            Says(Forbidden, Scope, No, Code::ScopeMissing), // §2.4: 403 permission_denied
            Says(NoCredit, Credit, No, Code::NoCredit),     // §2.4: the one call that proves key and credit
            NotApplicable(NO_EXPIRY),                       // §3.5
            NotApplicable(NO_REGION),                       // §2.4
            NotApplicable(NO_ADDRESSES),                    // §3.5
        ],
    ),
    (
        Replicate,
        [
            Says(Of(Stability), Key, No, Code::OtherProvider),
            NotApplicable(NO_ADMIN_KEYS), // §3.4
            NotApplicable("§3.4: no scopes are documented"),
            Says(NoCredit, Credit, NotProvable, Code::CreditUnseen), // §2.5: the account does not prove credit
            NotApplicable(NO_EXPIRY),                                // §3.4
            NotApplicable(NO_REGION),                                // §2.5
            NotApplicable(NO_ADDRESSES),                             // §3.4
        ],
    ),
];

fn wrong(room: &Room, provider: Provider, wrong: &Wrong) -> Secret {
    let list = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect());
    let of_kind = |spec| room.key(provider, spec);
    let (id, key) = match wrong {
        Of(other) => room.key(*other, KeySpec::default()),
        Admin => of_kind(KeySpec { kind: KeyKind::Admin, ..KeySpec::default() }),
        Only(scopes) => of_kind(KeySpec { scopes: list(scopes), ..KeySpec::default() }),
        Address => of_kind(KeySpec { addresses: list(&["203.0.113.7"]), ..KeySpec::default() }),
        Forbidden | NoCredit | Expired | Region => of_kind(KeySpec::default()),
    };
    let control = room.sims.control();
    match wrong {
        NoCredit => assert!(control.drain_account(of(provider), "Acme")),
        Expired => assert!(control.expire_key(of(provider), id)),
        Region => room.fault(provider, FaultKind::Region),
        Forbidden => room.fault(provider, FaultKind::Status { code: 403, body: serde_json::Value::Null }),
        Of(_) | Admin | Only(_) | Address => {}
    }
    key
}

#[tokio::test]
async fn every_cell_of_provider_by_wrong_key_says_what_is_wrong_or_why_there_is_no_such_key() {
    let mut applicable = 0;
    for (provider, cells) in &MATRIX {
        for (cell, name) in cells.iter().zip(WRONGS) {
            let (how, question, verdict, code) = match cell {
                Says(how, question, verdict, code) => (how, *question, *verdict, *code),
                NotApplicable(why) => {
                    assert!(!why.is_empty(), "{provider}: {name}");
                    continue;
                }
            };
            applicable += 1;
            let room = Room::open().await;
            let key = wrong(&room, *provider, how);
            let report = room.check(*provider, &key).await;
            assert_eq!(answer(&report, question), (verdict, code), "{provider}: {name}: {report:?}");
            let ledger = room.sims.control().ledger(of(*provider));
            assert!(ledger.iter().all(|row| !row.billed), "{provider}: {name} cost something");
            let kept_here = matches!(code, Code::OtherProvider | Code::AdminKey);
            assert_eq!(ledger.is_empty(), kept_here, "{provider}: {name}: whether it was sent");
        }
    }
    assert_eq!(applicable, 7 + 6 + 6 + 3 + 2, "cells that were run");
    assert_eq!(MATRIX.iter().map(|(provider, _)| *provider).collect::<Vec<_>>(), Provider::ALL, "every provider");
}

#[tokio::test]
async fn a_gemini_key_without_the_role_lists_models_and_may_use_none() {
    let room = Room::open().await;
    let key = wrong(&room, Gemini, &Only(&["role:none"]));
    let report = room.check(Gemini, &key).await;
    assert_eq!(answer(&report, Key), (Answer::Yes, Code::Ok), "{report:?}");
    assert_eq!(answer(&report, Scope), (No, Code::ScopeMissing), "{report:?}");
}
