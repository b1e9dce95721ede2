//! Renewal, at the connector: a new key is made here, its request goes over the live tunnel, and what comes back is stored
//! before it is used.
//!
//! [`Renewal`] belongs to one tunnel. It is a state machine without a socket: the session asks it what to do and tells it
//! what was answered. Time is the gateway's, as its Welcome stated it: the gateway issues certificates and ends them.
//!
//! Nothing that is lost does harm. Until the new certificate was used the old one is good: a reply that never came is asked
//! for again; a crash before the identity was stored leaves the old one, after it the new one, whole (see [`super::store`]).
//! A certificate is asked for only over a tunnel that was opened with the one in use, so that none is replaced unused; and of
//! several tunnels over one at a time.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use certs::{
    csr,
    identity::CertificateFacts,
    key::PrivateKey,
    renewal::{self, Standing},
    tls::Credential,
};
use proto::error::Fault;
use rustls_pki_types::{CertificateSigningRequestDer, pem::PemObject as _};
use tokio::sync::OwnedSemaphorePermit;

use super::Identity;
use crate::{clock::UnixMillis, metrics::Metrics};

/// Longest sleep: a host that was suspended or whose clock was set looks at the time again.
const LOOK: Duration = Duration::from_secs(30);

/// For the answer to a request: the gateway signs and flushes once. Then another key is made and asked for.
const ANSWER: Duration = Duration::from_secs(60);

/// Until it is looked again whether the tunnel that asks has been answered.
const TURN: Duration = Duration::from_secs(5);

/// What the session is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Wait,
    /// Send this request, in DER.
    Ask(Bytes),
    /// The certificate that the tunnel was opened with ran out: close it.
    Expired,
}

/// Renewing the certificate that one tunnel was opened with.
pub struct Renewal {
    identity: Arc<Identity>,
    metrics: Arc<Metrics>,
    /// The tunnel's own.
    facts: CertificateFacts,
    /// The gateway's clock minus this host's, in seconds.
    skew: i64,
    due: SystemTime,
    /// The key of the request that is on its way, and the leave to send it.
    key: Option<(PrivateKey, OwnedSemaphorePermit)>,
    warned: bool,
}

impl Renewal {
    /// For a tunnel that was just welcomed. `spread` is from 0 to 1.
    pub fn new(
        identity: Arc<Identity>,
        metrics: Arc<Metrics>,
        facts: CertificateFacts,
        skew: i64,
        spread: f64,
    ) -> Self {
        Self {
            due: renewal::due(&facts, spread),
            identity,
            metrics,
            facts,
            skew,
            key: None,
            warned: false,
        }
    }

    /// The clocks were compared again: the gateway's minus this host's, in seconds. A time that is waited for is the gateway's,
    /// and stays.
    pub fn compared(&mut self, skew: i64) {
        self.skew = skew;
    }

    /// How long to sleep before [`Renewal::step`] has something to do.
    pub fn sleep(&self, now: SystemTime) -> Duration {
        let now = self.at_gateway(now);
        let left = |until: SystemTime| until.duration_since(now).unwrap_or_default();
        left(self.due).min(left(self.facts.not_after)).min(LOOK)
    }

    /// What is to be done now. `spread` is from 0 to 1.
    pub fn step(&mut self, now: SystemTime, spread: f64) -> Step {
        let now = self.at_gateway(now);
        match renewal::standing(&self.facts, now) {
            Standing::Expired => return Step::Expired,
            Standing::Late if !self.warned && self.is_current() => {
                self.warned = true;
                let left = self.facts.not_after.duration_since(now).unwrap_or_default();
                tracing::warn!(
                    left_s = left.as_secs(),
                    "the certificate is not renewed yet; once it has run out an operator has to approve this connector again"
                );
            }
            _ => {}
        }
        if now < self.due || !self.is_current() {
            // Of a tunnel whose certificate was renewed only the end is to be waited for.
            if !self.is_current() {
                self.due = self.facts.not_after;
            }
            return Step::Wait;
        }
        let turn = match self.key.take() {
            Some((_, turn)) => Some(turn),
            None => Arc::clone(&self.identity.turn).try_acquire_owned().ok(),
        };
        let Some(turn) = turn else {
            self.due = now + TURN;
            return Step::Wait;
        };
        self.due = now + ANSWER.min(renewal::retry(&self.facts, spread) * 5);
        let request = PrivateKey::generate()
            .map_err(|error| error.to_string())
            .and_then(|key| Ok((request(&key)?, key)));
        match request {
            Ok((request, key)) => {
                self.key = Some((key, turn));
                Step::Ask(request)
            }
            Err(error) => {
                self.failed(&error);
                Step::Wait
            }
        }
    }

