//! The gateway's end of a tunnel, driven as its session does: sockets are [`net`](crate::net), the rest are the machines.
//!
//! Checked here: nothing follows a close; an honest connector is never accused; the window holds.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use proto::{
    error::{Code, Fault},
    wire::{
        codec::{BatchReader, Decoder},
        exchange::{Action, GatewayExchange, probe_reply},
        frame::{ControlFrame, ExchangeFrame, Frame, Nodes, Probe, Trust, Version},
        session::{GatewayAction, GatewayIntroduction, GatewaySession},
    },
};

use crate::{
    net::{Piece, Side, Stream},
    world::{Event, Sim},
};

/// What a node that leaves gives its queries.
const GRACE: Duration = Duration::from_secs(30);

/// A query on this tunnel.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) query: usize,
    pub(crate) machine: GatewayExchange,
    pub(crate) decoder: Decoder<ExchangeFrame>,
    pub(crate) listening: bool,
    /// Batches that were announced and not yet taken.
    pub(crate) held: u64,
}

/// The stream of one batch.
#[derive(Debug, Default)]
struct Reading {
    reader: Option<BatchReader>,
    refused: bool,
}

#[derive(Debug)]
pub(crate) struct GatewayEnd {
    pub(crate) machine: GatewaySession,
    pub(crate) exchanges: BTreeMap<u64, Asked>,
    pub(crate) next: u64,
    pub(crate) draining: bool,
    control: Decoder<ControlFrame>,
    readings: BTreeMap<Stream, Reading>,
    probes: BTreeMap<u64, Decoder<ExchangeFrame>>,
    timer: Option<Duration>,
    request: Option<Bytes>,
    roots: u64,
}

impl Sim {
    pub(crate) fn begin_gateway(&mut self, link: usize) {
        let introduction = GatewayIntroduction {
            node: format!("node-{}", self.links[link].lane).parse().unwrap(),
            version: Version::new("0.0.0").unwrap(),
            tunnel: link as u64,
            nodes: Nodes::default(),
        };
        self.links[link].gateway = Some(GatewayEnd {
            machine: GatewaySession::accept(introduction, self.clock()),
            exchanges: BTreeMap::new(),
            next: 1,
            draining: false,
            control: Decoder::expecting_hello(),
            readings: BTreeMap::new(),
            probes: BTreeMap::new(),
            timer: None,
            request: None,
            roots: 0,
        });
        self.gateway_acts(link);
    }

    pub(crate) fn gateway_end(&mut self, link: usize) -> Option<&mut GatewayEnd> {
        self.links.get_mut(link)?.gateway.as_mut()
    }

    /// Does what the session's machine says, and notes when it wants to be called.
    fn gateway_acts(&mut self, link: usize) {
        while let Some(action) = self.gateway_end(link).and_then(|end| end.machine.poll()) {
            self.say(|| format!("  gateway {link}: {action:?}"));
            match action {
                GatewayAction::Decide { .. } => {
                    let slow = self.random.chance(1) && self.plan.moody;
                    let wait = if slow {
                        Duration::from_secs(6)
                    } else {
                        self.random.millis(0, 50)
                    };
                    self.after(wait, Event::Decided(link));
                }
                GatewayAction::Send(frame) => {
                    let bytes = frame.encode().unwrap();
                    self.send(link, Side::Gateway, Stream::Control, bytes);
                }
                GatewayAction::Established { .. } => self.gateway_established(link),
                GatewayAction::SendProbe => self.probe(link),
                GatewayAction::Renew(request) => {
                    if let Some(end) = self.gateway_end(link) {
                        end.request = Some(request);
                    }
                    let wait = self.random.millis(1, 8_000);
                    self.after(wait, Event::Issued(link));
                }
                GatewayAction::Trusted(_) => self.tally.count("trusted"),
                GatewayAction::SourcesChanged(_) => self.tally.count("reloaded"),
                GatewayAction::Schema(_) | GatewayAction::OffersChanged(_) => {}
                GatewayAction::Close(fault) => {
                    if self
                        .gateway_end(link)
                        .is_some_and(|end| end.machine.poll().is_some())
                    {
                        self.fail("the gateway acts after its close");
                    }
                    self.accused(&fault);
                    return self.end_gateway(link, true);
                }
            }
        }
        let Some(deadline) = self.gateway_end(link).and_then(|end| end.machine.deadline()) else {
            return;
        };
        let at = self.time_of(deadline);
        if self
            .gateway_end(link)
            .is_some_and(|end| end.timer.replace(at) != Some(at))
        {
            self.at(at, Event::Timer(link, Side::Gateway));
        }
    }

