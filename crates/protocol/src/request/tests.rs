use super::*;

const NOW: i64 = 1_764_000_000_000;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn device() -> DeviceId {
    DeviceId::new(Instant::from_unix_millis(1), [1; 10])
}

fn request<'a>() -> Request<'a> {
    Request {
        method: "POST",
        authority: "agency.example",
        path: "/v1/acts",
        query: "",
        body: Some(("application/json", b"{}")),
    }
}

fn check(request: &Request<'_>, headers: &SignatureHeaders, now: i64) -> Result<Signed, RequestRefused> {
    let header = |name: &str| match name {
        "signature-input" => vec![headers.input.as_str()],
        "signature" => vec![headers.signature.as_str()],
        "content-digest" => headers.content_digest.as_deref().into_iter().collect(),
        "content-type" => vec!["application/json"],
        _ => vec![],
    };
    verify(request, header, Instant::from_unix_millis(now), |id| (id == device()).then(|| key().verifying_key()))
}

fn signed() -> SignatureHeaders {
    sign(&request(), device(), &key(), Instant::from_unix_millis(NOW), [3; 16])
}

#[test]
fn a_signed_request_verifies_within_sixty_seconds() {
    let expected = Signed { device: device(), nonce: [3; 16] };
    for shift in [-60_000, 0, 60_000] {
        assert_eq!(check(&request(), &signed(), NOW + shift), Ok(expected));
    }
    for shift in [-60_001, 60_001] {
        assert_eq!(check(&request(), &signed(), NOW + shift), Err(RequestRefused::ClockSkew { nonce: [3; 16] }));
    }
}

#[test]
fn whatever_is_covered_cannot_be_changed() {
    let good = request();
    let changed = [
        Request { method: "PUT", ..good },
        Request { authority: "other.example", ..good },
        Request { path: "/v1/act", ..good },
        Request { query: "a=1", ..good },
        Request { body: Some(("application/json", b"{ }")), ..good },
        Request { body: Some(("text/plain", b"{}")), ..good },
        Request { body: None, ..good },
    ];
    for request in changed {
        assert!(matches!(check(&request, &signed(), NOW), Err(RequestRefused::NotSigned(_))), "{request:?}");
    }
}

#[test]
fn headers_that_stand_twice_are_refused() {
    let headers = signed();
    for twice in ["signature-input", "signature", "content-digest", "content-type"] {
        let header = |name: &str| {
            let value = match name {
                "signature-input" => headers.input.as_str(),
                "signature" => headers.signature.as_str(),
                "content-digest" => headers.content_digest.as_deref().unwrap(),
                _ => "application/json",
            };
            vec![value; if name == twice { 2 } else { 1 }]
        };
        let answer = verify(&request(), header, Instant::from_unix_millis(NOW), |_| Some(key().verifying_key()));
        assert!(matches!(answer, Err(RequestRefused::NotSigned(_))), "{twice}");
    }
}

/// RFC 9421 B.2.6: base and Ed25519 agree with the standard, and this profile refuses it (no nonce, no tag).
#[test]
fn the_example_of_the_standard() {
    let components = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT".to_owned()),
        ("@method", "POST".to_owned()),
        ("@path", "/foo".to_owned()),
        ("@authority", "example.com".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("content-length", "18".to_owned()),
    ];
    let params = "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let base = signature_base(&components, params);
    let public = crate::encoding::from_base64("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=").unwrap();
    let public = ed25519_dalek::VerifyingKey::from_bytes(&public.try_into().unwrap()).unwrap();
    let text = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let signature = ed25519_dalek::Signature::from_slice(&crate::encoding::from_base64(text).unwrap()).unwrap();
    public.verify_strict(base.as_bytes(), &signature).unwrap();

    let headers = SignatureHeaders {
        input: format!("sig-b26={params}"),
        signature: format!("sig-b26=:{text}:"),
        content_digest: None,
    };
    let foo = Request { method: "POST", authority: "example.com", path: "/foo", query: "", body: None };
    assert!(matches!(check(&foo, &headers, 1_618_884_473_000), Err(RequestRefused::NotSigned(_))));
}
