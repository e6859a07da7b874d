//! Stability's routes (providers.md §5.4). The balance is the client's matter, so it is not among them.

use http::Method;
use ownkey_protocol::vocabulary::{Provider, Use};

use super::UseFrom::Fixed;
use super::{Route, Thing};

const fn image(id: &'static str, path: &'static str) -> Route {
    super::row(id, Provider::Stability, Method::POST, path, Fixed(Use::Images)).costs()
}

const fn outcome(id: &'static str, path: &'static str, segment: usize) -> Route {
    super::row(id, Provider::Stability, Method::GET, path, Fixed(Use::Images)).refers(Thing::Outcome, segment)
}

/// What the offers of models call an endpoint that takes no model.
pub(super) fn model(path: &str) -> Option<&str> {
    path.strip_prefix("/v2beta/stable-image/generate/").filter(|name| matches!(*name, "core" | "ultra"))
}

pub(super) const ROUTES: &[Route] = &[
    image("stability.core", "/v2beta/stable-image/generate/core"),
    image("stability.ultra", "/v2beta/stable-image/generate/ultra"),
    image("stability.sd3", "/v2beta/stable-image/generate/sd3"),
    image("stability.erase", "/v2beta/stable-image/edit/erase"),
    image("stability.inpaint", "/v2beta/stable-image/edit/inpaint"),
    image("stability.outpaint", "/v2beta/stable-image/edit/outpaint"),
    image("stability.replace", "/v2beta/stable-image/edit/search-and-replace"),
    image("stability.recolor", "/v2beta/stable-image/edit/search-and-recolor"),
    image("stability.cutout", "/v2beta/stable-image/edit/remove-background"),
    image("stability.relight", "/v2beta/stable-image/edit/replace-background-and-relight").made(Thing::Outcome, "id"),
    image("stability.upscale.fast", "/v2beta/stable-image/upscale/fast"),
    image("stability.upscale.conservative", "/v2beta/stable-image/upscale/conservative"),
    image("stability.upscale.creative", "/v2beta/stable-image/upscale/creative").made(Thing::Outcome, "id"),
    image("stability.sketch", "/v2beta/stable-image/control/sketch"),
    image("stability.structure", "/v2beta/stable-image/control/structure"),
    image("stability.style", "/v2beta/stable-image/control/style"),
    outcome("stability.result", "/v2beta/results/{id}", 2),
    outcome("stability.upscale.result", "/v2beta/stable-image/upscale/creative/result/{id}", 5),
];
