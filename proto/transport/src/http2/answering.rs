//! The connector's end: the HTTP/2 server on a connection that it has dialled.

use std::sync::Arc;

use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, Method, Request, Response};
use proto::{error::Code, limits::MAX_EXCHANGES};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Mutex as Turns, mpsc},
    time::timeout,
};

use super::{
    Connection, Driver, LINGER, Peer, Shared, Side,
    end::Words,
    limits,
    streams::{Half, RecvStream, SendStream, reason},
    watched::{Heard, Watched},
};
use crate::ConnectionError;

/// Serves HTTP/2 on an authenticated byte stream to a gateway. It is there once the gateway has begun to speak: by then it
/// has looked at this side's certificate.
///
/// # Errors
/// How the gateway refused, or that it speaks something else.
pub async fn connector<T>(io: T, peer: Peer) -> Result<(Connection, Driver), ConnectionError>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let heard = Arc::new(Heard::default());
    let begun = limits::connector().handshake(Watched::new(io, &heard)).await;
    let mut h2 = begun.map_err(|error| match heard.alert() {
        Some(alert) => ConnectionError::Alert(alert),
        None if error.is_io() => ConnectionError::Cut,
        None => ConnectionError::Transport(error.to_string()),
    })?;
    // As many as HTTP/2 lets the gateway have open.
    let (exchange, exchanges) = mpsc::channel(MAX_EXCHANGES as usize);
    let (batch, batches) = mpsc::channel(limits::STREAMS as usize);
    let (control, controls) = mpsc::channel(1);
    let side = Side::Connector {
        control: Turns::new(controls),
        exchanges: Turns::new(exchanges),
        batches: Turns::new(batches),
    };
    let shared = Shared::new(peer, heard, side);
    let connection = Connection::new(Arc::clone(&shared));
    let pings = h2.ping_pong();
    let driver = async move {
        let mut router = Router {
            shared: Arc::clone(&shared),
            control: Some(control),
            exchange,
            batch,
        };
        let mut end: Option<SendResponse<Bytes>> = None;
        let mut words: Option<h2::RecvStream> = None;
        let ping = async {
            match pings {
                Some(pings) => shared.ping(pings).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(ping);
        let why = loop {
            // Every arm is cancel-safe: a request or a word that is not taken now is there the next time.
            tokio::select! {
                accepted = h2.accept() => match accepted {
                    Some(Ok((request, mut answer))) if request.uri().path() == "/end" => {
                        if end.is_some() {
                            answer.send_reset(reason(Code::ProtocolViolation as u32));
                        } else {
                            words = Some(request.into_body());
                            end = Some(answer);
                        }
                    }
                    Some(Ok((request, answer))) => router.route(request, answer),
                    Some(Err(error)) => break Some(shared.broke(Some(&error))),
                    None => break Some(shared.broke(None)),
                },
                said = said(words.as_mut()) => match said {
                    Some(fields) => break Some(Words::read(&fields)),
                    None => words = None,
                },
                why = &mut ping => break Some(why),
                () = shared.closing.notified() => break None,
            }
        };
        match why {
            Some(why) => shared.end(why),
            None => {
                if let (Some(mut end), Some(words)) = (end, shared.words()) {
                    let mut answer = Response::new(());
                    *answer.headers_mut() = words.fields();
                    let _ = end.send_response(answer, true); // fails only where the connection has
                }
                // What is asked now is not answered any more; the gateway closes when it has read the words.
                let _ = timeout(LINGER, async { while let Some(Ok(_)) = h2.accept().await {} }).await;
            }
        }
    };
    Ok((connection, Box::pin(driver)))
}

/// The gateway's last words; nothing where it has given up its right to say some.
async fn said(words: Option<&mut h2::RecvStream>) -> Option<HeaderMap> {
    match words {
        Some(words) => {
            let fields = std::future::poll_fn(|cx| words.poll_trailers(cx)).await;
            fields.ok().flatten()
        }
        None => std::future::pending().await,
    }
}

/// Begins a stream of a batch on a request that waits for one, unless the gateway has taken it back.
pub(super) fn batch(shared: &Arc<Shared>, mut waiting: SendResponse<Bytes>) -> Option<SendStream> {
    let send = waiting.send_response(Response::new(()), false).ok()?;
    Some(SendStream::new(&Half::new(send), shared))
}

/// Hands over what the gateway opens.
struct Router {
    shared: Arc<Shared>,
    /// Until it has come.
    control: Option<mpsc::Sender<(SendStream, RecvStream)>>,
    exchange: mpsc::Sender<(SendStream, RecvStream)>,
    batch: mpsc::Sender<SendResponse<Bytes>>,
}

impl Router {
    fn route(&mut self, request: Request<h2::RecvStream>, mut answer: SendResponse<Bytes>) {
        let refuse = |mut answer: SendResponse<Bytes>, code: Code| answer.send_reset(reason(code as u32));
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/exchange") => match self.exchange.try_reserve() {
                Ok(place) => {
                    if let Some(streams) = self.begin(request, &mut answer) {
                        place.send(streams);
                    }
                }
                Err(_) => refuse(answer, Code::Overloaded),
            },
            (&Method::GET, "/batch") => {
                if let Err(full) = self.batch.try_send(answer) {
                    refuse(full.into_inner(), Code::ProtocolViolation);
                }
            }
            (&Method::POST, "/control") if self.control.is_some() => {
                if let (Some(streams), Some(control)) =
                    (self.begin(request, &mut answer), self.control.take())
                {
                    let _ = control.try_send(streams); // the one place is free
                }
            }
            _ => refuse(answer, Code::ProtocolViolation),
        }
    }

    /// Answers at once: what follows is the stream.
    fn begin(
        &self,
        request: Request<h2::RecvStream>,
        answer: &mut SendResponse<Bytes>,
    ) -> Option<(SendStream, RecvStream)> {
        let send = answer.send_response(Response::new(()), false).ok()?;
        let half = Half::new(send);
        let recv = RecvStream::body(request.into_body(), &half, &self.shared, None);
        Some((SendStream::new(&half, &self.shared), recv))
    }
}
