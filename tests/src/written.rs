//! A call as the agency writes it down, for books that are filled without making the calls.

use ownkey_agency::calls::{CallFinished, CallStarted, Told};
use ownkey_protocol::id::{AssistantId, CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::token;
use ownkey_protocol::vocabulary::{Provider, Use};
use ownkey_providers::meter::{Picture, Units};

/// The newest month of which both sides will say nothing else: it has been over for two days at least.
#[must_use]
pub fn settled_month() -> Month {
    let then = ownkey_app::agency_client::now().plus_millis(-2 * 24 * 3_600 * 1_000);
    Month::of(Month::of(then).begin().plus_millis(-1))
}

/// A call that the client paid for on an account of its own.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// When it began.
    pub at: Instant,
    /// How long it ran, in milliseconds.
    pub ran: i64,
    /// Tells it from the others of its moment.
    pub number: u64,
    /// Whose.
    pub client: ClientId,
    /// Who called.
    pub assistant: AssistantId,
    /// On which account, and which version of its key.
    pub own: (ConnectionId, u32),
    /// Provider.
    pub provider: Provider,
    /// What for.
    pub used: Use,
    /// Model, as it was asked for and as it answered.
    pub model: &'static str,
    /// What it spent, where that was told.
    pub units: Option<Units>,
    /// How much of it was told.
    pub told: Told,
}

impl Written {
    /// Its begin and its end.
    #[must_use]
    pub fn both(self) -> (CallStarted, CallFinished) {
        let Self { at, ran, number, client, assistant, own, provider, used, model, units, told } = self;
        let mut entropy = [0; 10];
        entropy[..8].copy_from_slice(&number.to_be_bytes());
        let (id, model, picture) = (CallId::new(at, entropy), Some(model.to_owned()), Picture::default());
        let begun = CallStarted {
            id,
            client,
            assistant,
            at,
            route: used.as_str().into(),
            provider,
            r#use: Some(used),
            own: Some(own),
            model: model.clone(),
            token: token::hash(b"practice"),
            asked: 100,
            picture: picture.clone(),
        };
        let end = CallFinished { id, status: 200, units, model, picture, told, passed: None, at: at.plus_millis(ran) };
        (begun, end)
    }
}
