//! The connector's end of a tunnel, and its warehouse.
//!
//! Checked here: nothing follows a close; an honest gateway is never accused; the window holds; a certificate is given for
//! what was asked; roots come in order; whatever runs on a tunnel that ends is ended.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use bytes::{BufMut as _, Bytes, BytesMut};
use proto::{
    error::{Code, Fault},
    wire::{
        codec::Decoder,
        exchange::{ConnectorExchange, Incoming, SendError},
        frame::{
            BatchHeader, ControlFrame, Digest, ExchangeFrame, ExchangeId, Frame, Hello, InstanceId, Request,
            Slot, Trailer, Version,
        },
        session::{ConnectorAction, ConnectorSession, spoken},
    },
};

use crate::{
    net::{Piece, Side, Stream},
    random::Random,
    world::{Event, LANES, Sim},
};

/// How an answer is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    None,
    Damage,
    Skip,
    Repeat,
    Rows,
    Beyond,
    Bytes,
    Digest,
    Fewer,
    OtherExchange,
}

const LIES: [Lie; 9] = [
    Lie::Damage,
    Lie::Skip,
    Lie::Repeat,
    Lie::Rows,
    Lie::Beyond,
    Lie::Bytes,
    Lie::Digest,
    Lie::Fewer,
    Lie::OtherExchange,
];

impl Lie {
    /// Whether a result with it in must never be called complete, whatever comes when.
    fn voids(self, batches: &[Bytes]) -> bool {
        match self {
            // These add something, which may come when all is over and change nothing.
            Self::None | Self::Repeat | Self::Beyond | Self::OtherExchange => false,
            Self::Bytes | Self::Digest => true,
            Self::Damage | Self::Skip | Self::Rows | Self::Fewer => !batches.is_empty(),
        }
    }
}

/// What one attempt is given by the warehouse.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) schema: Bytes,
    pub(crate) batches: Vec<Bytes>,
    /// Trailers that said complete.
    pub(crate) completed: u32,
    /// No complete result may come of it.
    pub(crate) void: bool,
}

#[derive(Debug)]
pub(crate) struct Serving {
    machine: ConnectorExchange,
    decoder: Decoder<ExchangeFrame>,
    source: VecDeque<Bytes>,
    begun: bool,
    /// After so many batches the warehouse fails.
    fails_after: Option<usize>,
    hangs: bool,
    waiting: bool,
    lie: Lie,
    sequence: u32,
    /// Lengths of what was sent without credit.
    outstanding: VecDeque<u64>,
}

#[derive(Debug)]
pub(crate) struct ConnectorEnd {
    pub(crate) machine: ConnectorSession,
    control: Decoder<ControlFrame>,
    exchanges: BTreeMap<u64, Serving>,
    /// Exchanges that have ended at this end.
    over: BTreeSet<u64>,
    probes: BTreeMap<u64, (ConnectorExchange, Decoder<ExchangeFrame>)>,
    /// What overtook the Welcome.
    early: Vec<(Stream, Piece)>,
    welcomed: bool,
    /// Another tunnel takes its place.
    left: bool,
    timer: Option<Duration>,
    asked: Option<Bytes>,
    roots: u64,
}

impl ConnectorEnd {
    fn finish(&mut self, exchange: u64) -> Option<Serving> {
        self.over.insert(exchange);
        self.exchanges.remove(&exchange)
    }
}

impl Sim {
    pub(crate) fn begin_connector(&mut self, link: usize) {
        let hello = Hello {
            protocol: spoken(),
            version: Version::new("0.0.0").unwrap(),
            unix_time_ms: self.clock().unix_ms,
            sources: Vec::new(),
            epoch: link as u64,
            instance: InstanceId([self.connector.start as u8; 16]),
            slot: Slot::FIRST,
            held: Vec::new(),
        };
        self.links[link].connector = Some(ConnectorEnd {
            machine: ConnectorSession::start(hello, self.clock()),
            control: Decoder::new(),
            exchanges: BTreeMap::new(),
            over: BTreeSet::new(),
            probes: BTreeMap::new(),
            early: Vec::new(),
            welcomed: false,
            left: false,
            timer: None,
            asked: None,
            roots: 0,
        });
        self.connector_acts(link);
    }

    fn connector_end(&mut self, link: usize) -> Option<&mut ConnectorEnd> {
        self.links.get_mut(link)?.connector.as_mut()
    }

    /// Whether this lane has what it wants, or is about to.
    pub(crate) fn is_served(&self, lane: usize) -> bool {
        let mut links = self.links.iter().filter(|link| link.lane == lane);
        links.any(|link| link.connector.as_ref().is_some_and(|end| !end.left))
    }

