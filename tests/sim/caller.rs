//! Callers: they ask, read at their own pace, leave, and hold what they are told against what was sent.
//!
//! An attempt that failed before anything reached its caller is made again on another tunnel, under the same deadline.

use std::time::Duration;

use bytes::Bytes;
use proto::{
    error::{Code, Fault},
    limits::DEADLINE_GRACE,
    query::fingerprint::Fingerprint,
    wire::{
        codec::Decoder,
        exchange::{Action, GatewayExchange},
        frame::{
            CallerName, Columns, Complete, ExchangeFrame, ExchangeId, Frame, Question, Request, RequestId,
        },
    },
};
use sha2::{Digest as _, Sha256};

use crate::{
    gateway::Asked,
    net::{Piece, Side, Stream},
    random::Random,
    world::{Event, Plan, Sim},
};

/// Queries on one tunnel at once.
const MOST: usize = 32;

/// Attempts at a query.
const ATTEMPTS: u32 = 4;

#[derive(Debug)]
pub(crate) struct Query {
    number: u64,
    deadline: Duration,
    /// From the first attempt on: its end at the latest.
    until: Option<Duration>,
    /// The tunnel and exchange that it runs on.
    pub(crate) on: Option<(usize, u64)>,
    attempt: u32,
    schema: Option<Bytes>,
    delivered: Vec<Bytes>,
    /// Waits for the next part.
    hungry: bool,
    /// Milliseconds that it takes over a batch.
    pace: u64,
    leaves_after: Option<Duration>,
    pub(crate) outcome: Option<&'static str>,
}

impl Query {
    pub(crate) fn new(number: u64, plan: &Plan, random: &mut Random) -> Self {
        let deadline = if plan.moody {
            random.millis(300, 30_000)
        } else {
            Duration::from_secs(300)
        };
        Self {
            number,
            deadline,
            until: None,
            on: None,
            attempt: 0,
            schema: None,
            delivered: Vec::new(),
            hungry: true,
            pace: [0, 5, 500, 3_000][random.below(4) as usize],
            leaves_after: (plan.moody && random.chance(15)).then(|| random.millis(0, 5_000)),
            outcome: None,
        }
    }
}

impl Sim {
    pub(crate) fn ask(&mut self, number: usize) {
        if self.queries[number].outcome.is_some() {
            return;
        }
        let now = self.now;
        let query = &mut self.queries[number];
        let until = match query.until {
            Some(until) => until,
            None => {
                let until = now + query.deadline + DEADLINE_GRACE;
                query.until = Some(until);
                let leaves = query.leaves_after;
                self.at(until, Event::Late(number, 0));
                if let Some(wait) = leaves {
                    self.after(wait, Event::Leaves(number));
                }
                until
            }
        };
        let Some(link) = self.choose() else {
            // A caller would be told; this one waits for a tunnel as long as it may.
            return self.after(Duration::from_millis(500), Event::Ask(number));
        };
        let query = &mut self.queries[number];
        query.attempt += 1;
        query.hungry = true;
        let Some(left) = until
            .checked_sub(now + DEADLINE_GRACE)
            .filter(|left| !left.is_zero())
        else {
            return;
        };
        let request = request(query.number, left);
        let window = self.window;
        let Some(end) = self.gateway_end(link) else { return };
        let exchange = end.next;
        end.next += 1;
        let request = Request {
            exchange: ExchangeId(exchange),
            ..request
        };
        let asked = Asked {
            query: number,
            machine: GatewayExchange::new(&request, window),
            decoder: Decoder::new(),
            listening: true,
            held: 0,
        };
        end.exchanges.insert(exchange, asked);
        self.queries[number].on = Some((link, exchange));
        let frame = ExchangeFrame::Request(Box::new(request)).encode().unwrap();
        self.send(link, Side::Gateway, Stream::Exchange(exchange), frame);
    }

