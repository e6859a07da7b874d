//! Invite codes: guessed, used and expired ones.

use std::net::{IpAddr, Ipv4Addr};

use ownkey_demo::servers::Servers;
use ownkey_protocol::act::Deed;
use ownkey_protocol::api::{EnrolPreviewRequest, Named};
use ownkey_protocol::encoding::{Base64, Hash, json};
use ownkey_protocol::id::MemberId;
use ownkey_protocol::join::{InviteCode, JoinLink};
use ownkey_protocol::random;
use ownkey_protocol::vocabulary::Role;
use ownkey_tests::device::{Answer, http, now};
use reqwest::Client;

use super::{A, World};

pub(super) async fn preview(http: &Client, origin: &str, code: [u8; 16]) -> Answer {
    let body = json(&EnrolPreviewRequest { code: Base64(code.to_vec()) });
    let sent = http.post(format!("{origin}/v1/enrol/preview")).header("content-type", "application/json").body(body);
    Answer::of(sent.send().await.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_invite_codes_stops_the_guesser_and_nobody_else() {
    let servers = Servers::start(&["A"]).await.unwrap();
    let link: JoinLink = servers.clients[0].invite.parse().unwrap();
    let guesser = http(None).unwrap();
    for guess in 0..10 {
        let answer = preview(&guesser, &servers.origin, random::bytes()).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "invite_unknown"), "guess {guess}");
    }
    let stopped = preview(&guesser, &servers.origin, random::bytes()).await;
    assert_eq!((stopped.status, stopped.code().as_str()), (429, "slow_down"));
    let lucky = preview(&guesser, &servers.origin, link.code.0).await;
    assert_eq!(stopped.without_reference(), lucky.without_reference(), "a right guess is not told either");
    let another = http(Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)))).unwrap();
    assert_eq!(preview(&another, &servers.origin, link.code.0).await.status, 200, "a valid code from another address");
}

#[tokio::test(flavor = "multi_thread")]
async fn used_and_expired_invites_say_so_with_codes_of_their_own() {
    let world = World::with(&[]).await;
    let used: JoinLink = world.servers.clients[A].invite.parse().unwrap();
    assert_eq!(preview(&world.http, &world.servers.origin, used.code.0).await.code(), "invite_used");

    let (device, name, code) = (&world.devices[A], Named::new("Late"), InviteCode(random::bytes()));
    let expires = now().plus_millis(1_500);
    let invite = Deed::MemberInvite {
        member: MemberId::random(now()),
        role: Role::Viewer,
        name_hash: name.hash(),
        code_hash: Hash::of(&[&code.0]),
        expires,
    };
    let invited =
        device.perform(&world.http, &device.act(&world.state(A), device.client, invite), None, vec![name]).await;
    assert_eq!(invited.unwrap().status, 200);
    assert_eq!(preview(&world.http, &world.servers.origin, code.0).await.status, 200);
    while now() <= expires {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(preview(&world.http, &world.servers.origin, code.0).await.code(), "invite_expired");
}
