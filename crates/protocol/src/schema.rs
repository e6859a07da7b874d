//! JSON schemas (2020-12) of the texts that travel inside JSON: ids, base64, hashes and instants. The structures around
//! them derive theirs.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::encoding::{Base64, Hash};
use crate::id::{ActId, AssistantId, CallId, ClientId, ConnectionId, DeviceId, MemberId, SealingKeyId, SigningKeyId};
use crate::instant::Instant;

macro_rules! texts {
    ($( $name:ident: $schema:expr; )+) => { $(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )+ };
}

fn id(prefix: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": format!("^{prefix}[0-7][0-9abcdefghjkmnpqrstvwxyz]{{25}}$") })
}

texts! {
    ActId: id(Self::PREFIX);
    AssistantId: id(Self::PREFIX);
    CallId: id(Self::PREFIX);
    ClientId: id(Self::PREFIX);
    ConnectionId: id(Self::PREFIX);
    DeviceId: id(Self::PREFIX);
    MemberId: id(Self::PREFIX);
    SealingKeyId: id(Self::PREFIX);
    SigningKeyId: id(Self::PREFIX);
    Base64: json_schema!({ "type": "string", "contentEncoding": "base64" });
    Hash: json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    Instant: json_schema!({ "type": "string", "format": "date-time" });
}
