//! The socket of a connection: notices when nobody speaks, and when nobody listens.

use super::super::limits::Limits;
use super::register::Line;
use super::timer::Timer;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A socket that gives up on whoever is on the other side.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    line: Arc<Line>,
    limits: Limits,
    speaks: Timer,
    listens: Timer,
    /// Since when nothing more of an answer was taken.
    stuck_since: Option<Instant>,
}

impl Socket {
    pub fn new(stream: TcpStream, line: Arc<Line>, limits: Limits) -> Self {
        let (speaks, listens) = (Timer::default(), Timer::default());
        Self { stream, line, limits, speaks, listens, stuck_since: None }
    }

    /// What a write came to, unless nobody has listened for too long.
    fn heard<T>(&mut self, context: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.stuck_since = None;
            return written;
        }
        let since = *self.stuck_since.get_or_insert_with(Instant::now);
        if self.listens.is_past(since + self.limits.stuck, context) {
            return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client does not take its answer")));
        }
        Poll::Pending
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_ready() {
            if buffer.filled().len() > before {
                this.line.speaks();
            }
            return read;
        }
        match this.line.waits_until(&this.limits) {
            Some(at) if this.speaks.is_past(at, context) => {
                Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "no request came")))
            }
            _ => Poll::Pending,
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.heard(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.heard(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Asked for once everything so far was written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            let this = &mut *self;
            this.line.is_written();
            if let Some(at) = this.line.waits_until(&this.limits) {
                // Nobody reads again before there is something to read: the clock has to be set here.
                this.speaks.is_past(at, context);
            }
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
