//! One exchange: a query, or a probe, on one stream that the gateway opened.
//!
//! What follows from a frame is in [`ConnectorExchange`]; here are the streams. Header, credit and trailer go over the
//! gateway's stream, each batch over a stream of its own. The gateway cancels by resetting or stopping the stream, or by
//! going away: then the query's future is dropped, which stops its statement.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use proto::{
    error::{Code, Fault},
    wire::{
        exchange::{ConnectorExchange, Incoming, SendError, Summary, Window},
        frame::{ExchangeFrame, Probe, Request, Seen, Trailer},
    },
};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use transport::{Connection, ConnectionError, RecvStream, SendStream};

use super::frames::{NoFrame, Reader, Writer};
use crate::{
    catalogue::proposals,
    clock::UnixMillis,
    metrics::Metrics,
    query::{self, Engine, Output},
};

/// From the opening of a stream to its first frame's end: a gateway opens it to send at once.
const FIRST_FRAME: Duration = Duration::from_secs(10);

/// For the answer's last frame to be taken by the connection: the gateway reads it as it comes.
const LAST_FRAME: Duration = Duration::from_secs(10);

/// For a connector that is stopping to be back, where it is restarted.
const RETURN: Duration = Duration::from_secs(5);

/// What the exchanges of a tunnel share.
#[derive(Clone)]
pub(super) struct Shared {
    /// Opens the streams of batches.
    pub(super) connection: Connection,
    /// What answers queries.
    pub(super) engine: Arc<Engine>,
    /// Set once this connector takes no more queries.
    pub(super) leaving: CancellationToken,
    /// Tells the session of a probe, and what the gateway's clock shows. One place: who finds it taken has nothing to add.
    pub(super) probed: mpsc::Sender<u64>,
}

/// The machine, shared by who sends and who reads credit.
struct Exchange {
    machine: Mutex<ConnectorExchange>,
    credited: Notify,
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, ConnectorExchange> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room in the window. Cancel-safe: nothing is taken.
    async fn room(&self, length: usize) {
        loop {
            let credited = self.credited.notified();
            if self.lock().has_room(length) {
                return;
            }
            credited.await;
        }
    }
}

/// Serves one exchange.
pub(super) async fn serve(shared: Shared, (send, receive): (SendStream, RecvStream)) {
    let (mut reader, writer) = (Reader::new(receive), Writer::new(send));
    let exchange = Exchange {
        machine: Mutex::new(ConnectorExchange::new(Window::default())),
        credited: Notify::new(),
    };
    let first = match timeout(FIRST_FRAME, reader.next()).await {
        Ok(Ok(frame)) => exchange.lock().on_frame(frame),
        // A question that cannot be read is refused like any other: with a record.
        Ok(Err(NoFrame::Request(unreadable))) => {
            Err(query::unreadable(&shared.engine, unreadable.seen, unreadable.why.fault()).await)
        }
        Ok(Err(NoFrame::Fault(fault))) => {
            Err(query::unreadable(&shared.engine, Seen::default(), fault).await)
        }
        // It changed its mind, or is gone.
        Ok(Err(NoFrame::Reset(_) | NoFrame::Lost)) => return writer.reset(Code::Cancelled),
        Ok(Err(NoFrame::Ended)) | Err(_) => Err(Fault::new(Code::ProtocolViolation, "no first frame came")),
    };
    match first {
        Ok(Incoming::Start(request)) => ask(&shared, &exchange, writer, reader, *request).await,
        Ok(Incoming::Probe(Probe { unix_time_ms })) => {
            shared.engine.metrics.probes.inc();
            let _ = shared.probed.try_send(unix_time_ms);
            let running = u32::try_from(shared.engine.metrics.running.get()).unwrap_or(0);
            let reply = exchange.lock().probe_reply(UnixMillis::now().0, running);
            last(writer, reply.ok()).await;
        }
        Ok(Incoming::Proposal(proposal)) => {
            let Engine {
                catalogue,
                audit,
                metrics,
                ..
            } = &*shared.engine;
            let considered = proposals::consider(catalogue, audit, metrics, proposal).await;
            let answer = match considered {
                Ok(reply) => exchange.lock().proposal_reply(reply).ok(),
                Err(fault) => exchange.lock().fail(fault),
            };
            last(writer, answer).await;
        }
        Ok(Incoming::Credited) => refuse(
            writer,
            reader,
            &Fault::new(Code::ProtocolViolation, "credit for nothing"),
        ),
        // A request whose values no database takes is its caller's mistake: they are told which.
        Err(fault) if fault.code != Code::ProtocolViolation => {
            last(writer, Some(ExchangeFrame::Trailer(Trailer::Failed(fault)))).await;
        }
        Err(fault) => refuse(writer, reader, &fault),
    }
}

