//! Hosts with a network namespace each, and one router between them where a test cuts paths and heals them: packets are dropped
//! without a word, one way or both. Needs root.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::runtime::Builder;

use crate::netns::Namespace;

/// Something that runs here is reached from every host, and no cut comes between.
const ROUTER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));

/// One host.
#[derive(Debug)]
pub struct Host {
    /// What runs on it runs in here.
    pub namespace: Namespace,
    /// Its address.
    pub ip: IpAddr,
}

/// The router, and what it lets through: everything, at first.
#[derive(Debug)]
pub struct Net {
    router: Arc<Namespace>,
    hosts: Mutex<u8>,
    cuts: Mutex<BTreeSet<(IpAddr, IpAddr)>>,
}

impl Net {
    /// Runs a test on a runtime with several threads, all of which are on the router of a new net.
    ///
    /// # Errors
    /// When the process is not root, or the kernel lacks something.
    pub fn run<T>(test: impl AsyncFnOnce(&Self) -> T) -> Result<T> {
        let router = Arc::new(Namespace::create("router")?);
        router.ip(&["addr", "add", &format!("{ROUTER}/32"), "dev", "lo"])?;
        router.forwards()?;
        router.enter()?;
        let inside = Arc::clone(&router);
        let runtime = Builder::new_multi_thread()
            .enable_all()
            // A thread that stayed outside would reach nothing, and the test would say so.
            .on_thread_start(move || drop(inside.enter()))
            .build()?;
        let net = Self {
            router,
            hosts: Mutex::new(0),
            cuts: Mutex::default(),
        };
        Ok(runtime.block_on(test(&net)))
    }

    /// Where the test itself is.
    #[must_use]
    pub fn router(&self) -> &Namespace {
        &self.router
    }

    /// The router's address.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        ROUTER
    }

    /// One more host.
    ///
    /// # Errors
    /// With what `ip` printed.
    pub fn host(&self, label: &str) -> Result<Arc<Host>> {
        let number = {
            let mut hosts = lock(&self.hosts);
            *hosts = hosts.checked_add(1).context("so many hosts")?;
            *hosts
        };
        let namespace = Namespace::create(label)?;
        let (near, ip) = (Ipv4Addr::new(10, 77, number, 1), Ipv4Addr::new(10, 77, number, 2));
        self.router
            .wire(&format!("{near}/24"), &namespace, &format!("{ip}/24"))?;
        namespace.default_route(near.into())?;
        Ok(Arc::new(Host {
            namespace,
            ip: ip.into(),
        }))
    }

    /// From now on no packet comes from the first of each pair to the second; what was cut before is healed.
    ///
    /// # Errors
    /// With what `nft` printed.
    pub fn cut(&self, pairs: impl IntoIterator<Item = (IpAddr, IpAddr)>) -> Result<()> {
        let mut cuts = lock(&self.cuts);
        *cuts = pairs.into_iter().collect();
        let rules: String = cuts
            .iter()
            .map(|(from, to)| format!("ip saddr {from} ip daddr {to} drop\n"))
            .collect();
        self.router.firewall(&format!(
            "table inet cuts {{\nchain forward {{\ntype filter hook forward priority 0; policy accept;\n{rules}}}\n}}\n"
        ))
    }

    /// Heals every cut.
    ///
    /// # Errors
    /// With what `nft` printed.
    pub fn heal(&self) -> Result<()> {
        self.cut([])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
