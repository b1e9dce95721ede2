//! Frames of the control stream.

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use bytes::Bytes;

use super::{
    Digest, Frame, FrameError, InstanceId, Nodes, Offers, Slot, SourceSchema, TooLong, Version, delimited,
    nodes, parse, raw,
    raw::control_frame::Frame as Raw,
    text::{DialectName, fixed, from_refusal, name, to_refusal},
};
use crate::{
    error::Fault,
    id::{NodeId, SourceId},
    limits::{MAX_HELLO_BYTES, MAX_RENEWAL_BYTES, MAX_SOURCES, MAX_TRUST_BYTES},
};

/// What travels on the control stream.
#[derive(Debug, Clone, PartialEq)]
pub enum ControlFrame {
    /// Connector to gateway, first and once.
    Hello(Hello),
    /// Gateway to connector, first and once.
    Welcome(Welcome),
    /// Gateway to connector, in place of Welcome; the connection closes after it.
    Refusal(Fault),
    /// Gateway to connector: open another tunnel, this one ends.
    Drain(Drain),
    /// Connector to gateway: these are the sources from now on.
    SourcesChanged(Vec<SourceOffer>),
    /// Connector to gateway: this is what a source holds from now on.
    Schema(Box<SourceSchema>),
    /// Connector to gateway: a certificate for a new key. One request at a time.
    Renew(Renew),
    /// Gateway to connector: the certificate. The one in use stays good until this one is used.
    Renewed(Renewed),
    /// Gateway to connector, in place of Renewed. The tunnel goes on.
    NotRenewed(Fault),
    /// Connector to gateway: these are its customer's own queries from now on.
    Offers(Offers),
    /// Gateway to connector: the roots from now on.
    Trust(Trust),
    /// Connector to gateway, answer to Trust: what names the roots that it trusts now.
    Trusted(Digest),
    /// Gateway to connector: these are the live nodes of the cluster from now on.
    Nodes(Nodes),
}

/// The roots by which gateway nodes are to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// PEM; at most [`MAX_TRUST_BYTES`].
    pub bundle: String,
    /// Certificates for the keys of new roots by old ones, in PEM, or nothing; at most [`MAX_TRUST_BYTES`].
    pub links: String,
}

/// A request for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renew {
    /// PKCS #10 in DER, at most [`MAX_RENEWAL_BYTES`].
    pub request: Bytes,
}

/// A certificate that renews another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// PEM, the connector's own certificate first; at most [`MAX_RENEWAL_BYTES`].
    pub chain: String,
}

/// What a connector says about itself. Who it is says its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Minor protocol versions that it speaks.
    pub protocol: RangeInclusive<u32>,
    /// Version of the connector's program.
    pub version: Version,
    /// Its clock when it wrote this, in milliseconds since 1970-01-01 UTC.
    pub unix_time_ms: u64,
    /// What it serves: at most [`MAX_SOURCES`], each name once. Empty where its policy allows nothing.
    pub sources: Vec<SourceOffer>,
    /// Grows with every tunnel that this connector process opens.
    pub epoch: u64,
    /// New for each start of the connector.
    pub instance: InstanceId,
    /// Which of the connector's tunnels this is to be.
    pub slot: Slot,
    /// The nodes at which it has tunnels that are to stay, each once: at most as many as it may have tunnels.
    pub held: Vec<NodeId>,
}

/// One source that a connector serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceOffer {
    /// Its name, unique within the tenant.
    pub name: SourceId,
    /// The dialect of its warehouse.
    pub dialect: DialectName,
    /// SHA-256 of the policy in force.
    pub policy_digest: Digest,
    /// SHA-256 over the names and fingerprints that the connector would run.
    pub catalogue_digest: Digest,
}

/// The gateway's answer to a Hello that it admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The minor protocol version that both sides speak from here on.
    pub protocol: u32,
    /// The gateway process.
    pub node: NodeId,
    /// The gateway's clock when it wrote this, in milliseconds since 1970-01-01 UTC.
    pub unix_time_ms: u64,
    /// Version of the gateway's program.
    pub version: Version,
    /// The gateway's number for this tunnel, for logs.
    pub tunnel: u64,
    /// The live nodes of the cluster; empty where the gateway does not say.
    pub nodes: Nodes,
}

/// The end of a tunnel, announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drain {
    /// Exchanges in flight are given this long.
    pub grace: Duration,
}

