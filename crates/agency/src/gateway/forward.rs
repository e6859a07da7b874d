//! One call, from the assistant to the provider.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Incoming;
use ownkey_protocol::id::CallId;
use ownkey_protocol::law::{self, ClientState, Served, StopReason};
use ownkey_protocol::vocabulary::{Payer, Provider, Use};
use ownkey_providers::refuse::Refusal;
use ownkey_providers::routes::{self, Thing};
use ownkey_providers::{auth, meter};

use super::admit::{self, Admitted, admit};
use super::answer;
use super::body::Held;
use super::call::{Account, Call, MadeOn, open};
use super::dead::{self, Next};
use super::ending::Ending;
use super::flight::Flight;
use super::hosts;
use super::limits;
use super::upstream::{NoAnswer, Outgoing};
use super::{Door, Refused, chat, images, platform, refuse};
use crate::Agency;
use crate::calls::CallStarted;

pub(crate) async fn forward(
    agency: &Arc<Agency>,
    id: CallId,
    door: Door,
    request: Request,
    flight: Flight,
) -> Result<Response, Refused> {
    let now = agency.now();
    let (parts, body) = request.into_parts();
    let token = admit::token(agency, door, &parts.headers, &parts.uri, now)?;
    admit(agency, token, now)?;
    let path = door.inside(parts.uri.path());
    let Some(route) = routes::lookup(door.envelope(), &parts.method, path, parts.uri.query()) else {
        return refuse(Refusal::NoRoute, "The gateway does not offer this route.");
    };
    if parts.headers.contains_key(header::UPGRADE) {
        return refuse(Refusal::NoRoute, "WebSocket routes are not offered yet.");
    }
    let mut body = Held::read(body, &parts.headers).await?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let mut seen = routes::look(&body.start, content_type);
    hosts::send_away(agency, door, &parts.headers, &mut body, &mut seen)?;
    // A body may take long to arrive, so who calls, and what holds, is asked again.
    let now = agency.now();
    let Admitted { assistant, state } = admit(agency, token, now)?;
    let r#use = match door {
        Door::Unified(r#use) => Some(r#use),
        Door::Direct(_) => routes::use_of(route, path, &seen),
    };
    let mut headers = parts.headers;
    auth::strip(&mut headers);
    let unread = !seen.whole && !body.start.is_empty() && route.made.is_none_or(|m| m.thing != Thing::File);
    let call = Call {
        id,
        door,
        assistant,
        token,
        provider: door.envelope(),
        route,
        r#use,
        method: parts.method,
        path: path.to_owned(),
        query: auth::strip_query(parts.uri.query()),
        headers,
        seen,
        made_on: None,
        unread,
        asked: None,
        asked_for_usage: false,
        at: now,
        flight,
    };
    let answer = run(agency, &state, call, &mut body).await;
    if answer.is_err() {
        body.drain().await;
    }
    answer
}

