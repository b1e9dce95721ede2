//! The world of one run: time, the queue of events, nodes, tunnels, faults, and what must hold at the end.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    time::{Duration, Instant},
};

use proto::wire::{exchange::Window, session::Now};

use crate::{
    caller::Query,
    connector::{ConnectorEnd, Truth},
    gateway::GatewayEnd,
    net::{self, Path, Piece, Pipe, SILENCE, Side, Stream},
    random::Random,
};

/// Gateway nodes, each with a tunnel.
pub(crate) const LANES: usize = 2;

/// A run that has not ended by then never ends.
const LATEST: Duration = Duration::from_secs(3600);

/// Events of a run at the most: the longest honest one has a tenth.
const MOST_STEPS: u64 = 200_000;

/// Within this time of the last fault every node has a tunnel again: the silence until a half-open tunnel is noticed at
/// either end, and the longest wait before it is dialled again, with the handshakes.
const BACK_WITHIN: Duration = Duration::from_secs(120);

/// Beyond that a hand-over that began just then may take: two handshakes at the worst of paths.
const LATEST_BACK: Duration = Duration::from_secs(40);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    KillGateway(usize),
    KillConnector,
    /// Nothing arrives at this side for so long.
    Block(usize, Side, Duration),
    /// The tunnels of a lane die without a word to either end, as behind a NAT that forgot them.
    Cut(usize),
    Pause(Option<usize>, Duration),
    Drain(usize),
    /// The gateway ends the tunnels of a lane, as for a revoked identity.
    Evict(usize),
}

impl Fault {
    pub(crate) const AT_ANY_STEP: [Self; 8] = [
        Self::KillGateway(0),
        Self::KillConnector,
        Self::Block(0, Side::Gateway, Duration::from_secs(60)),
        Self::Block(0, Side::Connector, Duration::from_secs(60)),
        Self::Cut(0),
        Self::Pause(Some(0), Duration::from_secs(30)),
        Self::Drain(0),
        Self::Evict(0),
    ];

    fn random(random: &mut Random) -> Self {
        let lane = random.below(LANES as u64) as usize;
        let side = if random.chance(50) {
            Side::Gateway
        } else {
            Side::Connector
        };
        match random.below(8) {
            0 => Self::KillGateway(lane),
            1 => Self::KillConnector,
            2 | 3 => Self::Block(lane, side, random.millis(100, 90_000)),
            4 => Self::Cut(lane),
            5 => Self::Pause(random.chance(50).then_some(lane), random.millis(100, 40_000)),
            6 => Self::Drain(lane),
            _ => Self::Evict(lane),
        }
    }
}

/// What happens when.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Dial(usize),
    HandshakeDone(usize, u64),
    Arrives(usize, Side, Stream, u64),
    /// The other end wants no more of the stream.
    Stopped(usize, Side, Stream, u64),
    Timer(usize, Side),
    /// The transport of this side has noticed the end.
    Gone(usize, Side),
    Decided(usize),
    Issued(usize),
    Produce(usize, u64),
    WarehouseDeadline(usize, u64),
    Ask(usize),
    Takes(usize, u32),
    Leaves(usize),
    Late(usize, u32),
    Renew(usize),
    Reload,
    NewRoots,
    Fault(Fault),
    Restart(Option<usize>),
    LeaveNode(usize),
    Stop,
}

/// What a seed decides in advance.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    queries: u64,
    faults: u64,
    /// Whether some answers are false.
    pub(crate) lies: bool,
    /// Whether callers leave, warehouses fail and stall.
    pub(crate) moody: bool,
    pub(crate) at_step: Option<(u64, Fault)>,
}

impl Plan {
    pub(crate) fn calm(seed: u64) -> Self {
        Self {
            seed,
            queries: 6,
            faults: 0,
            lies: false,
            moody: false,
            at_step: None,
        }
    }

    pub(crate) fn stormy(seed: u64) -> Self {
        Self {
            faults: 1 + seed % 4,
            moody: true,
            queries: 10,
            ..Self::calm(seed)
        }
    }

    pub(crate) fn lying(seed: u64) -> Self {
        Self {
            lies: true,
            faults: seed % 2,
            ..Self::calm(seed)
        }
    }

    pub(crate) fn short(seed: u64) -> Self {
        Self {
            queries: 3,
            ..Self::calm(seed)
        }
    }
}

