//! What a client states of a month's bill, so that both sides hold the same numbers.

use super::{ClientState, Context, Refused, no};
use crate::act::{Deed, Stated};
use crate::code::Code;
use crate::instant::Instant;
use crate::limit::Month;

/// What the client stated last of one month of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What.
    pub stated: Stated,
    /// When the agency wrote it down.
    pub sent: Instant,
}

impl ClientState {
    pub(super) fn apply_statement(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        let Deed::StatementSend(stated) = &context.act.deed else { return no(Code::Malformed, "not a statement") };
        // A bill comes after the last call: connections that were closed have months, too.
        if !self.connections.contains_key(&stated.connection) {
            return no(Code::NotFound, "no such connection");
        }
        if Month::of(stated.through.begin()) != stated.month {
            return no(Code::Malformed, "a day of another month");
        }
        if stated.through.next().begin() > context.logged {
            return no(Code::Malformed, "days that are not over have no bill");
        }
        let statement = Statement { stated: stated.clone(), sent: context.logged };
        self.statements.insert((stated.connection, stated.month), statement);
        Ok(())
    }
}
