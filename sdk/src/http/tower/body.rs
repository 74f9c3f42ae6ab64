//! The response's body, under the request's span.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tracing::{Span, field};

use crate::pending::Pending;

pin_project! {
    /// A response's body, under the request's span until its end.
    #[derive(Debug)]
    pub struct TracedBody<R> {
        #[pin]
        inner: R,
        sent: Sent,
    }
}

/// What has left of a body.
#[derive(Debug)]
struct Sent {
    /// `None` once the body has ended.
    pending: Option<Pending>,
    stated_bytes: Option<u64>,
    bytes: u64,
}

impl<R: Body> TracedBody<R> {
    /// Puts the body of `response` under `span`, whose size it records.
    pub(super) fn trace(response: Response<R>, span: Span, has_body: bool) -> Response<Self> {
        let stated = || response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        let stated_bytes = response.body().size_hint().exact().or_else(stated);
        if let Some(bytes) = stated_bytes {
            span.record("http.response.body.size", bytes);
        }
        let status = response.status();
        // <https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1>
        let has_body = has_body
            && !status.is_informational()
            && status != StatusCode::NO_CONTENT
            && status != StatusCode::NOT_MODIFIED;
        let mut sent = Sent { pending: Some(Pending::new(span, "within the body")), stated_bytes, bytes: 0 };
        sent.look(!has_body || response.body().is_end_stream());
        response.map(|inner| Self { inner, sent })
    }
}

impl Sent {
    /// Notes whether a server may stop here and have sent everything: it does not ask a body for its
    /// end that it knows already.
    fn look(&mut self, is_end: bool) {
        if let Some(pending) = &mut self.pending
            && (is_end || self.stated_bytes == Some(self.bytes))
        {
            pending.nothing_left();
        }
    }

    fn end(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        let span = pending.finish();
        if self.stated_bytes.is_none() {
            span.record("http.response.body.size", self.bytes);
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        // Given up or not, so many bytes have been taken.
        if let Some(pending) = &self.pending
            && self.bytes > 0
            && self.stated_bytes != Some(self.bytes)
        {
            pending.span().record("http.response.body.size", self.bytes);
        }
    }
}

impl<R> Body for TracedBody<R>
where
    R: Body,
    R::Error: Display,
{
    type Data = R::Data;
    type Error = R::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<R::Data>, R::Error>>> {
        let this = self.project();
        let mut inner = this.inner;
        let frame = match &mut this.sent.pending {
            Some(pending) => ready!(pending.poll(|| inner.as_mut().poll_frame(context))),
            None => ready!(inner.as_mut().poll_frame(context)),
        };
        match &frame {
            Some(Ok(frame)) => {
                this.sent.bytes += frame.data_ref().map_or(0, |piece| piece.remaining() as u64);
                this.sent.look(inner.is_end_stream());
            }
            Some(Err(error)) => {
                if let Some(pending) = &this.sent.pending {
                    pending.span().record("error", field::display(error));
                }
                this.sent.end();
            }
            // The request is over, however long the server keeps the empty body.
            None => this.sent.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