    /// Two honest ends meet nothing but time.
    pub(crate) fn accused(&mut self, fault: &Fault) {
        if fault.code == Code::ProtocolViolation && fault.detail != "no Hello in time" && !self.plan.lies {
            self.fail(&format!("an honest peer is accused: {fault}"));
        }
    }

    fn gateway_established(&mut self, link: usize) {
        self.tally.count("established");
        let (lane, start) = (self.links[link].lane, self.links[link].start);
        for older in 0..link {
            if self.links[older].lane != lane || self.gateway_end(older).is_none() {
                continue;
            }
            if self.links[older].start == start {
                self.drain_link(older, Duration::from_secs(600));
            } else {
                // Of a start of the connector that is over.
                self.end_gateway(older, true);
            }
        }
        if self.gateways[lane].leaving {
            self.drain_link(link, GRACE);
        }
    }

    pub(crate) fn gateway_timer(&mut self, link: usize) {
        let now = self.clock();
        if let Some(end) = self.gateway_end(link) {
            end.machine.on_timer(now);
            end.timer = None;
        }
        self.gateway_acts(link);
    }

    pub(crate) fn decided(&mut self, link: usize) {
        let (now, refused) = (self.clock(), self.random.chance(2) && self.plan.moody);
        let Some(end) = self.gateway_end(link) else { return };
        if refused {
            end.machine.refuse(Fault::new(Code::Overloaded, "full"));
        } else {
            end.machine.admit(now);
        }
        self.gateway_acts(link);
    }

    pub(crate) fn issued(&mut self, link: usize) {
        let refused = self.random.chance(30);
        let Some(end) = self.gateway_end(link) else { return };
        let Some(request) = end.request.take() else { return };
        let outcome = match refused {
            true => Err(Fault::new(Code::Overloaded, "the authority is busy")),
            false => Ok(format!("chain for {request:?}")),
        };
        end.machine.renewed(outcome);
        self.gateway_acts(link);
    }

    /// The roots were replaced: every node tells every tunnel.
    pub(crate) fn new_roots(&mut self) {
        for link in 0..self.links.len() {
            let Some(end) = self.gateway_end(link) else {
                continue;
            };
            end.roots += 1;
            let bundle = end.roots.to_string();
            end.machine.trust(Trust {
                bundle,
                links: String::new(),
            });
            self.gateway_acts(link);
        }
        if !self.stopping {
            let wait = self.random.millis(500, 10_000);
            self.after(wait, Event::NewRoots);
        }
    }

    fn probe(&mut self, link: usize) {
        let now = self.clock().unix_ms;
        let Some(end) = self.gateway_end(link) else { return };
        let number = end.next;
        end.next += 1;
        end.probes.insert(number, Decoder::new());
        let frame = ExchangeFrame::Probe(Probe { unix_time_ms: now });
        self.send(
            link,
            Side::Gateway,
            Stream::Probe(number),
            frame.encode().unwrap(),
        );
    }

    // ---- what arrives ----

