//! The unified images route where the preferred account is at Gemini, Stability or Replicate
//! (`providers::unified::images` says what becomes of each field). Each picture is a call of its own, booked for itself;
//! looking whether a prediction is done is not, since it costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use ownkey_protocol::encoding::{from_base64, to_base64};
use ownkey_protocol::id::CallId;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::vocabulary::Payer;
use ownkey_providers::hosts::HOSTS;
use ownkey_providers::meter::{StreamMeter, Units};
use ownkey_providers::refuse::{CONTENT_TYPE, Refusal};
use ownkey_providers::routes;
use ownkey_providers::unified::images::table::AT_ONCE;
use ownkey_providers::unified::images::{self, Deliver, Delivered, Made, NotCarried, Order, Picture};

use super::answer::{self, Failed, Holding};
use super::body::Held;
use super::call::{Account, Call};
use super::ending::Ending;
use super::forward::{CUT, Said, ask_twice, request};
use super::hosts::Keeper;
use super::refused::{PAID_BY, paid_by};
use super::upstream::Outgoing;
use super::{Refused, refuse};
use crate::Agency;

/// A prediction that is not done is looked at this often, and so many times.
const AGAIN: Duration = Duration::from_secs(1);
const LOOKS: u32 = 300;

/// Makes the pictures of a call.
pub(crate) async fn run(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    mut call: Call,
    account: Account,
    body: &mut Held,
) -> Result<Response, Refused> {
    let first = call.id;
    if !body.whole() {
        return refuse(Refusal::TooLarge, "The unified images route takes bodies of up to 4 MiB.");
    }
    let order = match images::read(&body.start) {
        Ok(order) => order,
        Err(why) => return Ok(not_carried(&why, None, first)),
    };
    let Some(model) = order.model.clone().or_else(|| account.model.clone()) else {
        let words = "The client has not picked a model for this use, so name one in the call.";
        return refuse(Refusal::ModelNotAllowed, words);
    };
    if let Err(why) = translate(&mut call, body, &order, &model) {
        return Ok(not_carried(&why, None, first));
    }
    let one_failed = AtomicBool::new(false);
    let draws: Vec<_> = (0..order.n)
        .map(|number| {
            let mut call = call.clone();
            if number > 0 {
                call.id = CallId::random(agency.now());
            }
            unless(&one_failed, draw(agency, state, call, account.clone(), body.again(), first))
        })
        .collect();
    let all: Vec<_> = stream::iter(draws).buffered(AT_ONCE).collect().await;
    let (mut drawn, mut units) = (Vec::new(), Units::default());
    for one in all.into_iter().flatten() {
        match one {
            Ok(one) => drawn.push(one),
            Err(instead) => return instead,
        }
    }
    drawn.iter().for_each(|one| units += one.units);
    let Some(account) = drawn.first().map(|one| one.account.clone()) else {
        return refuse(Refusal::Unforeseen, "No picture was asked for.");
    };
    let pictures = drawn.into_iter().map(|one| one.picture).collect();
    Ok(delivered(agency, &call, &account, &order, pictures, &units))
}

/// Does not begin a picture once another failed; those that are being made are made and booked.
async fn unless(one_failed: &AtomicBool, draw: impl Future<Output = OneDrawn>) -> Option<OneDrawn> {
    if one_failed.load(Ordering::Relaxed) {
        return None;
    }
    let drawn = draw.await;
    one_failed.fetch_or(drawn.is_err(), Ordering::Relaxed);
    Some(drawn)
}

/// A picture, or what the caller gets instead of all of them.
type OneDrawn = Result<Drawn, Result<Response, Refused>>;

/// A picture, what it used, and on whose account.
struct Drawn {
    picture: Bytes,
    units: Units,
    account: Account,
}

/// Makes one picture. `first` is the id of the call as the caller knows it.
async fn draw(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    mut call: Call,
    mut account: Account,
    mut body: Held,
    first: CallId,
) -> OneDrawn {
    let upstream = match ask_twice(agency, state, &mut call, &mut account, &mut body).await.map_err(Err)? {
        Said::Success(upstream) => upstream,
        Said::Failed(failed) => return Err(Ok(failure(agency, state, &call, &account, *failed))),
    };
    let paid = |refused: Refused| Err(refused.paid_by(account.payer()));
    let mut units = Units::default();
    let answer = booked(agency, state, &call, &account, upstream, &mut units).await.map_err(paid)?;
    let found = account.unless_cut(finished(agency, &mut call, &account, answer)).await;
    let picture = match found.unwrap_or_else(|_cut| refuse(Refusal::Unreachable, CUT)).map_err(paid)? {
        Ok(found) => fetched(agency, &call, found).await.map_err(paid)?,
        Err(why) => return Err(Ok(not_carried(&why, Some(account.payer()), first))),
    };
    Ok(Drawn { picture, units, account })
}

/// Puts the call into the provider's shape.
fn translate(call: &mut Call, body: &mut Held, order: &Order, model: &str) -> Result<(), NotCarried> {
    let out = images::outgoing(call.provider, order, model, &format!("ownkey-{}", call.id))?;
    if let Some(route) = routes::lookup(call.provider, &Method::POST, &out.path, None) {
        call.route = route;
    }
    (call.path, call.query, call.method) = (out.path, None, Method::POST);
    call.headers = HeaderMap::new();
    for (name, value) in &out.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            call.headers.insert(*name, value);
        }
    }
    body.start = Bytes::from(out.body);
    call.seen.model = Some(model.to_owned());
    Ok(())
}

