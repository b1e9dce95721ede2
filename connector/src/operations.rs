//! Metrics and health, for this host itself.
//!
//! The one listener of a connector: on loopback only, which the settings enforce, and `operations.listen = "off"` leaves
//! it out. It answers three paths, takes no input, and tells nothing of what was asked or read.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{Encoder as _, TextEncoder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// A bound listener.
#[derive(Debug)]
pub struct Operations {
    listener: TcpListener,
    metrics: Arc<Metrics>,
}

impl Operations {
    /// Binds the address; port 0 takes a free one.
    pub async fn bind(address: SocketAddr, metrics: Arc<Metrics>) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            metrics,
        })
    }

    /// The address that was bound.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until told to stop.
    pub async fn serve(self, stop: CancellationToken) -> io::Result<()> {
        axum::serve(self.listener, router(self.metrics))
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
    }
}

fn router(metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(metrics)
}

/// Prometheus's text format, version 0.0.4.
async fn scrape(State(metrics): State<Arc<Metrics>>) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&metrics.registry().gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Ready is a connector that the gateway has welcomed: without a tunnel it serves nobody.
async fn ready(State(metrics): State<Arc<Metrics>>) -> Response {
    if metrics.tunnels.get() > 0 {
        "ready\n".into_response()
    } else if metrics.revoked.get() > 0 {
        let words = "revoked: the gateway's operator has revoked this connector; it comes back with a new join token\n";
        (StatusCode::SERVICE_UNAVAILABLE, words).into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "no tunnel to the gateway; the log says why\n",
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use prometheus::Registry;

    use super::*;

    async fn text(response: Response) -> String {
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(body.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn a_connector_without_a_tunnel_is_healthy_and_not_ready() {
        let metrics = Arc::new(Metrics::new(Registry::new()).expect("registered"));
        let answer = ready(State(Arc::clone(&metrics))).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        metrics.tunnels.inc();
        assert_eq!(ready(State(Arc::clone(&metrics))).await.status(), StatusCode::OK);
        let scraped = text(scrape(State(metrics)).await).await;
        assert!(scraped.contains("connector_tunnels 1"), "{scraped}");
    }
}