/// How often what was seen.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    pub(crate) fn count(&mut self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    pub(crate) fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (name, times) in &other.0 {
            *self.0.entry(name).or_default() += times;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(name, times)| write!(f, "{name}: {times}; "))
    }
}

/// A process.
#[derive(Debug, Default)]
pub(crate) struct Process {
    pub(crate) down: bool,
    pub(crate) leaving: bool,
    /// Counts its starts.
    pub(crate) start: u64,
    pub(crate) paused: Duration,
}

/// A tunnel, from its handshake on.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) lane: usize,
    /// The connector's start that dialled it.
    pub(crate) start: u64,
    pub(crate) gateway: Option<GatewayEnd>,
    pub(crate) connector: Option<ConnectorEnd>,
    /// When the first of both ended.
    ended: Option<Duration>,
    /// Dead in both directions, and nobody was told.
    cut: bool,
    pipes: BTreeMap<(Stream, Side), Pipe>,
}

/// One run.
pub(crate) struct Sim {
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    pub(crate) now: Duration,
    origin: Instant,
    queue: BTreeMap<(Duration, u64), Event>,
    order: u64,
    steps: u64,
    pub(crate) gateways: Vec<Process>,
    pub(crate) connector: Process,
    pub(crate) paths: Vec<Path>,
    pub(crate) links: Vec<Link>,
    pub(crate) queries: Vec<Query>,
    /// What each attempt sent, by tunnel and exchange.
    pub(crate) truth: BTreeMap<(usize, u64), Truth>,
    pub(crate) window: Window,
    pub(crate) tally: Tally,
    pub(crate) stopping: bool,
    stopped: bool,
    /// When the last query ended.
    asked_until: Duration,
    /// When the last fault is over.
    quiet_from: Duration,
    /// The longest pauses together: what they add to a deadline.
    pub(crate) paused: Duration,
    story: VecDeque<String>,
    aloud: bool,
}

impl Sim {
    pub(crate) fn new(plan: Plan, aloud: bool) -> Self {
        let mut random = Random::new(plan.seed);
        let window = Window {
            batches: random.between(1, 6) as u32,
            bytes: random.between(50, 400),
        };
        let paths = (0..LANES)
            .map(|_| Path::new(plan.faults > 0, &mut random))
            .collect();
        let mut sim = Self {
            random,
            now: Duration::ZERO,
            origin: Instant::now(),
            queue: BTreeMap::new(),
            order: 0,
            steps: 0,
            gateways: (0..LANES).map(|_| Process::default()).collect(),
            connector: Process::default(),
            paths,
            links: Vec::new(),
            queries: Vec::new(),
            truth: BTreeMap::new(),
            window,
            tally: Tally::default(),
            stopping: false,
            stopped: false,
            asked_until: Duration::ZERO,
            quiet_from: Duration::ZERO,
            paused: Duration::ZERO,
            story: VecDeque::new(),
            aloud,
            plan,
        };
        sim.prepare();
        sim
    }

    fn prepare(&mut self) {
        for lane in 0..LANES {
            self.at(Duration::from_millis(lane as u64), Event::Dial(lane));
        }
        for number in 0..self.plan.queries {
            let query = Query::new(number, &self.plan, &mut self.random);
            let at = Duration::from_secs(4) + self.random.millis(0, 20_000);
            self.queries.push(query);
            self.at(at, Event::Ask(number as usize));
        }
        for _ in 0..self.plan.faults {
            let (at, fault) = (self.random.millis(0, 30_000), Fault::random(&mut self.random));
            self.at(at, Event::Fault(fault));
        }
        let lane = self.random.below(LANES as u64) as usize;
        for event in [Event::Renew(lane), Event::Reload, Event::NewRoots] {
            let at = Duration::from_secs(4) + self.random.millis(0, 20_000);
            self.at(at, event);
        }
    }

    pub(crate) fn at(&mut self, at: Duration, event: Event) {
        self.order += 1;
        self.queue.insert((at.max(self.now), self.order), event);
    }

    pub(crate) fn after(&mut self, wait: Duration, event: Event) {
        self.at(self.now + wait, event);
    }

    pub(crate) fn clock(&self) -> Now {
        Now {
            instant: self.origin + self.now,
            unix_ms: 1_790_000_000_000 + self.now.as_millis() as u64,
        }
    }