    pub(crate) fn gateway_hears(&mut self, link: usize, stream: Stream, piece: Piece) {
        match stream {
            Stream::Control => {
                let now = self.clock();
                let Some(end) = self.gateway_end(link) else { return };
                match piece {
                    Piece::Bytes(mut bytes) => loop {
                        match end.control.decode(&mut bytes) {
                            Ok(Some(frame)) => end.machine.on_frame(frame, now),
                            Ok(None) => break,
                            Err(error) => break end.machine.on_fault(error.into()),
                        }
                    },
                    Piece::End | Piece::Reset(_) => end.machine.on_stream_end(),
                }
                self.gateway_acts(link);
            }
            Stream::Probe(number) => self.probe_answered(link, number, piece),
            Stream::Exchange(exchange) => {
                self.tell(link, exchange, |asked| match piece {
                    Piece::Bytes(mut bytes) => loop {
                        match asked.decoder.decode(&mut bytes) {
                            Ok(Some(frame)) => asked.machine.on_frame(frame),
                            Ok(None) => break,
                            Err(error) => break asked.machine.on_fault(error.into()),
                        }
                    },
                    Piece::End => {
                        asked.listening = false;
                        asked.machine.on_stream_end();
                    }
                    Piece::Reset(code) => {
                        asked.listening = false;
                        asked.machine.on_reset(code);
                    }
                });
            }
            Stream::Batch(..) => self.batch_arrives(link, stream, piece),
        }
    }

    fn probe_answered(&mut self, link: usize, number: u64, piece: Piece) {
        let now = self.clock();
        let Some(end) = self.gateway_end(link) else { return };
        let Piece::Bytes(mut bytes) = piece else { return };
        let Some(decoder) = end.probes.get_mut(&number) else {
            return;
        };
        match decoder.decode(&mut bytes) {
            Ok(Some(frame)) => {
                match probe_reply(frame) {
                    Ok(_) => drop(end.machine.on_probe_reply(now)),
                    Err(fault) => end.machine.on_fault(fault),
                }
                end.probes.remove(&number);
            }
            Ok(None) => {}
            Err(error) => end.machine.on_fault(error.into()),
        }
        self.gateway_acts(link);
    }

    fn batch_arrives(&mut self, link: usize, stream: Stream, piece: Piece) {
        let Some(end) = self.gateway_end(link) else { return };
        let reading = end.readings.entry(stream).or_default();
        if reading.refused {
            return;
        }
        let mut reader = reading.reader.take().unwrap_or_default();
        let known = reader.header();
        match piece {
            Piece::Bytes(bytes) => {
                let pushed = reader.push(bytes);
                let header = reader.header();
                reading.reader = Some(reader);
                let Some(header) = header else {
                    if let Err(error) = pushed {
                        end.machine.on_fault(error.into());
                        self.gateway_acts(link);
                    }
                    return;
                };
                let exchange = header.exchange.0;
                // Of an exchange that has just ended: nobody's fault.
                let mut over = !end.exchanges.contains_key(&exchange);
                self.tell(link, exchange, |asked| {
                    if known.is_none() {
                        asked.machine.on_batch_header(header);
                        asked.held += u64::from(!asked.machine.is_ended());
                    }
                    if let Err(error) = pushed {
                        asked.machine.on_fault(error.into());
                    }
                    over = asked.machine.is_ended();
                });
                if over {
                    if let Some(reading) = self
                        .gateway_end(link)
                        .and_then(|end| end.readings.get_mut(&stream))
                    {
                        reading.refused = true;
                    }
                    self.refuse(link, Side::Gateway, stream, Code::Cancelled as u64);
                }
            }
            Piece::End => match (known, reader.finish()) {
                (_, Ok((header, body))) => {
                    // A batch says its rows itself: what a reader of Arrow would find.
                    let rows = body.first().copied().map_or(0, u64::from);
                    self.tell(link, header.exchange.0, |asked| {
                        asked.machine.on_batch(header.sequence, body, rows);
                    });
                }
                (Some(header), Err(error)) => {
                    self.tell(link, header.exchange.0, |asked| {
                        asked.machine.on_fault(error.into())
                    });
                }
                (None, Err(error)) => {
                    end.machine.on_fault(error.into());
                    self.gateway_acts(link);
                }
            },
            Piece::Reset(code) => {
                if let Some(header) = known {
                    self.tell(link, header.exchange.0, |asked| {
                        asked.machine.on_batch_reset(code)
                    });
                }
            }
        }
    }

    /// The connector takes no more of a stream.
    pub(crate) fn gateway_stopped(&mut self, link: usize, stream: Stream, code: u64) {
        if let Stream::Exchange(exchange) = stream {
            self.tell(link, exchange, |asked| {
                if !asked.listening {
                    asked.machine.on_reset(code);
                }
            });
        }
    }