impl ControlFrame {
    /// The variant's name in errors.
    pub const fn name(&self) -> &'static str {
        match self {
            ControlFrame::Hello(_) => "Hello",
            ControlFrame::Welcome(_) => "Welcome",
            ControlFrame::Refusal(_) => "Refusal",
            ControlFrame::Drain(_) => "Drain",
            ControlFrame::SourcesChanged(_) => "SourcesChanged",
            ControlFrame::Schema(_) => "SourceSchema",
            ControlFrame::Renew(_) => "Renew",
            ControlFrame::Renewed(_) => "Renewed",
            ControlFrame::NotRenewed(_) => "NotRenewed",
            ControlFrame::Offers(_) => "Offers",
            ControlFrame::Trust(_) => "Trust",
            ControlFrame::Trusted(_) => "Trusted",
            ControlFrame::Nodes(_) => "Nodes",
        }
    }
}

impl Frame for ControlFrame {
    const KIND: &'static str = "control";

    fn decode(body: Bytes) -> Result<Self, FrameError> {
        let raw: raw::ControlFrame = parse(Self::KIND, body)?;
        Ok(match raw.frame.ok_or(FrameError::UnknownVariant(Self::KIND))? {
            Raw::Hello(hello) => ControlFrame::Hello(hello.try_into()?),
            Raw::Welcome(welcome) => ControlFrame::Welcome(welcome.try_into()?),
            Raw::Refusal(refusal) => ControlFrame::Refusal(from_refusal(
                refusal.code,
                &refusal.detail,
                refusal.retry_after_ms,
            )?),
            Raw::Drain(drain) => ControlFrame::Drain(Drain {
                grace: Duration::from_millis(drain.grace_ms),
            }),
            Raw::Sources(changed) => ControlFrame::SourcesChanged(offers(changed.sources)?),
            Raw::Schema(schema) => ControlFrame::Schema(Box::new(schema.try_into()?)),
            Raw::Renew(raw::Renew { request }) if (1..=MAX_RENEWAL_BYTES).contains(&request.len()) => {
                ControlFrame::Renew(Renew { request })
            }
            Raw::Renew(_) => return Err(FrameError::Field("renew.request")),
            Raw::Renewed(raw::Renewed { chain }) if (1..=MAX_RENEWAL_BYTES).contains(&chain.len()) => {
                ControlFrame::Renewed(Renewed { chain })
            }
            Raw::Renewed(_) => return Err(FrameError::Field("renewed.chain")),
            Raw::NotRenewed(refusal) => ControlFrame::NotRenewed(from_refusal(
                refusal.code,
                &refusal.detail,
                refusal.retry_after_ms,
            )?),
            Raw::Offers(offers) => ControlFrame::Offers(offers.try_into()?),
            Raw::Trust(raw::Trust { bundle, links }) => {
                if !(1..=MAX_TRUST_BYTES).contains(&bundle.len()) {
                    return Err(FrameError::Field("trust.bundle"));
                }
                if links.len() > MAX_TRUST_BYTES {
                    return Err(FrameError::Field("trust.links"));
                }
                ControlFrame::Trust(Trust { bundle, links })
            }
            Raw::Trusted(raw::Trusted { digest }) => {
                ControlFrame::Trusted(Digest(fixed("trusted.digest", &digest)?))
            }
            Raw::Nodes(raw::Nodes { nodes }) => ControlFrame::Nodes(nodes::from_raw(nodes)?),
        })
    }

    fn encode(&self) -> Result<Bytes, TooLong> {
        let (frame, limit) = match self {
            ControlFrame::Hello(hello) => (Raw::Hello(hello.into()), MAX_HELLO_BYTES),
            ControlFrame::Welcome(welcome) => (Raw::Welcome(welcome.into()), Self::LIMIT),
            ControlFrame::Refusal(fault) => (Raw::Refusal(to_refusal(fault)), Self::LIMIT),
            ControlFrame::Drain(drain) => (
                Raw::Drain(raw::Drain {
                    grace_ms: u64::try_from(drain.grace.as_millis()).unwrap_or(u64::MAX),
                }),
                Self::LIMIT,
            ),
            ControlFrame::Renew(Renew { request }) => (
                Raw::Renew(raw::Renew {
                    request: request.clone(),
                }),
                Self::LIMIT,
            ),
            ControlFrame::Renewed(Renewed { chain }) => {
                (Raw::Renewed(raw::Renewed { chain: chain.clone() }), Self::LIMIT)
            }
            ControlFrame::NotRenewed(fault) => (Raw::NotRenewed(to_refusal(fault)), Self::LIMIT),
            ControlFrame::SourcesChanged(sources) => (
                Raw::Sources(raw::SourcesChanged {
                    sources: sources.iter().map(raw::Source::from).collect(),
                }),
                Self::LIMIT,
            ),
            ControlFrame::Schema(schema) => (Raw::Schema((&**schema).into()), Self::LIMIT),
            ControlFrame::Offers(offers) => (Raw::Offers(offers.into()), Self::LIMIT),
            ControlFrame::Trust(Trust { bundle, links }) => (
                Raw::Trust(raw::Trust {
                    bundle: bundle.clone(),
                    links: links.clone(),
                }),
                Self::LIMIT,
            ),
            ControlFrame::Trusted(digest) => (
                Raw::Trusted(raw::Trusted {
                    digest: Bytes::copy_from_slice(&digest.0),
                }),
                Self::LIMIT,
            ),
            ControlFrame::Nodes(list) => (
                Raw::Nodes(raw::Nodes {
                    nodes: nodes::to_raw(list),
                }),
                Self::LIMIT,
            ),
        };
        delimited(Self::KIND, limit, &raw::ControlFrame { frame: Some(frame) })
    }
}

