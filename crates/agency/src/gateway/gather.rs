//! Small pieces that came together go on together: a provider's stream is read many events at once, and each would be
//! written to the caller by itself otherwise. Nothing waits for more than what is there already.
//!
//! hyper hands a body's pieces over one at a time, from the task that reads the provider's connection to the one that
//! writes the caller's; the next piece is there once the first task had its turn. hyper may poll a body several times in
//! one turn of the second, so turns are counted where the tasks are polled ([`next_turn`]).

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

/// Pieces of at least this many bytes go on as they are.
const LARGE: usize = 4 * 1024;

/// As many bytes go on at the latest.
const MOST: usize = 16 * 1024;

/// hyper polls a body at most this often in one turn.
const POLLS: u8 = 16;

thread_local! {
    static TURN: Cell<u64> = const { Cell::new(0) };
}

/// A task that writes to a caller is polled on this thread.
pub(crate) fn next_turn() {
    TURN.set(TURN.get().wrapping_add(1));
}

/// A body whose small pieces are put together. Trailers are left out.
pub(super) struct Gather<B: Body> {
    body: B,
    first: Bytes,
    more: BytesMut,
    /// What follows what is gathered: the end, or an error.
    then: Option<Option<B::Error>>,
    /// In which turn it was first waited for another piece, and how often since.
    waited: Option<(u64, u8)>,
}

impl<B: Body<Data = Bytes> + Unpin> Gather<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, first: Bytes::new(), more: BytesMut::new(), then: None, waited: None }
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty() && self.more.is_empty()
    }

    fn add(&mut self, piece: Bytes) {
        self.waited = None;
        if self.is_empty() {
            self.first = piece;
            return;
        }
        if self.more.is_empty() {
            self.more.reserve(MOST);
            self.more.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.more.extend_from_slice(&piece);
    }

    /// Whether whoever reads from the provider had its turn since the last piece.
    fn had_a_turn(&mut self) -> bool {
        let now = TURN.get();
        let (since, polls) = self.waited.unwrap_or((now, 0));
        self.waited = Some((since, polls + 1));
        since != now || polls > POLLS
    }

    /// What is gathered, and the body.
    pub(super) fn into_parts(mut self) -> (Option<Bytes>, B) {
        (self.take(), self.body)
    }

    fn take(&mut self) -> Option<Bytes> {
        self.waited = None;
        let gathered = if self.more.is_empty() { std::mem::take(&mut self.first) } else { self.more.split().freeze() };
        (!gathered.is_empty()).then_some(gathered)
    }

    fn is_enough(&self) -> bool {
        self.first.len() >= LARGE || self.more.len() >= MOST || self.body.is_end_stream()
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Gather<B>
where
    B::Error: Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let go_on = |this: &mut Self| Poll::Ready(this.take().map(|gathered| Ok(Frame::data(gathered))));
        while this.then.is_none() {
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    this.add(piece);
                    if this.is_enough() {
                        return go_on(this);
                    }
                }
                Poll::Ready(Some(Err(error))) => this.then = Some(Some(error)),
                Poll::Ready(None) => this.then = Some(None),
                Poll::Pending if this.is_empty() => return Poll::Pending,
                Poll::Pending if this.had_a_turn() => return go_on(this),
                Poll::Pending => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
        if !this.is_empty() {
            return go_on(this);
        }
        Poll::Ready(this.then.as_mut().and_then(Option::take).map(Err))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty() && self.then.as_ref().is_none_or(Option::is_none) && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_empty() { self.body.size_hint() } else { SizeHint::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::task::Waker;

    use super::*;

    /// Gives what is listed; `None` is a moment in which nothing is there.
    struct Listed(VecDeque<Option<Result<&'static [u8], &'static str>>>);

    impl Body for Listed {
        type Data = Bytes;
        type Error = &'static str;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
            match self.0.pop_front() {
                None => Poll::Ready(None),
                Some(None) => Poll::Pending,
                Some(Some(given)) => Poll::Ready(Some(given.map(|bytes| Frame::data(Bytes::from_static(bytes))))),
            }
        }
    }

    fn gathered(list: &[Option<Result<&'static [u8], &'static str>>]) -> Vec<Result<usize, &'static str>> {
        let mut body = Gather::new(Listed(list.iter().copied().collect()));
        let mut seen = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match Pin::new(&mut body).poll_frame(&mut context) {
                Poll::Pending => next_turn(),
                Poll::Ready(None) => return seen,
                Poll::Ready(Some(frame)) => seen.push(frame.map(|frame| frame.into_data().unwrap().len())),
            }
        }
    }

    #[test]
    fn what_is_there_goes_on_together_and_nothing_waits_for_what_is_not() {
        assert_eq!(
            gathered(&[Some(Ok(b"one")), None, Some(Ok(b"two")), None, None, Some(Ok(b"three"))]),
            [Ok(6), Ok(5)]
        );
        assert_eq!(gathered(&[Some(Ok(b"one")), None, None, Some(Ok(b"two"))]), [Ok(3), Ok(3)]);
    }

    #[test]
    fn polled_again_in_the_same_turn_it_waits_for_the_next() {
        let moments = std::iter::repeat_n(None, usize::from(POLLS));
        let list = [Some(Ok(b"one".as_slice()))].into_iter().chain(moments).chain([Some(Ok(b"two".as_slice()))]);
        let mut body = Gather::new(Listed(list.collect()));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..POLLS {
            assert!(Pin::new(&mut body).poll_frame(&mut context).is_pending());
        }
        let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) else { panic!("nothing") };
        assert_eq!(frame.into_data().unwrap(), "onetwo");
    }

    #[test]
    fn what_came_before_an_error_goes_on_before_it() {
        assert_eq!(gathered(&[Some(Ok(b"one")), Some(Ok(b"two")), Some(Err("broke off"))]), [Ok(6), Err("broke off")]);
    }

    #[test]
    fn large_pieces_go_on_as_they_are_and_small_ones_up_to_a_bound() {
        const PIECE: &[u8] = &[7; LARGE];
        const SMALL: &[u8] = &[7; 1_024];
        assert_eq!(gathered(&[Some(Ok(PIECE)), Some(Ok(PIECE))]), [Ok(LARGE), Ok(LARGE)]);
        assert_eq!(gathered(&[Some(Ok(SMALL)); 20]), [Ok(MOST), Ok(4 * 1_024)]);
    }
}