    fn connector_acts(&mut self, link: usize) {
        while let Some(action) = self.connector_end(link).and_then(|end| end.machine.poll()) {
            self.say(|| format!("  connector {link}: {action:?}"));
            match action {
                ConnectorAction::Send(frame) => {
                    let bytes = frame.encode().unwrap();
                    self.send(link, Side::Connector, Stream::Control, bytes);
                }
                ConnectorAction::Established { welcome, .. } => {
                    if welcome.tunnel != link as u64 {
                        self.fail("a Welcome of another tunnel");
                    }
                    let early = self.connector_end(link).map(|end| {
                        end.welcomed = true;
                        std::mem::take(&mut end.early)
                    });
                    for (stream, piece) in early.into_iter().flatten() {
                        self.connector_hears(link, stream, piece);
                    }
                }
                ConnectorAction::Draining(_) => self.hand_over(link),
                // What is dialled where is not of this model.
                ConnectorAction::Nodes(_) => {}
                ConnectorAction::Trust(trust) => {
                    let Some(end) = self.connector_end(link) else {
                        return;
                    };
                    let roots: u64 = trust.bundle.parse().unwrap();
                    let in_order = roots > end.roots;
                    end.roots = roots;
                    end.machine.trusts(Digest([roots as u8; 32]));
                    if !in_order {
                        self.fail("old roots after new ones");
                    }
                }
                ConnectorAction::Renewed(outcome) => {
                    let asked = self.connector_end(link).and_then(|end| end.asked.take());
                    match (outcome, asked) {
                        (Ok(chain), Some(request)) if chain == format!("chain for {request:?}") => {}
                        (Err(_), Some(_)) => continue,
                        _ => self.fail("a certificate for what was not asked"),
                    }
                    self.tally.count("renewed");
                    self.hand_over(link);
                }
                ConnectorAction::Close(close) => {
                    if self
                        .connector_end(link)
                        .is_some_and(|end| end.machine.poll().is_some())
                    {
                        self.fail("the connector acts after its close");
                    }
                    if !close.by_peer {
                        self.accused(&close.fault);
                    }
                    return self.end_connector(link, true);
                }
            }
        }
        let Some(deadline) = self.connector_end(link).and_then(|end| end.machine.deadline()) else {
            return;
        };
        let at = self.time_of(deadline);
        if self
            .connector_end(link)
            .is_some_and(|end| end.timer.replace(at) != Some(at))
        {
            self.at(at, Event::Timer(link, Side::Connector));
        }
    }

    fn hand_over(&mut self, link: usize) {
        let lane = self.links[link].lane;
        if let Some(end) = self.connector_end(link) {
            end.left = true;
        }
        self.at(self.now, Event::Dial(lane));
    }

    pub(crate) fn connector_timer(&mut self, link: usize) {
        let now = self.clock();
        if let Some(end) = self.connector_end(link) {
            end.machine.on_timer(now);
            end.timer = None;
        }
        self.connector_acts(link);
    }

    pub(crate) fn renew(&mut self, lane: usize) {
        for link in 0..self.links.len() {
            let request = Bytes::from(format!("request {} of {link}", self.now.as_micros()));
            if self.links[link].lane != lane {
                continue;
            }
            let Some(end) = self
                .connector_end(link)
                .filter(|end| !end.left && end.asked.is_none())
            else {
                continue;
            };
            end.machine.renew(request.clone());
            if end.machine.is_established() {
                end.asked = Some(request);
            }
            self.connector_acts(link);
        }
        if !self.stopping {
            let (wait, lane) = (
                self.random.millis(3_000, 40_000),
                self.random.below(LANES as u64) as usize,
            );
            self.after(wait, Event::Renew(lane));
        }
    }

    /// The policy was reloaded.
    pub(crate) fn reload(&mut self) {
        for link in 0..self.links.len() {
            if let Some(end) = self.connector_end(link) {
                end.machine.sources_changed(Vec::new());
            }
            self.connector_acts(link);
        }
    }

    // ---- what arrives ----

