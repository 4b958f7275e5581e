//! Bodies on their way in, which may not trickle, and out.

use super::super::limits::Limits;
use super::register::Line;
use super::timer::Timer;
use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// A body that came too slowly to be waited for.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body came in too slowly")]
pub struct Trickles;

impl Trickles {
    /// Whether that is behind an error.
    #[must_use]
    pub fn is_behind(error: &(dyn Error + 'static)) -> bool {
        let mut behind = Some(error);
        while let Some(error) = behind {
            if error.is::<Self>() {
                return true;
            }
            behind = error.source();
        }
        false
    }
}

/// The body of a request. In each [`Limits::body`] in which we wait for it, it brings at least [`Limits::least_bytes`]; the
/// time in which nobody asks for more does not count.
#[derive(Debug)]
pub struct Paced<B = Incoming> {
    body: B,
    limits: Limits,
    timer: Timer,
    waits_since: Option<Instant>,
    waited: Duration,
    bytes: u64,
}

impl<B> Paced<B> {
    /// With the clock at zero.
    #[must_use]
    pub fn new(body: B, limits: Limits) -> Self {
        Self { body, limits, timer: Timer::default(), waits_since: None, waited: Duration::ZERO, bytes: 0 }
    }

    /// Whether too little came in the time that is over; if not, the next one begins.
    fn trickles(&mut self) -> bool {
        if self.bytes < self.limits.least_bytes {
            return true;
        }
        (self.bytes, self.waited) = (0, Duration::ZERO);
        false
    }
}

impl<B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin> HttpBody for Paced<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            let since = *this.waits_since.get_or_insert_with(Instant::now);
            if !this.timer.is_past(since + this.limits.body.saturating_sub(this.waited), context) {
                return Poll::Pending;
            }
            this.waits_since = Some(Instant::now());
            if this.trickles() {
                return Poll::Ready(Some(Err(Trickles.into())));
            }
            // Registers for the end of the time that begins now.
            this.timer.is_past(Instant::now() + this.limits.body, context);
            return Poll::Pending;
        };
        let Some(Ok(frame)) = frame else { return Poll::Ready(frame.map(|frame| frame.map_err(Into::into))) };
        this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        this.waited += this.waits_since.take().map_or(Duration::ZERO, |since| since.elapsed());
        if this.waited >= this.limits.body && this.trickles() {
            return Poll::Ready(Some(Err(Trickles.into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which tells its connection when all of it was made.
#[derive(Debug)]
pub struct Written {
    body: Body,
    line: Arc<Line>,
}

impl Written {
    /// Of an answer on this connection.
    #[must_use]
    pub const fn new(body: Body, line: Arc<Line>) -> Self {
        Self { body, line }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.line.has_answered();
    }
}

impl HttpBody for Written {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body once it is here, so that nothing is set up for one that is slow; of one larger than `most` bytes the rest comes as
/// it is asked for. One that trickles or breaks off fails when it is read.
pub async fn arrived<B>(mut body: Paced<B>, most: usize) -> Body
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    if body.is_end_stream() || body.size_hint().lower() > most as u64 {
        return Body::new(body);
    }
    let mut first = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        match frame {
            Ok(frame) => first.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(error) => return Body::new(Begun { first: None, rest: Rest::<B>::Fails(Some(error)) }),
        }
        if first.len() > most {
            return Body::new(Begun { first: Some(first.into()), rest: Rest::Comes(body) });
        }
    }
    first.into()
}

/// What came of a body, then the rest of it.
struct Begun<B> {
    first: Option<Bytes>,
    rest: Rest<B>,
}

enum Rest<B> {
    Comes(Paced<B>),
    Fails(Option<BoxError>),
}

impl<B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin> HttpBody for Begun<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match &mut self.rest {
            Rest::Comes(rest) => Pin::new(rest).poll_frame(context),
            Rest::Fails(error) => Poll::Ready(error.take().map(Err)),
        }
    }
}
