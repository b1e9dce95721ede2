//! The sockets of tunnels: one of UDP, and where UDP is blocked one of TCP of the same number.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use super::AppError;
use crate::{api, config::Listen};

/// What the tunnels' socket may hold until it is read: some milliseconds of several results at full speed. The system's
/// usual 208 KiB is less than one sends in the time that a busy host needs to wake this process.
const UDP_RECEIVE_BYTES: usize = 4 * 1024 * 1024;

pub(super) fn bind_udp(address: SocketAddr) -> Result<std::net::UdpSocket, AppError> {
    let named = |error: io::Error| {
        AppError::Bind(io::Error::new(
            error.kind(),
            format!("cannot listen on UDP {address}: {error}"),
        ))
    };
    let socket = std::net::UdpSocket::bind(address).map_err(named)?;
    socket.set_nonblocking(true).map_err(named)?;
    // The system gives at most its own bound (net.core.rmem_max), and says nothing if that is less: then more is lost
    // and sent again, as before.
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(UDP_RECEIVE_BYTES);
    Ok(socket)
}

/// The listener of tunnels over TCP, unless the API's takes them or nobody does. A number that was left open is that of UDP,
/// which connectors know.
pub(super) async fn bind_tcp(listen: &Listen, udp: SocketAddr) -> Result<Option<TcpListener>, AppError> {
    let Some(at) = listen.tunnel_tcp.filter(|at| *at != listen.api) else {
        return Ok(None);
    };
    let port = if at.port() == 0 { udp.port() } else { at.port() };
    let bound = api::bind(SocketAddr::new(at.ip(), port)).await;
    bound.map(Some).map_err(AppError::Bind)
}