impl TryFrom<raw::Hello> for Hello {
    type Error = FrameError;

    fn try_from(raw: raw::Hello) -> Result<Self, FrameError> {
        if raw.protocol_min == 0 || raw.protocol_min > raw.protocol_max {
            return Err(FrameError::Field("protocol_min"));
        }
        Ok(Hello {
            protocol: raw.protocol_min..=raw.protocol_max,
            version: Version::new(&raw.connector_version)
                .map_err(|_| FrameError::Field("connector_version"))?,
            unix_time_ms: raw.unix_time_ms,
            sources: offers(raw.sources)?,
            epoch: raw.epoch,
            instance: InstanceId(fixed("instance", &raw.instance)?),
            slot: nodes::slot_from_raw(raw.slot)?,
            held: nodes::held_from_raw(&raw.held)?,
        })
    }
}

impl From<&Hello> for raw::Hello {
    fn from(hello: &Hello) -> Self {
        raw::Hello {
            protocol_min: *hello.protocol.start(),
            protocol_max: *hello.protocol.end(),
            connector_version: hello.version.as_str().into(),
            unix_time_ms: hello.unix_time_ms,
            sources: hello.sources.iter().map(raw::Source::from).collect(),
            epoch: hello.epoch,
            instance: Bytes::copy_from_slice(&hello.instance.0),
            slot: hello.slot.number().into(),
            held: hello.held.iter().map(|node| node.as_str().into()).collect(),
        }
    }
}

fn offers(raw: Vec<raw::Source>) -> Result<Vec<SourceOffer>, FrameError> {
    if raw.len() > MAX_SOURCES {
        return Err(FrameError::Field("sources"));
    }
    let offers = raw
        .into_iter()
        .map(SourceOffer::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let names: BTreeSet<_> = offers.iter().map(|offer| &offer.name).collect();
    if names.len() != offers.len() {
        return Err(FrameError::Field("sources"));
    }
    Ok(offers)
}

impl TryFrom<raw::Source> for SourceOffer {
    type Error = FrameError;

    fn try_from(raw: raw::Source) -> Result<Self, FrameError> {
        Ok(SourceOffer {
            name: name("source.name", &raw.name)?,
            dialect: DialectName::new(&raw.dialect).map_err(|_| FrameError::Field("source.dialect"))?,
            policy_digest: Digest(fixed("source.policy_digest", &raw.policy_digest)?),
            catalogue_digest: Digest(fixed("source.catalogue_digest", &raw.catalogue_digest)?),
        })
    }
}

impl From<&SourceOffer> for raw::Source {
    fn from(offer: &SourceOffer) -> Self {
        raw::Source {
            name: offer.name.as_str().into(),
            dialect: offer.dialect.as_str().into(),
            policy_digest: Bytes::copy_from_slice(&offer.policy_digest.0),
            catalogue_digest: Bytes::copy_from_slice(&offer.catalogue_digest.0),
        }
    }
}

impl TryFrom<raw::Welcome> for Welcome {
    type Error = FrameError;

    fn try_from(raw: raw::Welcome) -> Result<Self, FrameError> {
        Ok(Welcome {
            protocol: raw.protocol,
            node: name("node", &raw.node)?,
            unix_time_ms: raw.unix_time_ms,
            version: Version::new(&raw.gateway_version).map_err(|_| FrameError::Field("gateway_version"))?,
            tunnel: raw.tunnel,
            nodes: nodes::from_raw(raw.nodes)?,
        })
    }
}

impl From<&Welcome> for raw::Welcome {
    fn from(welcome: &Welcome) -> Self {
        raw::Welcome {
            protocol: welcome.protocol,
            node: welcome.node.as_str().into(),
            unix_time_ms: welcome.unix_time_ms,
            gateway_version: welcome.version.as_str().into(),
            tunnel: welcome.tunnel,
            nodes: nodes::to_raw(&welcome.nodes),
        }
    }
}
