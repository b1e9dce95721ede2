//! The gateway's end: the HTTP/2 client on a connection that was dialled to it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use h2::client::SendRequest;
use http::{Method, Request};
use proto::limits::MAX_BATCH_STREAMS;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Mutex as Turns, Semaphore, mpsc, watch},
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

/// Begins HTTP/2 on an authenticated byte stream that a connector has dialled. It says what the peer is to be asked;
/// whether that is a connector shows in what it answers.
///
/// # Errors
/// When the byte stream has ended.
pub async fn gateway<T>(io: T, peer: Peer) -> Result<(Connection, Driver), ConnectionError>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let heard = Arc::new(Heard::default());
    let begun = limits::gateway().handshake(Watched::new(io, &heard)).await;
    let (requests, mut h2) = begun.map_err(|error| match heard.alert() {
        Some(alert) => ConnectionError::Alert(alert),
        None => ConnectionError::Transport(error.to_string()),
    })?;
    let (control, controls) = mpsc::channel(1);
    let (batch, batches) = mpsc::channel(MAX_BATCH_STREAMS as usize);
    let (admitted, admission) = watch::channel(0);
    let side = Side::Gateway {
        requests: requests.clone(),
        control: Turns::new(controls),
        batches: Turns::new(batches),
        admitted,
    };
    let shared = Shared::new(peer, heard, side);
    let connection = Connection::new(Arc::clone(&shared));
    let pings = h2.ping_pong();
    let driver = async move {
        let mut end = None;
        let work = async {
            let mut requests = requests.clone();
            let (answer, half) = ask(&mut requests, Method::POST, "/end").await?;
            end = Some(half);
            tokio::try_join!(
                ended(answer),
                open_control(&shared, requests.clone(), &control),
                keep_waiting(&shared, requests, admission, &batch),
            )
            .map(|_| ())
        };
        let ping = async {
            match pings {
                Some(pings) => shared.ping(pings).await,
                None => std::future::pending().await,
            }
        };
        let why = tokio::select! {
            why = &mut h2 => Some(shared.broke(why.err().as_ref())),
            Err(why) = work => Some(why),
            why = ping => Some(why),
            () = shared.closing.notified() => None,
        };
        match why {
            Some(why) => shared.end(why),
            None => {
                if let (Some(mut end), Some(words)) = (end, shared.words()) {
                    let _ = end.send_trailers(words.fields()); // fails only where the connection has
                }
                let _ = timeout(LINGER, h2).await;
            }
        }
    };
    Ok((connection, Box::pin(driver)))
}

/// Opens an exchange.
pub(super) async fn exchange(
    shared: &Arc<Shared>,
    mut requests: SendRequest<Bytes>,
) -> Result<(SendStream, RecvStream), ConnectionError> {
    let asked = tokio::select! {
        biased;
        error = shared.gone() => return Err(error),
        asked = ask(&mut requests, Method::POST, "/exchange") => asked,
    };
    match asked {
        Ok((answer, send)) => Ok(both(shared, answer, send)),
        // The connection is over, and will say why.
        Err(_) => Err(shared.gone().await),
    }
}

fn both(
    shared: &Arc<Shared>,
    answer: h2::client::ResponseFuture,
    send: h2::SendStream<Bytes>,
) -> (SendStream, RecvStream) {
    let half = Half::new(send);
    (
        SendStream::new(&half, shared),
        RecvStream::answer(answer, &half, shared),
    )
}

/// Sends the head of a request, once the peer has room for another stream.
async fn ask(
    requests: &mut SendRequest<Bytes>,
    method: Method,
    path: &'static str,
) -> Result<(h2::client::ResponseFuture, h2::SendStream<Bytes>), ConnectionError> {
    let whole = method == Method::GET;
    let request = Request::builder()
        .method(method)
        .uri(
            http::Uri::builder()
                .scheme("https")
                .authority("tunnel")
                .path_and_query(path)
                .build()
                .unwrap_or_default(),
        )
        .body(())
        .map_err(|error| ConnectionError::Transport(error.to_string()))?;
    let broken = |error: h2::Error| ConnectionError::Transport(error.to_string());
    let ready = std::future::poll_fn(|cx| requests.poll_ready(cx)).await;
    ready.map_err(broken)?;
    requests.send_request(request, whole).map_err(broken)
}

/// Waits for the connector's last words.
async fn ended(answer: h2::client::ResponseFuture) -> Result<(), ConnectionError> {
    match answer.await {
        Ok(answer) => Err(Words::read(answer.headers())),
        // The connection's end says more, or the connector has given up its right to say something.
        Err(_) => std::future::pending().await,
    }
}

/// Opens the control stream; it is there once the connector has begun to answer it, as a stream of QUIC is with its first
/// bytes.
async fn open_control(
    shared: &Arc<Shared>,
    mut requests: SendRequest<Bytes>,
    control: &mpsc::Sender<(SendStream, RecvStream)>,
) -> Result<(), ConnectionError> {
    let (answer, send) = ask(&mut requests, Method::POST, "/control").await?;
    let half = Half::new(send);
    let answered = answer
        .await
        .ok()
        .filter(|answer| answer.status() == http::StatusCode::OK);
    if let Some(answer) = answered {
        let recv = RecvStream::body(answer.into_body(), &half, shared, None);
        let _ = control.send((SendStream::new(&half, shared), recv)).await;
    }
    Ok(())
}

/// Keeps batch requests waiting for the connector: [`limits::WAITING`] at once, and as many in all as were admitted.
async fn keep_waiting(
    shared: &Arc<Shared>,
    mut requests: SendRequest<Bytes>,
    mut admission: watch::Receiver<u32>,
    batches: &mpsc::Sender<RecvStream>,
) -> Result<(), ConnectionError> {
    let places = Arc::new(Semaphore::new(0));
    let mut admitted = 0;
    let mut given_back = 0;
    let mut waiting = FuturesUnordered::new();
    loop {
        // Every arm is cancel-safe: a place, an answer or a change that is not taken now is there the next time.
        tokio::select! {
            Ok(()) = admission.changed() => {
                let more = admission.borrow_and_update().saturating_sub(admitted);
                admitted += more;
                places.add_permits(more as usize);
            }
            Ok(place) = Arc::clone(&places).acquire_owned(), if waiting.len() < limits::WAITING => {
                let (answer, send) = ask(&mut requests, Method::GET, "/batch").await?;
                waiting.push(async move { (answer.await, send, place) });
            }
            Some((answer, mut send, place)) = waiting.next() => match answer {
                Ok(answer) if answer.status() == http::StatusCode::OK => {
                    given_back = 0;
                    let stream = RecvStream::body(answer.into_body(), &Half::new(send), shared, Some(place));
                    let _ = batches.send(stream).await; // there is room for as many as have places
                }
                _ => {
                    send.send_reset(reason(proto::error::Code::Cancelled as u32));
                    given_back += 1;
                    if given_back > limits::GIVEN_BACK {
                        let why = "the connector answers no batch request";
                        return Err(ConnectionError::Transport(why.to_owned()));
                    }
                }
            }
        }
    }
}