async fn run(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    mut call: Call,
    body: &mut Held,
) -> Result<Response, Refused> {
    if let Some(span) = call.flight.span() {
        span.is_of(state.client(), call.assistant, call.route.id, call.r#use);
    }
    let (state, served, account) = account_of(agency, state, &mut call).await?;
    if matches!(served, Served::Platform { chosen: false, .. }) {
        agency.metrics.fell_back(call.provider);
    }
    send(agency, &state, call, account, body).await
}

/// How often it is decided on whose account a call runs while its client's keys change under it.
const DECISIONS: usize = 4;

/// Decides on whose account a call runs, and counts it there. When the version was replaced or retired between the two,
/// it is decided anew: so what is drained stays drained, and no call fails for a key that left.
async fn account_of(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    call: &mut Call,
) -> Result<(Arc<ClientState>, Served, Account), Refused> {
    let mut state = state.clone();
    for _ in 0..DECISIONS {
        let (served, provider) = decide(agency, &state, call)?;
        let account = open(agency, &state, &served, provider).await;
        if let Some(moved) = left(agency, &state, &served) {
            state = moved;
            continue;
        }
        call.provider = provider;
        if let Some(span) = call.flight.span() {
            span.goes_to(provider);
        }
        return Ok((state, served, account?));
    }
    refuse(Refusal::Overloaded, "The client's keys are being changed. Try again in a moment.")
}

/// What holds now, when the version that was to serve takes no calls any more.
fn left(agency: &Agency, before: &Arc<ClientState>, served: &Served) -> Option<Arc<ClientState>> {
    let Served::Own { connection, version, .. } = served else { return None };
    let now = agency.record.state(before.client()).ok().filter(|now| !Arc::ptr_eq(now, before))?;
    let takes = now.connections().get(connection).is_some_and(|known| known.takes(*version));
    (!takes).then_some(now)
}

/// Whose account: the one that made a thing which the call refers to, else what the law says. Whether such a call may
/// be made at all is asked first.
fn decide(agency: &Agency, state: &ClientState, call: &mut Call) -> Result<(Served, Provider), Refused> {
    let provider = match call.door {
        Door::Direct(provider) => Some(provider),
        Door::Unified(_) => None,
    };
    state.may_call(call.assistant, call.r#use, call.provider).map_err(|refusal| told(state, call, &refusal))?;
    call.made_on = made_on(agency, state, call)?;
    let served = match (call.made_on, call.r#use) {
        (Some(made_on), r#use) => state.serve_made(call.assistant, r#use, call.provider, made_on, call.at),
        (None, Some(r#use)) => state.serve(call.assistant, r#use, provider, call.at),
        (None, None) => state.serve_any(call.assistant, call.provider, call.at),
    };
    let served = match served {
        Err(law::Refusal { reason: StopReason::KeyDead, .. }) | Ok(Served::Platform { chosen: false, .. }) => {
            dead::one_more_try(agency, state, call).map_or(served, Ok)
        }
        other => other,
    };
    let served = served.map_err(|refusal| told(state, call, &refusal))?;
    let provider = match &served {
        Served::Own { provider, .. } => *provider,
        Served::Platform { provider, .. } => provider.unwrap_or(call.provider),
    };
    allowed_model(state, call)?;
    if matches!(served, Served::Platform { .. }) {
        platform::may_send(call)?;
    }
    Ok((served, provider))
}

/// On which account everything was made that the call refers to; `None` when it refers to nothing.
fn made_on(agency: &Agency, state: &ClientState, call: &Call) -> Result<Option<MadeOn>, Refused> {
    let theirs = |owner: MadeOn| {
        owner.is_none_or(|c| state.connections().get(&c).is_some_and(|known| known.provider == call.provider))
    };
    let in_path = call.route.referred(&call.path).map(|(_, id)| id);
    let mut found = None;
    let uploads = routes::uploads_in(call.route, call.query.as_deref());
    let in_query = uploads.iter().map(String::as_str);
    for thing in in_path.into_iter().chain(in_query).chain(call.seen.references.iter().map(|r| r.id.as_str())) {
        match agency.things.made_on(state.client(), call.provider, thing) {
            Ok(Some(owner)) if theirs(owner) && found.is_none_or(|before| before == owner) => found = Some(owner),
            _ => return refuse(Refusal::NotYours, "There is no such thing."),
        }
    }
    Ok(found)
}

fn told(state: &ClientState, call: &Call, refusal: &law::Refusal) -> Refused {
    match refusal.reason {
        StopReason::NotAllowed => Refused::new(Refusal::NotAllowed, "This assistant may not make calls of this kind."),
        StopReason::NotConnected => Refused::new(
            Refusal::NotConnected,
            "The client has not connected an account at this provider. It can do so in Ownkey, under Keys.",
        ),
        StopReason::KeyDead => dead::stopped(state, call),
        StopReason::Paused | StopReason::CapReached => limits::held_back(refusal.reason),
        StopReason::Ended => Refused::new(Refusal::Stopped, "The client has ended its agreement."),
        StopReason::OtherAccount => Refused::new(
            Refusal::Stopped,
            "What this call refers to is on an account that does not pay for these calls any more. Make it again.",
        ),
    }
}

fn allowed_model(state: &ClientState, call: &Call) -> Result<(), Refused> {
    let Some(r#use) = call.r#use else { return Ok(()) };
    let list = &state.of_use(r#use).models;
    if list.is_empty() {
        return Ok(());
    }
    let asked = call.route.model_in_path(&call.path).or_else(|| call.seen.model.clone());
    match asked.or_else(|| call.seen.version.clone()) {
        Some(model) if model != OWNKEY && !list.contains(&model) => {
            refuse(Refusal::ModelNotAllowed, "This model is not on the list of allowed models.")
        }
        None if call.unread => refuse(
            Refusal::ModelNotAllowed,
            "Only models on a list are allowed, and no model can be read in this body. Name it before any file.",
        ),
        _ => Ok(()),
    }
}

/// What `model` says when the client's own choice is to be taken.
pub(crate) const OWNKEY: &str = "ownkey";

/// Sends the call on one account, and at most once more on another.
async fn send(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    mut call: Call,
    mut account: Account,
    body: &mut Held,
) -> Result<Response, Refused> {
    take_picked_model(state, &mut call, &account, body)?;
    if let Err(failure) = chat::translate(&mut call, body) {
        body.drain().await;
        return Ok(chat::refused(failure, None, &call));
    }
    if call.door == Door::Unified(Use::Images) && call.provider != Provider::OpenAi {
        return images::run(agency, state, call, account, body).await;
    }
    ask_for_usage(&mut call, body);
    match ask_twice(agency, state, &mut call, &mut account, body).await? {
        Said::Success(upstream) => answer::pass(agency, state.client(), &call, &account, upstream).await,
        Said::Failed(failed) => Ok(failed.pass(agency, state.client(), &call, &account)),
    }
}

/// What the assistant's author reads of a call whose key was withdrawn before its answer began.
pub(super) const CUT: &str =
    "The client's key was withdrawn while the call ran. Try again: the next call goes where the client pays now.";

/// What a provider said; its end is still to be booked.
pub(super) enum Said {
    /// A success, or a redirection that nobody follows.
    Success(http::Response<Incoming>),
    /// What is the caller's to see.
    Failed(Box<answer::Failed>),
}

/// Asks on one account, and at most once more on another.
pub(super) async fn ask_twice(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    call: &mut Call,
    account: &mut Account,
    body: &mut Held,
) -> Result<Said, Refused> {
    for attempt in 0..2 {
        limits::admit(agency, state, call, account).await?;
        let ending = Ending::new(agency, state.client(), call.id);
        let noted = agency.calls.started(CallStarted {
            id: call.id,
            client: state.client(),
            assistant: call.assistant,
            at: call.at,
            route: call.route.id.into(),
            provider: call.provider,
            r#use: call.r#use,
            own: account.own,
            model: call.route.model_in_path(&call.path).or_else(|| call.seen.model.clone()),
            token: call.token,
            asked: body.length(),
            picture: limits::picture(call, body),
        });
        let request = match request(agency, call, account, body) {
            Ok(request) => request,
            Err(refused) => {
                ending.end(500, None, false);
                return Err(refused);
            }
        };
        let upstream = ask(agency, call, account, request).await;
        if !agency.calls.durable(noted) {
            let words = "The call could not be written into the book, so it is not answered.";
            ending.end(503, None, true);
            return Err(Refused::new(Refusal::Overloaded, words).paid_by(account.payer()));
        }
        let upstream = match upstream {
            Ok(upstream) => upstream,
            Err(error) => {
                let cut = matches!(error, NoAnswer::Withdrawn(_));
                let refused =
                    Refused::new(Refusal::Unreachable, if cut { CUT } else { "The provider did not answer." });
                let refused = if error.unseen() { refused } else { refused.paid_by(account.payer()) };
                tracing::warn!(call = %call.id, provider = %call.provider, cause = %error, "no answer");
                ending.end(502, None, cut);
                return Err(refused);
            }
        };
        if upstream.status().is_success() || upstream.status().is_redirection() {
            dead::own_account_works(agency, state, call, account);
            ending.hand_over();
            return Ok(Said::Success(upstream));
        }
        let failed = answer::Failed::read(call, account, upstream).await;
        match dead::after(agency, state, call, account, &failed, body.whole() && attempt == 0).await {
            Next::Pass => {
                ending.hand_over();
                return Ok(Said::Failed(Box::new(failed)));
            }
            Next::Refuse(refused) => {
                ending.end(failed.status.as_u16(), None, false);
                return Err(refused);
            }
            Next::Again(next) => {
                ending.end(failed.status.as_u16(), None, false);
                if next.own.is_none() {
                    platform::may_send(call)?;
                }
                call.id = CallId::random(agency.now());
                *account = next;
            }
        }
    }
    refuse(Refusal::Overloaded, "The call was tried twice.")
}

/// Waits for the provider's answer to begin, and keeps the time that it took.
async fn ask(
    agency: &Agency,
    call: &Call,
    account: &Account,
    request: http::Request<Outgoing>,
) -> Result<http::Response<Incoming>, NoAnswer> {
    let begun = Instant::now();
    let answer = account.unless_cut(agency.gateway.upstream.send(request)).await;
    call.flight.provider_took(begun.elapsed());
    answer?
}

/// The model that the client picked: of its own account, or of the one that the platform stands in for.
fn picked<'s>(state: &'s ClientState, call: &Call, account: &'s Account) -> Option<&'s String> {
    account.model.as_ref().or_else(|| {
        let assignment = state.of_use(call.r#use?).assignment.as_ref()?;
        let preferred = state.connections().get(&assignment.preferred?)?;
        let stands_in = assignment.payer == Payer::Own && account.own.is_none() && preferred.provider == call.provider;
        assignment.model.as_ref().filter(|_| stands_in)
    })
}

/// `model: "ownkey"` is replaced by the model that the client picked.
fn take_picked_model(state: &ClientState, call: &mut Call, account: &Account, body: &mut Held) -> Result<(), Refused> {
    if call.seen.model.as_deref() != Some(OWNKEY) {
        return Ok(());
    }
    let Some(model) = picked(state, call, account) else {
        return refuse(
            Refusal::ModelNotAllowed,
            "The client has not picked a model for this use, so name one in the call.",
        );
    };
    let changed = routes::set_model(&body.start, model).filter(|_| body.whole());
    let Some(changed) = changed else {
        return refuse(
            Refusal::TooLarge,
            "The body is too large for the model to be put in; name the model in the call.",
        );
    };
    body.start = changed.into();
    call.seen.model = Some(model.clone());
    allowed_model(state, call)
}

/// A chat stream of OpenAI states what it used only when asked.
fn ask_for_usage(call: &mut Call, body: &mut Held) {
    if call.route.id != "openai.chat" || !body.whole() {
        return;
    }
    if let Some(changed) = meter::ask_for_usage(&body.start) {
        body.start = changed.into();
        call.asked_for_usage = true;
    }
}

pub(super) fn request(
    agency: &Agency,
    call: &Call,
    account: &Account,
    body: &mut Held,
) -> Result<http::Request<Outgoing>, Refused> {
    let Some((origin, path, credential)) = hosts::target(agency, call) else {
        return refuse(Refusal::NoRoute, "The gateway does not offer this route.");
    };
    let mut url = format!("{origin}{path}");
    if let Some(query) = &call.query {
        url.push('?');
        url.push_str(query);
    }
    let Ok(url) = url.parse::<http::Uri>() else {
        return refuse(Refusal::BadRequest, "The address of the call cannot be read.");
    };
    let mut headers = call.headers.clone();
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if credential && auth::add_key(call.provider, &mut headers, &account.secret).is_err() {
        return refuse(Refusal::DeadKey, "The key cannot stand in a header.");
    }
    let mut request = http::Request::new(body.send());
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = url;
    *request.headers_mut() = headers;
    Ok(request)
}