/// Reads an answer to its end and books it; a prediction is this client's from then on.
async fn booked(
    agency: &Arc<Agency>,
    state: &ClientState,
    call: &Call,
    account: &Account,
    upstream: http::Response<hyper::body::Incoming>,
    units: &mut Units,
) -> Result<Bytes, Refused> {
    let (head, body) = upstream.into_parts();
    let ending = Ending::new(agency, state.client(), call.id).proving(account.running.clone());
    let meter = StreamMeter::new(call.provider, call.route).asked(call.seen.model.as_deref());
    let Holding { bytes, metered, ending } = answer::hold_anyway(body, meter, ending, head.status, account).await?;
    *units += metered.units.unwrap_or_default();
    let made = answer::remember(agency, state.client(), call, account, &bytes).await?;
    let ending = ending.once(Keeper::new(agency, state.client(), call, account), made);
    ending.end(head.status.as_u16(), Some(metered), false);
    Ok(bytes)
}

/// The picture of an answer; a prediction that is not done is waited for.
async fn finished(
    agency: &Arc<Agency>,
    call: &mut Call,
    account: &Account,
    mut answer: Bytes,
) -> Result<Result<Picture, NotCarried>, Refused> {
    for _ in 0..LOOKS {
        let id = match images::made(call.provider, &answer) {
            Ok(Made::Picture(picture)) => return Ok(Ok(picture)),
            Ok(Made::Later(id)) => id,
            Err(why) => return Ok(Err(why)),
        };
        tokio::time::sleep(AGAIN).await;
        let path = std::mem::replace(&mut call.path, format!("/v1/predictions/{id}"));
        let method = std::mem::replace(&mut call.method, Method::GET);
        let looked = request(agency, call, account, &mut Held::nothing());
        (call.path, call.method) = (path, method);
        answer = body_of(agency, looked?).await?;
    }
    refuse(Refusal::Unreachable, "The prediction was not done in five minutes.")
}

async fn body_of(agency: &Agency, request: http::Request<Outgoing>) -> Result<Bytes, Refused> {
    match agency.gateway.upstream.send(request).await {
        Ok(answer) if answer.status().is_success() => answer::hold(answer.into_body()).await,
        _ => refuse(Refusal::Unreachable, "The provider did not answer."),
    }
}

/// The bytes of a picture; one behind an address is fetched, without the key, from a host on the list only.
async fn fetched(agency: &Agency, call: &Call, picture: Picture) -> Result<Bytes, Refused> {
    let address = match picture {
        Picture::Inside(base64) => {
            let Some(bytes) = from_base64(&base64) else {
                return refuse(Refusal::Unreachable, "The provider's picture cannot be read.");
            };
            return Ok(bytes.into());
        }
        Picture::At(address) => address,
    };
    let endpoints = &agency.config.endpoints;
    let public = HOSTS.iter().filter(|host| host.provider == call.provider && !host.credential);
    let listed = public
        .filter_map(|host| endpoints.host(host))
        .any(|origin| address.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/')));
    let Some(url) = address.parse::<http::Uri>().ok().filter(|_| listed) else {
        return refuse(Refusal::Unreachable, "The provider's picture is at a place that the gateway does not call.");
    };
    let mut request = http::Request::new(Outgoing::whole(Bytes::new()));
    *request.uri_mut() = url;
    let bytes = body_of(agency, request).await?;
    match images::kind(&bytes) {
        Some(_) => Ok(bytes),
        None => refuse(Refusal::Unreachable, "What the provider made is no PNG, JPEG or WebP."),
    }
}

fn delivered(
    agency: &Agency,
    call: &Call,
    account: &Account,
    order: &Order,
    pictures: Vec<Bytes>,
    units: &Units,
) -> Response {
    let kinds = pictures.first().and_then(|bytes| images::kind(bytes)).unwrap_or(("image/png", "png"));
    let place = format!("{}/gateway/images/pictures", agency.config.public_url.trim_end_matches('/'));
    let data: Vec<Delivered> = pictures
        .into_iter()
        .map(|bytes| match order.deliver {
            Deliver::Inside => Delivered::Inside(to_base64(&bytes)),
            Deliver::Address => {
                let kind = images::kind(&bytes).map_or(kinds.0, |(kind, _)| kind);
                Delivered::Address(format!("{place}/{}", agency.gateway.shelf.keep(bytes, kind, agency.now())))
            }
        })
        .collect();
    let created = call.at.unix_seconds().unsigned_abs();
    let body = images::answer(created, order, &data, kinds.1, Some(units));
    let mut response = Response::new(Body::from(body));
    *response.headers_mut() = answer::headers(call, account, HeaderMap::new());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    response
}

/// What a provider said, in OpenAI's envelope, with what looks like a key masked.
fn failure(agency: &Arc<Agency>, state: &ClientState, call: &Call, account: &Account, failed: Failed) -> Response {
    let (status, retry) = (failed.status, failed.headers.get(header::RETRY_AFTER).cloned());
    let masked = failed.book_masked(agency, state.client(), call, account);
    let said = serde_json::from_str(&masked).unwrap_or_default();
    let body = images::failure(call.provider, status.as_u16(), &said);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = answer::headers(call, account, HeaderMap::new());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if let Some(retry) = retry {
        response.headers_mut().insert(header::RETRY_AFTER, retry);
    }
    response
}

/// What cannot be carried, or came back without a picture. `payer` when the provider was asked.
fn not_carried(why: &NotCarried, payer: Option<Payer>, id: CallId) -> Response {
    let mut response = Response::new(Body::from(why.body()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(PAID_BY, HeaderValue::from_static(payer.map_or("nobody", paid_by)));
    headers.insert("x-should-retry", HeaderValue::from_static("false"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert("ownkey-call", id);
    }
    response
}