    pub(crate) fn connector_hears(&mut self, link: usize, stream: Stream, piece: Piece) {
        let now = self.clock();
        let Some(end) = self.connector_end(link) else {
            return;
        };
        match (stream, piece) {
            // A control stream ends with its connection, whose reason comes right behind.
            (Stream::Control, Piece::End | Piece::Reset(_)) => {}
            (Stream::Control, Piece::Bytes(mut bytes)) => {
                loop {
                    match end.control.decode(&mut bytes) {
                        Ok(Some(frame)) => end.machine.on_frame(frame, now),
                        Ok(None) => break,
                        Err(error) => break end.machine.on_fault(error.into()),
                    }
                }
                self.connector_acts(link);
            }
            (stream, piece) if !end.welcomed => end.early.push((stream, piece)),
            (Stream::Probe(number), Piece::Bytes(mut bytes)) => {
                let window = self.window;
                let Some(end) = self.connector_end(link) else {
                    return;
                };
                let (machine, decoder) = end
                    .probes
                    .entry(number)
                    .or_insert_with(|| (ConnectorExchange::new(window), Decoder::new()));
                let Ok(Some(frame)) = decoder.decode(&mut bytes) else {
                    return;
                };
                let reply = match machine.on_frame(frame) {
                    Ok(Incoming::Probe(_)) => machine.probe_reply(now.unix_ms, 0).unwrap(),
                    other => self.fail(&format!("a probe is taken for {other:?}")),
                };
                end.machine.on_probe(now);
                end.probes.remove(&number);
                self.send(link, Side::Connector, stream, reply.encode().unwrap());
                self.push(link, Side::Connector, stream, Piece::End);
                self.connector_acts(link);
            }
            (Stream::Exchange(exchange), piece) => self.exchange_hears(link, exchange, piece),
            (Stream::Probe(_) | Stream::Batch(..), _) => {}
        }
    }

    fn exchange_hears(&mut self, link: usize, exchange: u64, piece: Piece) {
        let window = self.window;
        let Some(end) = self.connector_end(link) else {
            return;
        };
        if end.over.contains(&exchange) {
            return;
        }
        let serving = end.exchanges.entry(exchange).or_insert_with(|| Serving {
            machine: ConnectorExchange::new(window),
            decoder: Decoder::new(),
            source: VecDeque::new(),
            begun: false,
            fails_after: None,
            hangs: false,
            waiting: false,
            lie: Lie::None,
            sequence: 0,
            outstanding: VecDeque::new(),
        });
        match piece {
            Piece::Bytes(mut bytes) => loop {
                let Some(serving) = self
                    .connector_end(link)
                    .and_then(|end| end.exchanges.get_mut(&exchange))
                else {
                    return;
                };
                let frame = match serving.decoder.decode(&mut bytes) {
                    Ok(Some(frame)) => frame,
                    Ok(None) => return,
                    Err(error) => self.fail(&format!("a frame of the gateway: {error}")),
                };
                if let ExchangeFrame::Credit(credit) = &frame {
                    let batches = usize::try_from(credit.batches).unwrap_or(usize::MAX);
                    serving
                        .outstanding
                        .drain(..batches.min(serving.outstanding.len()));
                }
                match serving.machine.on_frame(frame) {
                    Ok(Incoming::Start(request)) => self.start(link, exchange, &request),
                    Ok(Incoming::Credited) => {
                        if std::mem::take(&mut serving.waiting) {
                            self.after(Duration::from_micros(10), Event::Produce(link, exchange));
                        }
                    }
                    Ok(other) => self.fail(&format!("a request is taken for {other:?}")),
                    Err(fault) => {
                        self.accused(&fault);
                        return self.abandon(link, exchange, fault.code);
                    }
                }
            },
            Piece::End => {
                if let Err(fault) = serving.machine.on_stream_end() {
                    self.accused(&fault);
                    self.abandon(link, exchange, fault.code);
                }
            }
            Piece::Reset(code) => {
                serving.machine.on_cancel(code);
                self.abandon(link, exchange, Code::Cancelled);
            }
        }
    }

    /// The gateway takes no more of a stream of this end.
    pub(crate) fn connector_reset(&mut self, link: usize, stream: Stream, code: u64) {
        let Stream::Exchange(exchange) = stream else {
            return;
        };
        let Some(end) = self.connector_end(link) else {
            return;
        };
        if let Some(serving) = end.exchanges.get_mut(&exchange) {
            serving.machine.on_cancel(code);
            self.abandon(link, exchange, Code::Cancelled);
        }
    }

    /// The exchange is over at this end, without a trailer.
    fn abandon(&mut self, link: usize, exchange: u64, code: Code) {
        let serving = self.connector_end(link).and_then(|end| end.finish(exchange));
        if serving.is_some_and(|serving| !serving.machine.is_ended()) {
            self.fail("an exchange that was cancelled goes on");
        }
        self.push(
            link,
            Side::Connector,
            Stream::Exchange(exchange),
            Piece::Reset(code as u64),
        );
    }

    // ---- the warehouse ----

