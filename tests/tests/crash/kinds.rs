//! Every way that a rotation can take, walked by an app and an agency that are processes of their own.

use anyhow::{Context, Result, bail, ensure};
use ownkey_app::rotation_points;
use ownkey_protocol::vocabulary::Provider;
use ownkey_rotation::Effect;
use ownkey_tests::processes::Processes;
use serde_json::json;

/// Later than the agency is asked for its own proof, as after a laptop has slept; the agency's clock has not moved, so it
/// does not prove by itself.
const SLEPT: &str = "+70";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Guided,
    Automatic,
    GuidedLeaked,
    AutomaticLeaked,
    /// Cancelled once the agency has the new key.
    GuidedBack,
    AutomaticBack,
    /// No assistant calls.
    Quiet,
    /// One assistant runs on the new key before all do, and Ownkey ends the old one that a person made.
    TriedAndEnded,
    /// A key of another account was pasted, and becomes a connection of its own.
    HandedOver,
}

/// Before and after an effect, as the engine lists them.
pub(crate) fn points_of(effect: Effect) -> [&'static str; 2] {
    let at = Effect::ALL.iter().position(|one| *one == effect).unwrap();
    [rotation_points[1 + 2 * at], rotation_points[2 + 2 * at]]
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Guided,
        Self::Automatic,
        Self::GuidedLeaked,
        Self::AutomaticLeaked,
        Self::GuidedBack,
        Self::AutomaticBack,
        Self::Quiet,
        Self::TriedAndEnded,
        Self::HandedOver,
    ];

    pub(crate) const fn leaked(self) -> bool {
        matches!(self, Self::GuidedLeaked | Self::AutomaticLeaked)
    }

    /// How it ends when all goes well.
    pub(crate) const fn end(self) -> &'static str {
        match self {
            Self::GuidedBack | Self::AutomaticBack | Self::HandedOver => "abandoned",
            _ => "done",
        }
    }

    /// How far the app's clock is off once the rotation has come to where [`Self::prepare`] leaves it.
    pub(crate) const fn shift(self) -> Option<&'static str> {
        match self {
            Self::Quiet => Some(SLEPT),
            _ => None,
        }
    }

    pub(crate) async fn world(self, name: &str) -> Result<Processes> {
        match self {
            Self::Automatic | Self::AutomaticLeaked | Self::AutomaticBack => Processes::made_for_me(name).await,
            Self::TriedAndEnded => Processes::by_hand(name, Provider::Anthropic).await?.with_admin_key().await,
            _ => Processes::by_hand(name, Provider::Anthropic).await,
        }
    }

    /// Brings a rotation to where this kind of it begins to differ, and has the app stand still at `point` from there on.
    /// Gives how many points the app had come to.
    pub(crate) async fn prepare(self, world: &mut Processes, point: Option<&str>) -> Result<usize> {
        match self {
            Self::GuidedBack | Self::AutomaticBack => {
                begun_until(world, points_of(Effect::Push)[1]).await?;
                world.press("rotation_cancel").await?;
            }
            Self::Quiet => {
                world.traffic = false;
                world.begin(false).await?;
                tokio::select! {
                    waits = world.waits_for("proof") => waits?,
                    played = world.play() => bail!("it does not wait for a proof: {played:?}"),
                }
                world.kill_app().await?;
                world.reopen_idle(self.shift()).await?;
            }
            Self::TriedAndEnded => world.tries_first().await?,
            _ => {}
        }
        let passed = world.app.points().len();
        if let Some(point) = point {
            world.app.hold_at(point, 0)?;
        }
        match self {
            Self::GuidedBack | Self::AutomaticBack => world.app.go()?,
            Self::Quiet => world.app.follow()?,
            _ => {}
        }
        Ok(passed)
    }

    /// From wherever it is to its end.
    pub(crate) async fn walk(self, world: &Processes) -> Result<String> {
        if world.view().await?.is_none() {
            if self == Self::HandedOver {
                world.make_key("Another account");
            }
            world.begin(self.leaked()).await?;
        }
        let mut state = world.play().await?;
        if state == "stuck" && self == Self::HandedOver {
            let view = world.view().await?.context("no rotation")?;
            ensure!(view["stuck"]["why"] == "other_account", "{view:#}");
            world.press("rotation_go_on").await?;
            state = world.play().await?;
        }
        ensure!(state == self.end(), "it ends {state}: {:#?}", world.view().await?);
        Ok(state)
    }

    /// After the end: everything as it was, for the next rotation of this world.
    pub(crate) async fn tidy(self, world: &mut Processes) -> Result<()> {
        world.close().await?;
        if self == Self::HandedOver {
            for draft in drafts(world).await? {
                world.app.call("connect_discard", json!({ "id": draft })).await?;
            }
        }
        if self.shift().is_some() {
            world.kill_app().await?;
            world.reopen(None).await?;
        }
        Ok(())
    }
}

async fn begun_until(world: &Processes, point: &str) -> Result<()> {
    world.app.hold_at(point, 0)?;
    world.begin(false).await?;
    tokio::select! {
        held = world.app.held() => held,
        played = world.play() => bail!("it does not come to {point}: {played:?}"),
    }
}

/// Connections in the making.
pub(crate) async fn drafts(world: &Processes) -> Result<Vec<String>> {
    let state = world.app.call("app_state", json!({})).await?;
    let drafts = state["drafts"].as_array().context("no drafts")?;
    Ok(drafts.iter().filter_map(|draft| draft["id"].as_str()).map(str::to_owned).collect())
}