    /// Virtual time of an instant that a machine named.
    pub(crate) fn time_of(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.origin)
    }

    pub(crate) fn say(&mut self, words: impl FnOnce() -> String) {
        if self.aloud {
            eprintln!("{:>10.3?} {}", self.now, words());
            return;
        }
        if self.story.len() == 40 {
            self.story.pop_front();
        }
        let line = format!("{:>10.3?} {}", self.now, words());
        self.story.push_back(line);
    }

    /// What must hold does not.
    pub(crate) fn fail(&self, what: &str) -> ! {
        let story: Vec<_> = self.story.iter().map(String::as_str).collect();
        panic!(
            "{what}\nat {:?}, step {}, of {:?}\nlast:\n{}\nagain: SIM_SEED={}",
            self.now,
            self.steps,
            self.plan,
            story.join("\n"),
            self.plan.seed
        );
    }

    /// Until nothing is left to happen.
    pub(crate) fn run(mut self) -> Tally {
        loop {
            if let Some((step, fault)) = self.plan.at_step
                && step == self.steps
            {
                self.fault(fault);
            }
            let Some(((at, _), event)) = self.queue.pop_first() else {
                break;
            };
            self.now = at;
            if let Some(until) = self.held_up(event) {
                self.at(until, event);
                continue;
            }
            self.steps += 1;
            if self.steps > MOST_STEPS || self.now > LATEST {
                self.fail("the run never ends");
            }
            self.happen(event);
            self.look();
            if !self.stopping && self.queries.iter().all(|query| query.outcome.is_some()) {
                self.stopping = true;
                self.asked_until = self.now;
                self.at(Duration::from_secs(30), Event::Stop);
            }
        }
        self.end();
        self.tally.0.insert("steps", self.steps);
        self.tally
    }

    /// Until when the process that this happens in does nothing.
    fn held_up(&self, event: Event) -> Option<Duration> {
        let side_of = |link: usize, side: Side| match side {
            Side::Gateway => self.links.get(link).and_then(|link| self.gateways.get(link.lane)),
            Side::Connector => Some(&self.connector),
        };
        let process = match event {
            Event::Arrives(link, side, ..) | Event::Stopped(link, side, ..) | Event::Timer(link, side) => {
                side_of(link, side)
            }
            Event::Gone(link, side) => side_of(link, side),
            Event::Decided(link) | Event::Issued(link) => side_of(link, Side::Gateway),
            Event::Takes(query, _) | Event::Late(query, _) | Event::Leaves(query) => {
                let on = self.queries.get(query).and_then(|query| query.on);
                on.and_then(|(link, _)| side_of(link, Side::Gateway))
            }
            Event::Produce(link, _) | Event::WarehouseDeadline(link, _) => side_of(link, Side::Connector),
            Event::Dial(_) | Event::Renew(_) | Event::Reload => Some(&self.connector),
            _ => None,
        };
        process
            .map(|process| process.paused)
            .filter(|until| *until > self.now)
    }

    fn happen(&mut self, event: Event) {
        self.say(|| format!("{event:?}"));
        match event {
            Event::Dial(lane) => self.dial(lane),
            Event::HandshakeDone(lane, start) => self.shake_hands(lane, start),
            Event::Arrives(link, side, stream, number) => self.arrives(link, side, stream, number),
            Event::Stopped(link, Side::Gateway, stream, code) => self.gateway_stopped(link, stream, code),
            Event::Stopped(link, Side::Connector, stream, code) => self.connector_reset(link, stream, code),
            Event::Timer(link, Side::Gateway) => self.gateway_timer(link),
            Event::Timer(link, Side::Connector) => self.connector_timer(link),
            Event::Gone(link, Side::Gateway) => self.gateway_gone(link),
            Event::Gone(link, Side::Connector) => self.connector_gone(link),
            Event::Decided(link) => self.decided(link),
            Event::Issued(link) => self.issued(link),
            Event::Produce(link, exchange) => self.produce(link, exchange),
            Event::WarehouseDeadline(link, exchange) => self.warehouse_deadline(link, exchange),
            Event::Ask(query) => self.ask(query),
            Event::Takes(query, attempt) => self.takes(query, attempt),
            Event::Leaves(query) => self.leaves(query),
            Event::Late(query, attempt) => self.late(query, attempt),
            Event::Renew(lane) => self.renew(lane),
            Event::Reload => self.reload(),
            Event::NewRoots => self.new_roots(),
            Event::Fault(fault) => self.fault(fault),
            Event::Restart(who) => self.restart(who),
            Event::LeaveNode(lane) => self.kill_gateway(lane, "left"),
            Event::Stop => self.stop(),
        }
    }

    // ---- transport ----

    fn dial(&mut self, lane: usize) {
        if self.connector.down || self.is_served(lane) {
            return;
        }
        // Three flights, each as late as the path makes it.
        let mut at = self.now;
        for to in [Side::Gateway, Side::Connector, Side::Gateway] {
            at = self.paths[lane].transit(to, at, &mut self.random);
        }
        let start = self.connector.start;
        if at > self.now + Duration::from_secs(5) {
            let wait = Duration::from_secs(5) + self.random.millis(0, 10_000);
            return self.after(wait, Event::Dial(lane));
        }
        self.at(at, Event::HandshakeDone(lane, start));
    }

    fn shake_hands(&mut self, lane: usize, start: u64) {
        if self.connector.down || self.connector.start != start || self.is_served(lane) {
            return;
        }
        let node = &self.gateways[lane];
        if node.down || node.leaving {
            let wait = self.random.millis(100, 8_000);
            return self.after(wait, Event::Dial(lane));
        }
        let link = self.links.len();
        self.links.push(Link {
            lane,
            start,
            gateway: None,
            connector: None,
            ended: None,
            cut: false,
            pipes: BTreeMap::new(),
        });
        self.begin_gateway(link);
        self.begin_connector(link);
    }

    pub(crate) fn lives(&self, link: usize, side: Side) -> bool {
        self.links.get(link).is_some_and(|link| match side {
            Side::Gateway => link.gateway.is_some(),
            Side::Connector => link.connector.is_some(),
        })
    }

    pub(crate) fn send(&mut self, link: usize, from: Side, stream: Stream, bytes: bytes::Bytes) {
        for piece in net::cut(bytes, &mut self.random) {
            self.push(link, from, stream, Piece::Bytes(piece));
        }
    }

    pub(crate) fn push(&mut self, number: usize, from: Side, stream: Stream, piece: Piece) {
        if !self.lives(number, from) {
            return;
        }
        let to = from.other();
        let link = &mut self.links[number];
        let pipe = link.pipes.entry((stream, to)).or_default();
        if matches!(piece, Piece::Reset(_)) && self.random.chance(70) {
            pipe.forget();
        }
        if let Some(piece) = pipe.push(piece) {
            let at = self.paths[link.lane].transit(to, self.now, &mut self.random);
            pipe.last = pipe.last.max(at);
            let at = pipe.last;
            self.at(at, Event::Arrives(number, to, stream, piece));
        }
    }

    /// Says that no more of a stream is wanted, and takes what comes of it from nobody.
    pub(crate) fn refuse(&mut self, link: usize, from: Side, stream: Stream, code: u64) {
        if self.lives(link, from) {
            let to = from.other();
            let at = self.paths[self.links[link].lane].transit(to, self.now, &mut self.random);
            self.at(at, Event::Stopped(link, to, stream, code));
        }
    }

    fn arrives(&mut self, number: usize, side: Side, stream: Stream, piece: u64) {
        let link = &mut self.links[number];
        let Some(piece) = link
            .pipes
            .get_mut(&(stream, side))
            .and_then(|pipe| pipe.arrive(piece))
        else {
            return;
        };
        if link.cut || !self.lives(number, side) {
            return;
        }
        match side {
            Side::Gateway => self.gateway_hears(number, stream, piece),
            Side::Connector => self.connector_hears(number, stream, piece),
        }
    }

    /// This side's end is over. The other hears of it, or of nothing.
    pub(crate) fn hang_up(&mut self, number: usize, side: Side, aloud: bool) {
        let link = &mut self.links[number];
        let (lane, cut) = (link.lane, link.cut);
        link.ended.get_or_insert(self.now);
        let other = side.other();
        if !self.lives(number, other) {
            return;
        }
        let heard = if aloud && !cut && !self.random.chance(10) {
            self.paths[lane].transit(other, self.now, &mut self.random)
        } else {
            self.tally.count("half-open");
            self.now + SILENCE
        };
        // What is blocked for longer than a silence is noticed by silence.
        self.at(heard.min(self.now + SILENCE), Event::Gone(number, other));
    }

    // ---- faults ----

    fn fault(&mut self, fault: Fault) {
        self.say(|| format!("{fault:?}"));
        let over = match fault {
            Fault::KillGateway(lane) => {
                self.kill_gateway(lane, "killed");
                self.now
            }
            Fault::KillConnector => {
                self.kill_connector();
                self.now
            }
            Fault::Block(lane, side, time) => {
                self.tally.count("blocked");
                let until = self.now + time;
                self.paths[lane].block(side, until);
                if time > SILENCE {
                    self.all_of(lane, |sim, link| {
                        sim.at(sim.now + SILENCE, Event::Gone(link, side))
                    });
                }
                until
            }
            Fault::Cut(lane) => {
                self.all_of(lane, |sim, link| {
                    sim.links[link].cut = true;
                    for side in [Side::Gateway, Side::Connector] {
                        let wait = SILENCE + sim.random.millis(0, 5_000);
                        sim.after(wait, Event::Gone(link, side));
                    }
                });
                self.now + SILENCE + Duration::from_secs(5)
            }
            Fault::Pause(who, time) => {
                self.tally.count("paused");
                self.paused += time;
                let until = self.now + time;
                let process = match who {
                    Some(lane) => &mut self.gateways[lane],
                    None => &mut self.connector,
                };
                process.paused = process.paused.max(until);
                until
            }
            Fault::Drain(lane) => {
                self.drain(lane);
                self.now + Duration::from_secs(60)
            }
            Fault::Evict(lane) => {
                self.all_of(lane, |sim, link| sim.evict(link));
                self.now
            }
        };
        self.quiet_from = self.quiet_from.max(over).max(Duration::from_millis(1));
    }

    /// Every tunnel of a lane that one of its ends still believes in.
    pub(crate) fn all_of(&mut self, lane: usize, mut act: impl FnMut(&mut Self, usize)) {
        for link in 0..self.links.len() {
            let lives = self.lives(link, Side::Gateway) || self.lives(link, Side::Connector);
            if self.links[link].lane == lane && lives {
                act(self, link);
            }
        }
    }

    fn restart(&mut self, who: Option<usize>) {
        if self.stopped {
            return;
        }
        let process = match who {
            Some(lane) => &mut self.gateways[lane],
            None => &mut self.connector,
        };
        process.down = false;
        process.leaving = false;
        if who.is_none() {
            for lane in 0..LANES {
                self.at(self.now, Event::Dial(lane));
            }
        }
    }

    // ---- what must hold ----

    /// After every event: no end outlives the other by more than a silence, and what holds its process up.
    fn look(&self) {
        for (number, link) in self.links.iter().enumerate() {
            let Some(ended) = link.ended else { continue };
            let lives = link.gateway.is_some() || link.connector.is_some();
            if lives && self.now > ended + SILENCE + self.paused + Duration::from_secs(1) {
                self.fail(&format!("an end of tunnel {number} outlives the other"));
            }
        }
    }

    fn stop(&mut self) {
        let calm = self.asked_until.max(self.quiet_from + BACK_WITHIN);
        if !self.quiet_from.is_zero() && self.now < calm {
            return self.at(calm, Event::Stop);
        }
        for lane in 0..LANES {
            let whole = self.links.iter().any(|link| {
                let up = |established: Option<bool>| established == Some(true);
                link.lane == lane
                    && up(link.gateway.as_ref().map(|end| end.machine.is_established()))
                    && up(link.connector.as_ref().map(|end| end.machine.is_established()))
            });
            if !whole {
                // One that is being replaced is not yet there again.
                if self.now > calm + LATEST_BACK {
                    self.fail(&format!(
                        "node {lane} has no tunnel although all faults are long over"
                    ));
                }
                return self.after(Duration::from_secs(1), Event::Stop);
            }
        }
        self.connector.down = true;
        self.stopped = true;
        for lane in 0..LANES {
            self.all_of(lane, |sim, link| sim.end_connector(link, true));
        }
    }

    fn end(&mut self) {
        for number in 0..self.links.len() {
            if self.lives(number, Side::Gateway) || self.lives(number, Side::Connector) {
                self.fail(&format!("tunnel {number} never ends"));
            }
        }
        if self.queries.iter().any(|query| query.outcome.is_none()) {
            self.fail("a query never ends");
        }
    }
}
