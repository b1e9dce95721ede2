//! A load balancer of UDP, as a cloud has it: one address, and each flow (a peer's address and port) goes to one of the nodes
//! behind it for as long as it lasts.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// Flows that are remembered.
const MAX_FLOWS: usize = 1_024;

/// Largest datagram of UDP.
const DATAGRAM: usize = 65_535;

/// A running balancer; it ends with the value.
#[derive(Debug)]
pub struct Balancer {
    /// Its one address.
    pub address: SocketAddr,
    behind: Arc<Mutex<Behind>>,
    _task: JoinSet<Result<()>>,
}

#[derive(Debug, Default)]
struct Behind {
    nodes: Vec<SocketAddr>,
    /// Which node the next flows go to, before chance decides.
    scripted: Vec<usize>,
    flows: usize,
}

impl Behind {
    fn next(&mut self) -> Option<SocketAddr> {
        self.flows += 1;
        let which = match self.scripted.is_empty() {
            true => rand::random::<u32>() as usize % self.nodes.len().max(1),
            false => self.scripted.remove(0),
        };
        self.nodes.get(which).copied()
    }
}

impl Balancer {
    /// Starts one that leads nowhere yet.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start() -> Result<Self> {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let (address, behind) = (socket.local_addr()?, Arc::default());
        let mut task = JoinSet::new();
        task.spawn(balance(socket, Arc::clone(&behind)));
        Ok(Self {
            address,
            behind,
            _task: task,
        })
    }

    /// New flows go to these from now on: the first of them as `scripted` says, then by chance. Those that stand stay where they
    /// are.
    pub fn lead_to(&self, nodes: &[SocketAddr], scripted: &[usize]) {
        let mut behind = lock(&self.behind);
        behind.nodes = nodes.to_vec();
        behind.scripted = scripted.to_vec();
    }

    /// Flows so far.
    #[must_use]
    pub fn flows(&self) -> usize {
        lock(&self.behind).flows
    }
}

async fn balance(socket: Arc<UdpSocket>, behind: Arc<Mutex<Behind>>) -> Result<()> {
    let mut flows: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut back = JoinSet::new();
    let mut datagram = vec![0; DATAGRAM];
    loop {
        let (length, peer) = socket.recv_from(&mut datagram).await?;
        let flow = match flows.get(&peer) {
            Some(flow) => Arc::clone(flow),
            None if flows.len() >= MAX_FLOWS => continue,
            None => {
                let Some(node) = lock(&behind).next() else {
                    continue;
                };
                let flow = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
                flow.connect(node).await?;
                back.spawn(returning(Arc::clone(&flow), Arc::clone(&socket), peer));
                flows.insert(peer, Arc::clone(&flow));
                flow
            }
        };
        // Lost where nobody listens any more, as on any network.
        let _ = flow.send(datagram.get(..length).context("a datagram")?).await;
    }
}

async fn returning(flow: Arc<UdpSocket>, socket: Arc<UdpSocket>, peer: SocketAddr) {
    let mut datagram = vec![0; DATAGRAM];
    loop {
        // An error is the word of a node's host that nobody listens there.
        if let Ok(length) = flow.recv(&mut datagram).await
            && let Some(datagram) = datagram.get(..length)
        {
            let _ = socket.send_to(datagram, peer).await;
        }
    }
}

fn lock(behind: &Mutex<Behind>) -> MutexGuard<'_, Behind> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}
