//! The five providers: what the app and the gateway must know to talk to each of them with a client's own key.
//!
//! Facts come from the providers' documents and from measurements (see `docs`); what one of them does differently is
//! in its own folder, so that a change at one provider is a change in one place. Nothing here keeps anything: keys are
//! lent for one request and go into one header.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod auth;
pub mod bill;
pub mod check;
pub mod classify;
pub mod endpoints;
pub mod hosts;
pub mod http;
pub mod make;
pub mod mask;
pub mod meter;
pub mod models;
pub mod pages;
pub mod price;
pub mod refuse;
pub mod reply;
pub mod routes;
pub mod unified;