    fn start(&mut self, link: usize, exchange: u64, request: &Request) {
        let (moody, lies) = (self.plan.moody, self.plan.lies);
        let batches = rows(&mut self.random);
        let random = &mut self.random;
        let lie = if lies && random.chance(60) {
            LIES[random.below(LIES.len() as u64) as usize]
        } else {
            Lie::None
        };
        let fails_after =
            (moody && random.chance(10)).then(|| random.below(batches.len() as u64 + 1) as usize);
        let hangs = moody && random.chance(4);
        let truth = Truth {
            schema: Bytes::from(format!("schema of {exchange} on {link}")),
            batches: batches.clone(),
            completed: 0,
            void: lie.voids(&batches),
        };
        if lie != Lie::None {
            self.tally.count("lied");
        }
        if self.truth.insert((link, exchange), truth).is_some() {
            self.fail("a request is started twice");
        }
        let Some(serving) = self
            .connector_end(link)
            .and_then(|end| end.exchanges.get_mut(&exchange))
        else {
            return;
        };
        serving.source = batches.into();
        serving.lie = lie;
        serving.fails_after = fails_after;
        serving.hangs = hangs;
        let wait = self.random.millis(0, 300);
        self.after(wait, Event::Produce(link, exchange));
        self.after(request.deadline, Event::WarehouseDeadline(link, exchange));
    }

    pub(crate) fn warehouse_deadline(&mut self, link: usize, exchange: u64) {
        self.give_up(
            link,
            exchange,
            Fault::new(Code::DeadlineExceeded, "the warehouse was too slow"),
        );
    }

    fn give_up(&mut self, link: usize, exchange: u64, fault: Fault) {
        let Some(mut serving) = self.connector_end(link).and_then(|end| end.finish(exchange)) else {
            return;
        };
        if let Some(trailer) = serving.machine.fail(fault) {
            self.send(
                link,
                Side::Connector,
                Stream::Exchange(exchange),
                trailer.encode().unwrap(),
            );
            self.push(link, Side::Connector, Stream::Exchange(exchange), Piece::End);
        }
    }

    /// One step of an answer.
    pub(crate) fn produce(&mut self, link: usize, exchange: u64) {
        let schema = match self.truth.get(&(link, exchange)) {
            Some(truth) => truth.schema.clone(),
            None => return,
        };
        let window = self.window;
        let Some(serving) = self
            .connector_end(link)
            .and_then(|end| end.exchanges.get_mut(&exchange))
        else {
            return;
        };
        if serving.hangs {
            return;
        }
        let stream = Stream::Exchange(exchange);
        if !serving.begun {
            serving.begun = true;
            let header = serving.machine.header(schema).unwrap();
            self.send(link, Side::Connector, stream, header.encode().unwrap());
        } else if serving.fails_after == Some(serving.sequence as usize) {
            return self.fail_midway(link, exchange);
        } else if let Some(body) = serving.source.front().cloned() {
            let claimed = u64::from(body[0]) + u64::from(serving.lie == Lie::Rows && serving.sequence == 0);
            let header = match serving.machine.batch(&body, claimed) {
                Ok(header) => header,
                Err(SendError::Full) => {
                    serving.waiting = true;
                    return;
                }
                Err(error) => self.fail(&format!("a batch is refused at home: {error}")),
            };
            serving.source.pop_front();
            serving.sequence += 1;
            serving.outstanding.push_back(body.len() as u64);
            let (batches, bytes) = (serving.outstanding.len(), serving.outstanding.iter().sum::<u64>());
            if batches > window.batches as usize || bytes > window.bytes && batches > 1 {
                self.fail(&format!(
                    "{batches} batches of {bytes} bytes are sent without credit in {window:?}"
                ));
            }
            self.send_batch(link, exchange, header, body);
        } else {
            return self.complete(link, exchange);
        }
        let wait = match self.random.below(20) {
            0 if self.plan.moody => self.random.millis(1_000, 4_000),
            _ => self.random.millis(0, 40),
        };
        self.after(wait, Event::Produce(link, exchange));
    }