    /// Tells the machine of an exchange something; its caller then draws what it can.
    pub(crate) fn tell(&mut self, link: usize, exchange: u64, event: impl FnOnce(&mut Asked)) {
        let window = self.window;
        let Some(asked) = self
            .gateway_end(link)
            .and_then(|end| end.exchanges.get_mut(&exchange))
        else {
            return;
        };
        event(asked);
        let (query, held, bytes) = (asked.query, asked.held, asked.machine.outstanding_bytes());
        if !asked.machine.is_ended() && (held > u64::from(window.batches) || bytes > window.bytes && held > 1)
        {
            self.fail(&format!(
                "{held} batches of {bytes} bytes are held with {window:?}"
            ));
        }
        self.draws(query);
    }

    /// The next thing that the exchange wants done.
    pub(crate) fn next_action(&mut self, link: usize, exchange: u64) -> Option<Action> {
        self.gateway_end(link)?
            .exchanges
            .get_mut(&exchange)?
            .machine
            .poll()
    }

    // ---- the end ----

    /// The connection is gone from under the gateway's end, without a word of its own.
    pub(crate) fn gateway_gone(&mut self, link: usize) {
        self.end_gateway(link, false);
    }

    pub(crate) fn end_gateway(&mut self, link: usize, aloud: bool) {
        let Some(end) = self.gateway_end(link) else { return };
        for asked in end.exchanges.values_mut() {
            asked.machine.on_tunnel_lost();
        }
        let queries: Vec<_> = end.exchanges.values().map(|asked| asked.query).collect();
        self.hang_up(link, Side::Gateway, aloud);
        for query in queries {
            self.draws_all(query);
        }
        self.links[link].gateway = None;
    }

    pub(crate) fn evict(&mut self, link: usize) {
        self.end_gateway(link, true);
    }

    pub(crate) fn drain(&mut self, lane: usize) {
        if self.gateways[lane].down || self.gateways[lane].leaving {
            return;
        }
        self.tally.count("drained");
        self.gateways[lane].leaving = true;
        self.all_of(lane, |sim, link| sim.drain_link(link, GRACE));
        self.after(GRACE, Event::LeaveNode(lane));
    }

    fn drain_link(&mut self, link: usize, grace: Duration) {
        let Some(end) = self.gateway_end(link) else { return };
        end.machine.drain(grace);
        end.draining = true;
        self.gateway_acts(link);
        self.end_if_idle(link);
    }

    /// A tunnel that drains ends with its last query.
    pub(crate) fn end_if_idle(&mut self, link: usize) {
        let idle = |end: &mut GatewayEnd| end.draining && end.exchanges.is_empty();
        if self.gateway_end(link).is_some_and(idle) {
            self.end_gateway(link, true);
        }
    }

    pub(crate) fn kill_gateway(&mut self, lane: usize, how: &'static str) {
        let node = &mut self.gateways[lane];
        if node.down || (how == "left" && !node.leaving) {
            return;
        }
        node.down = true;
        node.paused = Duration::ZERO;
        let killed = how == "killed";
        self.tally
            .count(if killed { "gateway killed" } else { "gateway left" });
        for link in 0..self.links.len() {
            if self.links[link].lane != lane || self.gateway_end(link).is_none() {
                continue;
            }
            if killed {
                let asked = self
                    .gateway_end(link)
                    .map(|end| std::mem::take(&mut end.exchanges));
                self.hang_up(link, Side::Gateway, false);
                self.links[link].gateway = None;
                for asked in asked.into_iter().flat_map(BTreeMap::into_values) {
                    self.caller_lost(asked.query);
                }
                // A node that is back answers what it does not know with a reset.
                if self.random.chance(50) {
                    let wait = self.random.millis(1_000, 8_000);
                    self.after(wait, Event::Gone(link, Side::Connector));
                }
            } else {
                self.end_gateway(link, true);
            }
        }
        let wait = self.random.millis(1_000, 5_000);
        self.after(wait, Event::Restart(Some(lane)));
    }
}