    /// What the gateway answered. Says whether the new certificate is stored and in use from the next handshake on.
    pub fn answered(
        &mut self,
        answer: Result<String, Fault>,
        now: SystemTime,
        spread: f64,
    ) -> Option<Renewed> {
        let (key, _turn) = self.key.take()?;
        let wait = renewal::retry(&self.facts, spread);
        let stored = match answer {
            Ok(chain) => self.store(key, chain),
            Err(fault) => {
                self.due = self.at_gateway(now) + wait.max(fault.retry_after.unwrap_or_default());
                Err(fault.to_string())
            }
        };
        match stored {
            Ok(()) => {
                self.metrics.renewals.with_label_values(&["ok"]).inc();
                let facts = self.identity.credential.facts();
                self.metrics.certificate(&facts);
                tracing::info!(serial = %facts.serial, "the certificate was renewed");
                self.due = self.facts.not_after;
                Some(Renewed)
            }
            Err(error) => {
                self.failed(&error);
                None
            }
        }
    }

    fn store(&self, key: PrivateKey, chain: String) -> Result<(), String> {
        let credential = self
            .identity
            .accept(key, chain)
            .map_err(|error| error.to_string())?;
        // On the disk first: one that was used and then lost would leave nothing that is in force.
        self.identity.credential.replace(credential);
        self.identity.renewed.send_replace(());
        Ok(())
    }

    fn failed(&self, error: &str) {
        self.metrics.renewals.with_label_values(&["failed"]).inc();
        tracing::warn!(error, "the certificate was not renewed; trying again");
    }

    /// Whether the tunnel's certificate is the one that handshakes use.
    fn is_current(&self) -> bool {
        self.identity.credential.facts().serial == self.facts.serial
    }

    fn at_gateway(&self, now: SystemTime) -> SystemTime {
        let by = Duration::from_secs(self.skew.unsigned_abs());
        let moved = if self.skew < 0 {
            now.checked_sub(by)
        } else {
            now.checked_add(by)
        };
        moved.unwrap_or(UNIX_EPOCH)
    }
}

/// A new certificate is stored: the session asks for another tunnel.
#[derive(Debug, PartialEq, Eq)]
pub struct Renewed;

fn request(key: &PrivateKey) -> Result<Bytes, String> {
    let pem = csr::request(key).map_err(|error| error.to_string())?;
    let der =
        CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).map_err(|error| error.to_string())?;
    Ok(Bytes::copy_from_slice(&der))
}

impl Identity {
    /// Checks a certificate for `key` that the gateway sent and stores both in place of what is there.
    pub fn accept(&self, key: PrivateKey, chain: String) -> Result<Credential, AcceptError> {
        let credential =
            Credential::from_pem(&chain, &key).map_err(|error| AcceptError::Answer(error.to_string()))?;
        let (new, old) = (credential.facts(), self.credential.facts());
        if new.identity != old.identity {
            return Err(AcceptError::Answer("it is for somebody else".to_owned()));
        }
        // One that was issued by a clock hours ahead, which was set right since, is followed by one that ends before it.
        let ahead = old.not_before > SystemTime::now();
        if new.not_after <= old.not_after && !ahead {
            return Err(AcceptError::Answer(
                "it ends no later than the one before".to_owned(),
            ));
        }
        let _writing = self.writing();
        let enrolled = self.with(key, chain, &self.trust.bundle());
        super::store(&self.folder, &enrolled, true)?;
        Ok(credential)
    }
}

/// A certificate that was sent is not used.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The gateway's answer makes no sense.
    #[error("the gateway's certificate cannot be used: {0}")]
    Answer(String),
    /// It cannot be stored.
    #[error(transparent)]
    Stored(#[from] super::IdentityError),
}

/// Whether a certificate ran out, or is not valid yet, by this host's clock.
pub fn is_out_of_date(facts: &CertificateFacts) -> bool {
    let now = UnixMillis::now();
    UnixMillis::from(facts.not_after) < now || UnixMillis::from(facts.not_before) > now
}

#[cfg(test)]
mod tests;