    fn send_batch(&mut self, link: usize, exchange: u64, header: BatchHeader, body: Bytes) {
        let Some(serving) = self
            .connector_end(link)
            .and_then(|end| end.exchanges.get_mut(&exchange))
        else {
            return;
        };
        let (lie, first) = (serving.lie, header.sequence == 0);
        let mut put = |number: u32, header: BatchHeader, body: &Bytes| {
            let stream = Stream::Batch(exchange, number);
            self.send(link, Side::Connector, stream, header.encode().unwrap());
            self.send(link, Side::Connector, stream, body.clone());
            self.push(link, Side::Connector, stream, Piece::End);
        };
        match lie {
            Lie::Damage if first => {
                let mut damaged = body.to_vec();
                if let Some(last) = damaged.last_mut() {
                    *last ^= 1;
                }
                put(0, header, &damaged.into());
            }
            Lie::Skip if first => {}
            Lie::Repeat if first => {
                put(0, header, &body);
                put(10_000, header, &body);
            }
            Lie::Beyond if first => {
                put(0, header, &body);
                let sequence = 10_000;
                put(sequence, BatchHeader { sequence, ..header }, &body);
            }
            Lie::OtherExchange if first => {
                put(0, header, &body);
                put(
                    10_000,
                    BatchHeader {
                        exchange: ExchangeId(exchange + 1),
                        ..header
                    },
                    &body,
                );
            }
            _ => put(header.sequence, header, &body),
        }
    }

    fn complete(&mut self, link: usize, exchange: u64) {
        let Some(mut serving) = self.connector_end(link).and_then(|end| end.finish(exchange)) else {
            return;
        };
        let mut trailer = serving.machine.complete(Digest([9; 32])).unwrap();
        if let ExchangeFrame::Trailer(Trailer::Complete(complete)) = &mut trailer {
            match serving.lie {
                Lie::Bytes => complete.bytes += 1,
                Lie::Digest => complete.digest.0[7] ^= 1,
                Lie::Fewer => complete.batches = complete.batches.saturating_sub(1),
                _ => {}
            }
        }
        if let Some(truth) = self.truth.get_mut(&(link, exchange)) {
            truth.completed += 1;
        }
        self.send(
            link,
            Side::Connector,
            Stream::Exchange(exchange),
            trailer.encode().unwrap(),
        );
        self.push(link, Side::Connector, Stream::Exchange(exchange), Piece::End);
    }

    /// The warehouse fails, perhaps in the middle of a batch.
    fn fail_midway(&mut self, link: usize, exchange: u64) {
        let fault = Fault::new(Code::WarehouseError, "57014");
        let halfway = self.random.chance(50);
        let Some(serving) = self
            .connector_end(link)
            .and_then(|end| end.exchanges.get_mut(&exchange))
        else {
            return;
        };
        if halfway
            && let Some(body) = serving.source.front().cloned()
            && let Ok(header) = serving.machine.batch(&body, u64::from(body[0]))
        {
            let stream = Stream::Batch(exchange, header.sequence);
            let half = body.slice(..body.len() / 2);
            self.send(link, Side::Connector, stream, header.encode().unwrap());
            self.send(link, Side::Connector, stream, half);
            self.push(link, Side::Connector, stream, Piece::Reset(fault.code as u64));
        }
        self.give_up(link, exchange, fault);
    }

    // ---- the end ----

    pub(crate) fn connector_gone(&mut self, link: usize) {
        self.end_connector(link, false);
    }

    pub(crate) fn end_connector(&mut self, link: usize, aloud: bool) {
        let Some(end) = self.connector_end(link) else {
            return;
        };
        let mut running = false;
        for serving in end.exchanges.values_mut() {
            serving.machine.on_cancel(Code::TunnelLost as u64);
            running |= !serving.machine.is_ended();
        }
        if running {
            self.fail("an exchange outlives its tunnel");
        }
        self.hang_up(link, Side::Connector, aloud);
        self.links[link].connector = None;
        let lane = self.links[link].lane;
        if !self.connector.down {
            let wait = self.random.millis(0, 8_000);
            self.after(wait, Event::Dial(lane));
        }
    }

    pub(crate) fn kill_connector(&mut self) {
        if self.connector.down {
            return;
        }
        self.tally.count("connector killed");
        self.connector.down = true;
        self.connector.start += 1;
        self.connector.paused = Duration::ZERO;
        for link in 0..self.links.len() {
            self.end_connector(link, false);
        }
        let wait = self.random.millis(1_000, 5_000);
        self.after(wait, Event::Restart(None));
    }
}

/// The rows of an answer: up to a dozen batches of up to a few hundred bytes, of which the first counts the rows.
fn rows(random: &mut Random) -> Vec<Bytes> {
    let batches = random.below(12);
    (0..batches)
        .map(|_| {
            let mut body = BytesMut::new();
            body.put_u8(random.between(1, 250) as u8);
            let most = if random.chance(10) { 300 } else { 60 };
            for _ in 0..random.between(1, most) {
                body.put_u8(random.next() as u8);
            }
            body.freeze()
        })
        .collect()
}
