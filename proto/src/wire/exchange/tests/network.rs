//! Both machines over a network in which every stream is its own queue, and a schedule decides which of them moves next:
//! batches overtake each other and the header, the trailer overtakes batches, credit is late, anything can be reset.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

/// What goes wrong, once, at some step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Nothing,
    CallerLeaves,
    DeadlinePasses,
    WarehouseFails,
    TunnelBreaks,
    StreamResets,
    StreamEnds,
    BatchResets,
    BatchIsLost,
    BatchIsDamaged,
    BatchComesTwice,
    BatchLosesRows,
}

const TROUBLES: [Trouble; 12] = [
    Trouble::Nothing,
    Trouble::CallerLeaves,
    Trouble::DeadlinePasses,
    Trouble::WarehouseFails,
    Trouble::TunnelBreaks,
    Trouble::StreamResets,
    Trouble::StreamEnds,
    Trouble::BatchResets,
    Trouble::BatchIsLost,
    Trouble::BatchIsDamaged,
    Trouble::BatchComesTwice,
    Trouble::BatchLosesRows,
];

/// A piece of the stream of one batch.
#[derive(Debug, Clone)]
enum Piece {
    Head(BatchHeader),
    Body(u32, Bytes, u64),
    Reset(u64),
}

#[derive(Debug)]
enum Downstream {
    Frame(ExchangeFrame),
    End,
    Reset(u64),
}

/// One step that the schedule may choose.
#[derive(Debug, Clone, Copy)]
enum Move {
    ConnectorSends,
    FrameArrives,
    CreditArrives,
    PieceArrives(usize),
    CallerTakes,
}

struct World {
    window: Window,
    connector: ConnectorExchange,
    gateway: GatewayExchange,
    /// Batches that the warehouse still has.
    source: VecDeque<Bytes>,
    begun: bool,
    finished: bool,
    down: VecDeque<Downstream>,
    up: VecDeque<ExchangeFrame>,
    batches: Vec<VecDeque<Piece>>,
    /// Handed to the caller's queue and not yet taken.
    queue: usize,
    /// Announced to the gateway and not yet taken.
    outstanding: u32,
    delivered: Vec<Bytes>,
    schema: Option<Bytes>,
    outcome: Option<Result<Complete, Fault>>,
}

impl World {
    fn new(source: &[Bytes], window: Window) -> Self {
        let request = Request {
            max_rows: None,
            max_bytes: None,
            ..samples::request()
        };
        let mut connector = ConnectorExchange::new(window);
        let gateway = GatewayExchange::new(&request, window);
        let start = connector.on_frame(ExchangeFrame::Request(Box::new(request.clone())));
        assert_eq!(start, Ok(Incoming::Start(Box::new(request))));
        World {
            window,
            connector,
            gateway,
            source: source.iter().cloned().collect(),
            begun: false,
            finished: false,
            down: VecDeque::new(),
            up: VecDeque::new(),
            batches: Vec::new(),
            queue: 0,
            outstanding: 0,
            delivered: Vec::new(),
            schema: None,
            outcome: None,
        }
    }

    fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        let may_send = match self.source.front() {
            Some(batch) => !self.begun || self.connector.has_room(batch.len()),
            None => true,
        };
        if !self.finished && may_send {
            moves.push(Move::ConnectorSends);
        }
        if !self.down.is_empty() {
            moves.push(Move::FrameArrives);
        }
        if !self.up.is_empty() {
            moves.push(Move::CreditArrives);
        }
        let with_pieces = self
            .batches
            .iter()
            .enumerate()
            .filter(|(_, pieces)| !pieces.is_empty());
        moves.extend(with_pieces.map(|(stream, _)| Move::PieceArrives(stream)));
        if self.queue > 0 {
            moves.push(Move::CallerTakes);
        }
        moves
    }

    fn step(&mut self, step: Move) {
        match step {
            Move::ConnectorSends => self.connector_sends(),
            Move::FrameArrives => match self.down.pop_front().unwrap() {
                Downstream::Frame(frame) => self.gateway.on_frame(frame),
                Downstream::End => self.gateway.on_stream_end(),
                Downstream::Reset(number) => self.gateway.on_reset(number),
            },
            Move::CreditArrives => {
                let frame = self.up.pop_front().unwrap();
                assert_eq!(self.connector.on_frame(frame), Ok(Incoming::Credited));
            }
            Move::PieceArrives(stream) => match self.batches[stream].pop_front().unwrap() {
                Piece::Head(header) => {
                    self.outstanding += 1;
                    self.gateway.on_batch_header(header);
                }
                Piece::Body(sequence, body, rows) => self.gateway.on_batch(sequence, body, rows),
                Piece::Reset(number) => self.gateway.on_batch_reset(number),
            },
            Move::CallerTakes => {
                self.queue -= 1;
                self.outstanding -= 1;
                self.gateway.on_consumed();
            }
        }
        self.act();
    }

    fn connector_sends(&mut self) {
        if self.connector.is_ended() {
            self.finished = true;
            return;
        }
        let frame = if !self.begun {
            self.begun = true;
            self.connector.header(Bytes::from_static(b"schema")).unwrap()
        } else if let Some(batch) = self.source.pop_front() {
            let rows = batch.len() as u64;
            let header = self.connector.batch(&batch, rows).unwrap();
            let pieces = [Piece::Head(header), Piece::Body(header.sequence, batch, rows)];
            self.batches.push(pieces.into());
            return;
        } else {
            self.finished = true;
            self.connector.complete(Digest([1; 32])).unwrap()
        };
        self.down.push_back(Downstream::Frame(frame));
        if self.finished {
            self.down.push_back(Downstream::End);
        }
    }

    /// Does what the gateway's machine says, and checks what must hold at every moment.
    fn act(&mut self) {
        while let Some(action) = self.gateway.poll() {
            assert!(self.outcome.is_none(), "{action:?} after the end");
            match action {
                Action::Schema(schema) => {
                    assert!(self.delivered.is_empty());
                    assert_eq!(self.schema.replace(schema), None);
                }
                Action::Batch(batch) => {
                    assert!(self.schema.is_some(), "a batch before the schema");
                    self.delivered.push(batch);
                    self.queue += 1;
                }
                Action::SendCredit(credit) => self.up.push_back(ExchangeFrame::Credit(credit)),
                Action::Complete(complete) => self.outcome = Some(Ok(complete)),
                Action::Fail { fault, abort } => {
                    if let Some(code) = abort {
                        self.connector.on_cancel(code as u64);
                    }
                    self.outcome = Some(Err(fault));
                }
            }
        }
        assert_eq!(self.gateway.is_ended(), self.outcome.is_some());
        if self.gateway.is_ended() {
            return;
        }
        let held = self.gateway.outstanding_bytes();
        assert!(self.outstanding <= self.window.batches);
        assert!(
            held <= self.window.bytes || self.outstanding == 1,
            "{held} bytes in {} batches are held with {:?}",
            self.outstanding,
            self.window
        );
    }

    fn trouble(&mut self, trouble: Trouble, which: usize) {
        let running = self.batches.iter().filter(|pieces| !pieces.is_empty()).count();
        let stream = self
            .batches
            .iter_mut()
            .filter(|pieces| !pieces.is_empty())
            .nth(which % running.max(1));
        match (trouble, stream) {
            (Trouble::CallerLeaves, _) => self.gateway.on_cancel(),
            (Trouble::DeadlinePasses, _) => self.gateway.on_deadline(),
            (Trouble::TunnelBreaks, _) => {
                self.gateway.on_tunnel_lost();
                self.connector.on_cancel(Code::TunnelLost as u64);
                self.finished = true;
                self.down.clear();
                self.up.clear();
                self.batches.clear();
            }
            (Trouble::WarehouseFails, _) => {
                if let Some(frame) = self.connector.fail(Fault::new(Code::WarehouseError, "57014")) {
                    self.down.extend([Downstream::Frame(frame), Downstream::End]);
                }
                self.finished = true;
            }
            (Trouble::StreamResets, _) => {
                self.finished = true;
                self.down = VecDeque::from([Downstream::Reset(Code::Overloaded as u64)]);
            }
            (Trouble::StreamEnds, _) => {
                self.finished = true;
                self.down = VecDeque::from([Downstream::End]);
            }
            (Trouble::BatchResets, Some(pieces)) => *pieces = VecDeque::from([Piece::Reset(16)]),
            (Trouble::BatchIsLost, Some(pieces)) => pieces.clear(),
            (Trouble::BatchIsDamaged, Some(pieces)) => {
                for piece in pieces {
                    if let Piece::Body(_, body, _) = piece {
                        let mut damaged = body.to_vec();
                        damaged[0] ^= 1;
                        *body = damaged.into();
                    }
                }
            }
            (Trouble::BatchComesTwice, Some(pieces)) => {
                let copy: VecDeque<_> = pieces
                    .iter()
                    .filter(|p| matches!(p, Piece::Head(_)))
                    .cloned()
                    .collect();
                self.batches.push(copy);
            }
            (Trouble::BatchLosesRows, Some(pieces)) => {
                for piece in pieces {
                    if let Piece::Body(_, _, rows) = piece {
                        *rows -= 1;
                    }
                }
            }
            _ => {}
        }
        self.act();
    }
}

