//! Whether a source may be served: its role was inspected, and has no right in excess that the customer did not accept.
//!
//! No query runs without a [`GoodStanding`], and nothing but [`Standing::proof`] makes one. The role is inspected before
//! the first query and then every hour, sooner while something stands against it, and at once when the settings are read
//! again (SIGHUP): a role that was mended is served without a restart, and one that was given more is not served for
//! longer than an hour.

use std::{collections::BTreeSet, time::Duration};

use prometheus::IntGauge;
use proto::{
    error::{Code, Fault},
    id::SourceId,
    query::plan::Identifier,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::warehouse::{
    Warehouse, WarehouseError,
    rights::{Accepted, Excess},
};

/// Between two inspections of a role that is in good standing.
const EVERY: Duration = Duration::from_secs(3600);

/// Between two inspections while something stands against a role: whoever mends it sees it served within a minute.
const WHILE_EXCESSIVE: Duration = Duration::from_secs(30);

/// Between two inspections while the warehouse does not answer.
const WHILE_SILENT: Duration = Duration::from_secs(5);

/// For one inspection: some thirty look-ups of catalogues.
const DEADLINE: Duration = Duration::from_secs(15);

/// What is known of a source's role.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// It was not inspected yet.
    Unverified,
    /// It may read the schema, and nothing that was not accepted.
    Good,
    /// It has these rights in excess: the check, and on what.
    Excessive(BTreeSet<(&'static str, String)>),
}

/// The standing of a source's role, shared by who inspects it and who runs queries.
#[derive(Debug)]
pub struct Standing {
    accepted: Accepted,
    state: watch::Sender<State>,
}

/// A source whose role is in good standing. Private constructor: see [`Standing::proof`].
#[derive(Debug)]
pub struct GoodStanding(());

impl Standing {
    /// Of a role that nobody has looked at.
    pub fn new(accepted: Accepted) -> Self {
        Self {
            accepted,
            state: watch::Sender::new(State::Unverified),
        }
    }

    /// Of a role that needs no inspection, for tests of what follows.
    #[cfg(test)]
    pub(crate) fn good() -> Self {
        let standing = Self::new(Accepted::default());
        standing.state.send_replace(State::Good);
        standing
    }

    /// The right to run a query on the source.
    ///
    /// # Errors
    /// `source_offline`, with what to do about it. What the rights are is for the customer's own log.
    pub fn proof(&self) -> Result<GoodStanding, Fault> {
        match &*self.state.borrow() {
            State::Good => Ok(GoodStanding(())),
            State::Unverified => Err(Fault::new(
                Code::SourceOffline,
                "the rights of the connector's warehouse role are not verified yet: the warehouse does not answer",
            )
            .retry_after(WHILE_SILENT)),
            State::Excessive(_) => Err(Fault::new(
                Code::SourceOffline,
                "the connector's warehouse role may do more than read the Elementary schema; whoever runs the connector finds in its \
                 log, and by `connector doctor`, each right and the statement that takes it away",
            )
            .retry_after(WHILE_EXCESSIVE)),
        }
    }

    /// Waits for the first inspection, but not for a warehouse that does not answer.
    pub async fn first(&self, patience: Duration) {
        let mut state = self.state.subscribe();
        let known = state.wait_for(|state| *state != State::Unverified);
        let _ = timeout(patience, known).await;
    }

    /// Inspects the role again and again until `stop`. `again` asks for it out of turn; `excess` shows how many rights stand
    /// against the source.
    pub async fn keep(
        &self,
        source: &SourceId,
        warehouse: &dyn Warehouse,
        schema: impl Fn() -> Identifier,
        mut again: watch::Receiver<()>,
        excess: &IntGauge,
        stop: &CancellationToken,
    ) {
        loop {
            let found = warehouse.rights(&schema(), Instant::now() + DEADLINE).await;
            let (next, pause) = self.judge(source, found);
            excess.set(match &next {
                State::Excessive(rights) => i64::try_from(rights.len()).unwrap_or(i64::MAX),
                State::Unverified | State::Good => 0,
            });
            self.state.send_replace(next);
            // Each arm is cancel-safe: what was asked for is still to be seen the next time.
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                asked = again.changed() => if asked.is_err() { return },
            }
        }
    }

    /// What an inspection means, said in the log; and when to look again.
    fn judge(&self, source: &SourceId, found: Result<Vec<Excess>, WarehouseError>) -> (State, Duration) {
        let before = self.state.borrow().clone();
        let excess = match found {
            Ok(excess) => excess,
            // What was known stays: a warehouse that is down says nothing new about its roles.
            Err(error) => {
                tracing::warn!(source = %source, %error, "the rights of the warehouse role could not be inspected");
                return (before, WHILE_SILENT);
            }
        };
        let against = self.accepted.unaccepted(&excess);
        if against.is_empty() {
            if before != State::Good {
                tracing::info!(source = %source, warnings = excess.len(), "the warehouse role has no right in excess that was not accepted");
            }
            return (State::Good, EVERY);
        }
        let rights = against
            .iter()
            .map(|excess| (excess.check.name, excess.object.clone()));
        let next = State::Excessive(rights.collect());
        // All of them again whenever one has come or gone: whoever reads the last lines has the whole list.
        if before != next {
            for excess in against {
                tracing::error!(
                    source = %source,
                    check = excess.check.name,
                    object = %excess.object,
                    remedy = excess.remedy.as_deref().unwrap_or("ask an administrator of the warehouse"),
                    "the source is not served: the warehouse role has a right in excess: it {}",
                    excess.check.sentence
                );
            }
        }
        (next, WHILE_EXCESSIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::rights::check;

    fn excess() -> Excess {
        Excess {
            check: check::SCHEMA_CREATE,
            object: "public".to_owned(),
            remedy: None,
        }
    }

    fn judged(standing: &Standing, found: Result<Vec<Excess>, WarehouseError>) -> bool {
        let source = "shop".parse().expect("a name");
        let (next, _) = standing.judge(&source, found);
        standing.state.send_replace(next);
        standing.proof().is_ok()
    }

    #[test]
    fn a_role_with_a_right_in_excess_is_not_served_until_it_is_taken_away() {
        let standing = Standing::new(Accepted::default());
        assert_eq!(
            standing.proof().expect_err("unverified").code,
            Code::SourceOffline
        );
        assert!(!judged(&standing, Ok(vec![excess()])));
        assert!(judged(&standing, Ok(vec![])));
        assert!(!judged(&standing, Ok(vec![excess()])));
    }

    #[test]
    fn a_silent_warehouse_changes_nothing() {
        let standing = Standing::new(Accepted::default());
        assert!(!judged(&standing, Err(WarehouseError::Unreachable)));
        assert!(judged(&standing, Ok(vec![])));
        assert!(judged(&standing, Err(WarehouseError::Unreachable)));
    }

    #[test]
    fn what_the_customer_accepts_does_not_stand_against_the_source() {
        let accepted = Accepted::parse(&["schema_create:public".to_owned()]).expect("known");
        assert!(judged(&Standing::new(accepted), Ok(vec![excess()])));
    }
}
