//! Every point of a rotation at which the computer may die without anything being lost: before and after each effect, as
//! the machine lists them.

use ownkey_rotation::Effect;

/// Within the handing over: the draft is written down, the key is not there yet.
pub(super) const DRAFTED: &str = "rotation: draft of the key written down";

/// Within the handing over: the key is there, and still here.
pub(super) const HANDED: &str = "rotation: key handed to the draft";

macro_rules! points {
    ($( $effect:ident: $word:literal; )+) => {
        /// All of them. The crash tests kill the app at each.
        pub const POINTS: &[&str] = &[
            "rotation: begun",
            $( concat!("rotation: before ", $word), concat!("rotation: after ", $word), )+
            DRAFTED,
            HANDED,
        ];

        /// Decided and written down, not begun.
        pub(super) const fn before(effect: Effect) -> &'static str {
            match effect {
                $( Effect::$effect => concat!("rotation: before ", $word), )+
            }
        }

        /// Done, not written down.
        pub(super) const fn after(effect: Effect) -> &'static str {
            match effect {
                $( Effect::$effect => concat!("rotation: after ", $word), )+
            }
        }
    };
}

points! {
    Make: "make";
    AskForKey: "ask for key";
    Keep: "keep";
    Test: "test";
    Push: "push";
    AskConfirmation: "ask for confirmation";
    StartTrial: "start trial";
    Promote: "promote";
    AskProof: "ask for proof";
    Retire: "retire";
    AskUse: "ask for last use";
    RevokeOld: "revoke old";
    AskToRevokeOld: "ask to revoke old";
    ProveOldDead: "prove old dead";
    ForgetOld: "forget old";
    ArchiveOld: "archive old";
    RetireNew: "retire new";
    RevokeNew: "revoke new";
    AskToRevokeNew: "ask to revoke new";
    ForgetNew: "forget new";
    HandOver: "hand over";
    End: "end";
}