fn refuse(writer: Writer, mut reader: Reader<ExchangeFrame>, fault: &Fault) {
    tracing::warn!(%fault, "the gateway broke the protocol of an exchange");
    reader.stop(fault.code);
    writer.reset(fault.code);
}

/// Sends the last frame. Where it cannot be sent nobody is there to miss it.
async fn last(mut writer: Writer, frame: Option<ExchangeFrame>) {
    if let Some(frame) = frame
        && let Ok(Ok(())) = timeout(LAST_FRAME, writer.frame(&frame)).await
    {
        writer.finish();
    }
}

async fn ask(
    shared: &Shared,
    exchange: &Exchange,
    writer: Writer,
    mut reader: Reader<ExchangeFrame>,
    request: Request,
) {
    if shared.leaving.is_cancelled() {
        let fault = Fault::new(Code::SourceOffline, "the connector is stopping").retry_after(RETURN);
        let trailer = exchange.lock().fail(fault);
        return last(writer, trailer).await;
    }
    let stopped = writer.stopped();
    let mut output = Stream {
        shared,
        exchange,
        writer,
        in_flight: InFlight {
            metrics: &shared.engine.metrics,
            batches: 0,
        },
    };
    // The first of three ends it: the answer, the gateway's stop, what the gateway sends. The answer's future is not
    // cancel-safe, and that is the point: dropping it is the cancel.
    let ended = tokio::select! {
        answer = query::answer(&shared.engine, request, &mut output) => Ok(answer),
        () = stopped => Err(Fault::new(Code::Cancelled, "the gateway wants no more of the result")),
        fault = credit(&mut reader, exchange) => Err(fault),
    };
    let writer = output.writer;
    match ended {
        Ok(Ok(receipt)) => {
            let trailer = exchange.lock().complete(receipt);
            last(writer, trailer.ok()).await;
        }
        Ok(Err(fault)) => {
            let trailer = exchange.lock().fail(fault);
            last(writer, trailer).await;
        }
        Err(fault) if fault.code == Code::ProtocolViolation => refuse(writer, reader, &fault),
        Err(fault) => writer.reset(fault.code),
    }
}

/// Reads credit until the gateway gives the exchange up; answers why.
async fn credit(reader: &mut Reader<ExchangeFrame>, exchange: &Exchange) -> Fault {
    loop {
        let frame = match reader.next().await {
            Ok(frame) => frame,
            Err(NoFrame::Fault(fault)) => return fault,
            Err(NoFrame::Request(unreadable)) => return unreadable.why.fault(),
            Err(NoFrame::Reset(code)) => {
                let fault = exchange.lock().on_cancel(code as u64);
                return fault.unwrap_or_else(|| Fault::new(Code::Cancelled, "the gateway cancelled"));
            }
            Err(NoFrame::Lost) => return Fault::new(Code::TunnelLost, "the tunnel ended"),
            Err(NoFrame::Ended) => {
                let ended = exchange.lock().on_stream_end();
                return ended
                    .err()
                    .unwrap_or_else(|| Fault::new(Code::Cancelled, "the gateway has ended"));
            }
        };
        let taken = exchange.lock().on_frame(frame);
        match taken {
            Ok(_) => exchange.credited.notify_one(),
            Err(fault) => return fault,
        }
    }
}

/// The way of a result over the tunnel.
struct Stream<'s> {
    shared: &'s Shared,
    exchange: &'s Exchange,
    writer: Writer,
    in_flight: InFlight<'s>,
}

/// Batches of this exchange that were sent, in the metric until it ends.
struct InFlight<'m> {
    metrics: &'m Metrics,
    batches: i64,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.sub(self.batches);
    }
}

fn lost(_: ConnectionError) -> Fault {
    Fault::new(Code::TunnelLost, "the tunnel ended while the result was sent")
}

impl Output for Stream<'_> {
    async fn header(&mut self, schema: Bytes) -> Result<(), Fault> {
        let frame = self.exchange.lock().header(schema)?;
        self.writer.frame(&frame).await
    }

    /// A stream for each batch: several are on their way at once, since a batch fits the window of its stream and the
    /// writing of the next does not wait for it to arrive.
    async fn batch(&mut self, batch: Bytes, rows: u64) -> Result<(), Fault> {
        let header = loop {
            self.exchange.room(batch.len()).await;
            let header = self.exchange.lock().batch(&batch, rows);
            match header {
                Err(SendError::Full) => {}
                other => break other?,
            }
        };
        let mut writer = Writer::new(self.shared.connection.open_uni().await.map_err(lost)?);
        self.in_flight.batches += 1;
        self.in_flight.metrics.in_flight.inc();
        writer.frame(&header).await?;
        writer.bytes(batch).await?;
        writer.finish();
        Ok(())
    }

    fn summary(&self) -> Summary {
        self.exchange.lock().summary()
    }
}
