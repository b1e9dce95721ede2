//! A wire between two TCP peers that a test may cut: then nothing goes through and nobody is told, as in a partition.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A running relay; it ends with the value, and its connections with it.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    whole: watch::Sender<bool>,
    _task: JoinSet<()>,
}

impl Relay {
    /// Starts one on loopback, to this address.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(to: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (whole, seen) = watch::channel(true);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(carry(stream, to, seen.clone()));
            }
        });
        Ok(Self {
            address,
            whole,
            _task: task,
        })
    }

    /// Nothing goes through from now on; what is open stays open.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// New connections go through again; those that were open in between end.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn carry(mut near: TcpStream, to: SocketAddr, mut whole: watch::Receiver<bool>) {
    let carried = async {
        let mut far = TcpStream::connect(to).await.ok()?;
        copy_bidirectional(&mut near, &mut far).await.ok()
    };
    let cut = async |whole: &mut watch::Receiver<bool>| whole.wait_for(|whole| !whole).await.is_ok();
    let was_cut = tokio::select! {
        was_cut = cut(&mut whole) => was_cut,
        _ = carried => false,
    };
    if was_cut {
        let _ = whole.wait_for(|whole| *whole).await; // an error is the relay's end
    }
}