fn source() -> impl Strategy<Value = Vec<Bytes>> {
    prop::collection::vec(
        prop::collection::vec(any::<u8>(), 1..150).prop_map(Bytes::from),
        0..12,
    )
}

fn windows() -> impl Strategy<Value = Window> {
    (1_u32..6, 1_u64..400).prop_map(|(batches, bytes)| Window { batches, bytes })
}

/// Runs until nothing can move, or the step bound that no run may reach.
fn run(world: &mut World, schedule: &[u16], trouble: Trouble, when: usize, which: usize) {
    for step in 0..10_000 {
        if step == when {
            world.trouble(trouble, which);
        }
        let moves = world.moves();
        // Past the schedule the last possible move: the trailer and late batches before more is sent.
        let choice = schedule.get(step).map_or(moves.len().saturating_sub(1), |c| {
            usize::from(*c) % moves.len().max(1)
        });
        match moves.get(choice) {
            Some(next) => world.step(*next),
            None if step < when => {}
            None => return,
        }
    }
    panic!("the two ends never come to rest");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_undisturbed_result_arrives_whole_and_in_order_whatever_overtakes_what(
        batches in source(), window in windows(), schedule in prop::collection::vec(any::<u16>(), 0..120)
    ) {
        let mut world = World::new(&batches, window);
        run(&mut world, &schedule, Trouble::Nothing, 0, 0);
        let complete = world.outcome.expect("ends").expect("is whole");
        prop_assert_eq!(complete.batches as usize, batches.len());
        prop_assert_eq!(world.delivered, batches);
        prop_assert_eq!(world.gateway.outstanding_bytes(), 0);
        prop_assert!(world.connector.is_ended());
    }

    #[test]
    fn a_disturbed_result_is_whole_or_void_and_never_in_between(
        batches in source(), window in windows(), schedule in prop::collection::vec(any::<u16>(), 0..120),
        trouble in proptest::sample::select(&TROUBLES[..]), when in 0_usize..80, which in any::<usize>()
    ) {
        let mut world = World::new(&batches, window);
        run(&mut world, &schedule, trouble, when, which);
        prop_assert!(batches.starts_with(&world.delivered) || trouble == Trouble::BatchIsDamaged);
        match &world.outcome {
            Some(Ok(complete)) => {
                prop_assert_eq!(&world.delivered, &batches);
                prop_assert_eq!(complete.rows, batches.iter().map(|b| b.len() as u64).sum::<u64>());
            }
            Some(Err(fault)) => prop_assert_ne!(trouble, Trouble::Nothing, "{}", fault),
            // Only silence leaves it open: then the deadline ends it.
            None => {
                prop_assert!(matches!(trouble, Trouble::BatchIsLost | Trouble::BatchResets), "{:?}", trouble);
                world.gateway.on_deadline();
                world.act();
                prop_assert!(matches!(&world.outcome, Some(Err(_))));
            }
        }
    }
}

#[test]
fn a_reset_at_every_step_voids_the_result_or_comes_too_late() {
    let batches: Vec<Bytes> = (1..8).map(|n| body(n, n * 10)).collect();
    for trouble in TROUBLES {
        let (mut whole, mut void) = (0, 0);
        for when in 0..60 {
            let mut world = World::new(&batches, SMALL);
            run(&mut world, &[], trouble, when, 0);
            match world.outcome {
                Some(Ok(_)) => {
                    whole += 1;
                    assert_eq!(world.delivered, batches);
                }
                _ => void += 1,
            }
        }
        assert!(whole > 0, "{trouble:?} comes too late at some step");
        assert_eq!(
            void == 0,
            trouble == Trouble::Nothing,
            "{trouble:?} voids the result at some step"
        );
    }
}
