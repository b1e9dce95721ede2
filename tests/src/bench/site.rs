//! Where a measurement takes place: the cloud with gateway and caller, the customer's network with database and
//! connector, and between them either a wire or a wide-area link, which both our tunnel and a direct client cross.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};

use crate::client::Client;
use crate::netns::Namespace;
use crate::postgres::Cluster;
use crate::wan::{Shape, Wan};
use crate::world::{SOURCE, Setup, Warehouse, World};

/// The gateway and the callers.
const CLOUD: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 72, 0, 1));

/// The database and the connector.
const CUSTOMER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 72, 0, 2));

/// The networks and the database of a site. Worlds are built on it.
#[derive(Debug)]
pub struct Ground {
    pub(super) cloud: Namespace,
    customer: Namespace,
    /// None: a wire.
    pub(super) wan: Option<Wan>,
    pub(super) cluster: Cluster,
}

impl Ground {
    /// Makes the networks, moves the calling thread into the cloud's, and starts the database with `rows` rows.
    ///
    /// # Errors
    /// When the process is not root, or PostgreSQL does not start.
    pub async fn lay(rows: u32, link: Option<Shape>) -> Result<Self> {
        let (cloud, customer) = (Namespace::create("cloud")?, Namespace::create("customer")?);
        let wan = match link {
            Some(shape) => Some(Wan::between(&cloud, CLOUD, &customer, CUSTOMER, shape).await?),
            None => {
                cloud.wire(&format!("{CLOUD}/24"), &customer, &format!("{CUSTOMER}/24"))?;
                None
            }
        };
        cloud.enter()?;
        let cluster = Cluster::start_bench(rows, Some(&customer), CUSTOMER).await?;
        Ok(Self {
            cloud,
            customer,
            wan,
            cluster,
        })
    }

    /// Where a direct client finds the database.
    pub(super) fn database(&self) -> SocketAddr {
        SocketAddr::new(self.cluster.address(), self.cluster.port())
    }

    /// Gateway and connector with limits that a benchmark does not meet, and the log that is the default.
    ///
    /// # Errors
    /// When one of them does not start.
    pub async fn world(&self) -> Result<(World<'_>, Client)> {
        let world = World::start(Setup {
            warehouse: Warehouse::Postgres(&self.cluster),
            policy: policy(),
            gateway_in: Some((&self.cloud, CLOUD)),
            connector_in: Some(&self.customer),
            gateway_settings: vec![(
                "# deadline_seconds = 60".to_owned(),
                "deadline_seconds = 600".to_owned(),
            )],
            log_level: "info",
            ..Setup::default()
        })
        .await?;
        let caller = world.caller().await?;
        Ok((world, caller))
    }

    /// Bytes that crossed between cloud and customer so far, both ways, IP headers included.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn crossed(&self) -> Result<u64> {
        // The calling thread's own network is the cloud's; whatever is not loopback goes to the customer.
        let table = fs::read_to_string("/proc/thread-self/net/dev")?;
        let mut bytes = 0;
        for line in table.lines().skip(2) {
            let (device, counters) = line.split_once(':').context("a device's counters")?;
            if device.trim() == "lo" {
                continue;
            }
            let counters: Vec<u64> = counters
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<_, _>>()?;
            bytes += counters
                .first()
                .zip(counters.get(8))
                .map_or(0, |(rx, tx)| rx + tx);
        }
        Ok(bytes)
    }
}

/// Every column of the measured table, and budgets out of the way.
fn policy() -> String {
    let allowed = ["source_value", "dimension_value", "metric_properties"]
        .map(|column| format!("\"data_monitoring_metrics.{column}\""))
        .join(", ");
    format!(
        "source = \"{SOURCE}\"\nschema = \"analytics_elementary\"\nprofile = \"balanced\"\n\
         [columns]\nallow = [{allowed}]\n\
         [budget]\nrows_per_query = 10_000_000\nbytes_per_query = 1_073_741_824\nseconds_per_query = 600\n\
         queries_per_minute = 1_000_000\nbytes_per_day = 1_099_511_627_776\n"
    )
}