    /// A tunnel that takes queries.
    fn choose(&mut self) -> Option<usize> {
        let usable: Vec<usize> = (0..self.links.len())
            .filter(|number| {
                let link = &self.links[*number];
                let node = &self.gateways[link.lane];
                let end = link.gateway.as_ref();
                end.is_some_and(|end| {
                    end.machine.is_established() && !end.draining && end.exchanges.len() < MOST
                }) && !node.down
                    && node.paused <= self.now
            })
            .collect();
        let which = self.random.below(usable.len() as u64) as usize;
        usable.get(which).copied()
    }

    /// The exchange has ended, whole or not: what is in hand is all that its caller gets, and it takes that at once.
    pub(crate) fn draws_all(&mut self, number: usize) {
        while self.queries[number].on.is_some() {
            let before = self.queries[number].delivered.len();
            self.queries[number].hungry = true;
            self.draws(number);
            let query = &self.queries[number];
            if query.on.is_some() && query.delivered.len() == before {
                self.fail("an exchange goes on although it was ended");
            }
        }
    }

    /// The caller takes what there is, if it has finished with the batch before.
    pub(crate) fn draws(&mut self, number: usize) {
        let Some((link, exchange)) = self.queries[number].on else {
            return;
        };
        while self.queries[number].hungry {
            let Some(action) = self.next_action(link, exchange) else {
                return;
            };
            self.say(|| format!("  query {number}: {action:?}"));
            match action {
                Action::Schema(schema) => {
                    if self.queries[number].schema.replace(schema).is_some() {
                        self.fail("a second schema");
                    }
                }
                Action::Batch(batch) => {
                    let query = &mut self.queries[number];
                    query.delivered.push(batch);
                    query.hungry = false;
                    let (attempt, pace) = (query.attempt, query.pace);
                    let wait = self.random.millis(0, pace);
                    self.after(wait, Event::Takes(number, attempt));
                }
                Action::SendCredit(credit) => {
                    let frame = ExchangeFrame::Credit(credit).encode().unwrap();
                    self.send(link, Side::Gateway, Stream::Exchange(exchange), frame);
                }
                Action::Complete(complete) => {
                    self.push(link, Side::Gateway, Stream::Exchange(exchange), Piece::End);
                    self.check(number, &complete);
                    return self.conclude(number, Ok(()));
                }
                Action::Fail { fault, abort } => {
                    let (code, stream) = (abort.unwrap_or(fault.code) as u64, Stream::Exchange(exchange));
                    self.push(link, Side::Gateway, stream, Piece::Reset(code));
                    self.refuse(link, Side::Gateway, stream, code);
                    return self.conclude(number, Err(fault));
                }
            }
        }
    }

    pub(crate) fn takes(&mut self, number: usize, attempt: u32) {
        let query = &mut self.queries[number];
        if query.attempt != attempt || query.outcome.is_some() {
            return;
        }
        query.hungry = true;
        if let Some((link, exchange)) = query.on {
            self.tell(link, exchange, |asked| {
                asked.machine.on_consumed();
                asked.held = asked.held.saturating_sub(1);
            });
        }
    }

    pub(crate) fn late(&mut self, number: usize, _: u32) {
        self.ends(number, Code::DeadlineExceeded, GatewayExchange::on_deadline);
    }

    pub(crate) fn leaves(&mut self, number: usize) {
        self.ends(number, Code::Cancelled, GatewayExchange::on_cancel);
    }

    fn ends(&mut self, number: usize, code: Code, event: impl FnOnce(&mut GatewayExchange)) {
        let query = &mut self.queries[number];
        if query.outcome.is_some() {
            return;
        }
        // Nothing that fails from here on is tried again.
        query.attempt = ATTEMPTS;
        match query.on {
            Some((link, exchange)) => {
                self.tell(link, exchange, |asked| event(&mut asked.machine));
                self.draws_all(number);
            }
            None => self.conclude(number, Err(Fault::new(code, "no tunnel"))),
        }
    }

