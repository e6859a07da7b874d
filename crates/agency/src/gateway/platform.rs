//! What is not sent on the platform's account: other clients have things there too, so nothing goes there that was not
//! looked through, or that refers to what cannot be told to be this client's.

use ownkey_providers::refuse::Refusal;
use ownkey_providers::routes::Kept;

use super::call::Call;
use super::{Refused, refuse};

/// Whether a call may run on the platform's account.
pub(crate) fn may_send(call: &Call) -> Result<(), Refused> {
    if call.unread && !call.is_form() {
        return refuse(
            Refusal::BadRequest,
            "The body is no JSON, or larger than can be read, so it is not sent on the agency's account.",
        );
    }
    let Some(kept) = call.seen.kept else { return Ok(()) };
    refuse(
        Refusal::BadRequest,
        match kept {
            Kept::Conversation => {
                "`conversation` is not sent on the agency's account: clients share it. Send the messages."
            }
            Kept::Container => {
                "`container` is not sent on the agency's account: clients share it. Leave it to be made."
            }
            Kept::VectorStore => "`vector_store_ids` is not sent on the agency's account: clients share it.",
            Kept::Prompt => "`prompt.id` is not sent on the agency's account: clients share it. Send the text.",
        },
    )
}