    /// The node was killed under its caller.
    pub(crate) fn caller_lost(&mut self, number: usize) {
        self.queries[number].attempt = ATTEMPTS;
        self.queries[number].on = None;
        self.conclude(number, Err(Fault::new(Code::TunnelLost, "the node is gone")));
    }

    fn conclude(&mut self, number: usize, result: Result<(), Fault>) {
        let on = self.queries[number].on.take();
        if let Some((link, exchange)) = on {
            let ended = self
                .gateway_end(link)
                .and_then(|end| end.exchanges.remove(&exchange));
            if ended.is_some_and(|mut asked| !asked.machine.is_ended() || asked.machine.poll().is_some()) {
                self.fail("an exchange acts after its end");
            }
        }
        let query = &mut self.queries[number];
        if query.outcome.is_some() {
            self.fail("a caller is told twice");
        }
        let untouched = query.schema.is_none() && query.attempt < ATTEMPTS;
        let outcome = match result {
            Err(fault) if untouched && fault.code == Code::TunnelLost => {
                self.tally.count("retried");
                self.at(self.now, Event::Ask(number));
                None
            }
            Ok(()) => {
                if query.attempt > 1 {
                    self.tally.count("complete after a retry");
                }
                Some("complete")
            }
            Err(fault) => {
                if fault.code == Code::ProtocolViolation {
                    self.accused(&fault);
                }
                Some(fault.code.name())
            }
        };
        if let Some(outcome) = outcome {
            let query = &mut self.queries[number];
            query.outcome = Some(outcome);
            if query.until.is_some_and(|until| self.now > until + self.paused) {
                self.fail("a query outlives its deadline and the grace");
            }
            self.tally.count(outcome);
        }
        if let Some((link, _)) = on {
            self.end_if_idle(link);
        }
    }

    /// What is called complete is exactly what one attempt was given by its warehouse, once.
    fn check(&self, number: usize, complete: &Complete) {
        let query = &self.queries[number];
        let sent = query.on.and_then(|on| self.truth.get(&on));
        let Some(sent) = sent else {
            self.fail("complete, and nobody answered")
        };
        let mut hash = Sha256::new();
        hash.update(&sent.schema);
        sent.batches.iter().for_each(|batch| hash.update(batch));
        let digest: [u8; 32] = hash.finalize().into();
        let bytes: usize = sent.schema.len() + sent.batches.iter().map(Bytes::len).sum::<usize>();
        let rows: u64 = sent.batches.iter().map(|batch| u64::from(batch[0])).sum();
        let right = [
            ("it was void", !sent.void),
            ("the connector did not complete it once", sent.completed == 1),
            ("another schema", query.schema.as_ref() == Some(&sent.schema)),
            ("other rows", query.delivered == sent.batches),
            (
                "another count of batches",
                complete.batches as usize == sent.batches.len(),
            ),
            ("another count of rows", complete.rows == rows),
            ("another count of bytes", complete.bytes == bytes as u64),
            ("another digest", complete.digest.0 == digest),
        ];
        if let Some((what, _)) = right.iter().find(|(_, right)| !right) {
            self.fail(&format!("query {number} is called complete, and {what}"));
        }
    }
}

fn request(number: u64, deadline: Duration) -> Request {
    Request {
        exchange: ExchangeId(0),
        request_id: RequestId([number as u8; 16]),
        source: "warehouse".parse().unwrap(),
        question: Question::Catalogued {
            name: "read.dbt_models".parse().unwrap(),
            columns: Columns::new(Vec::new()),
        },
        fingerprint: Fingerprint::from_bytes(&[6; 32]).unwrap(),
        parameters: Vec::new(),
        deadline,
        max_rows: None,
        max_bytes: None,
        caller: CallerName::new("ops").unwrap(),
    }
}
