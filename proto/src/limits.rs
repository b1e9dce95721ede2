//! Every bound on size, count and time that both sides must agree on, with its reason.
//!
//! A side may be stricter by configuration, never looser: the other side enforces these too.

use std::time::Duration;

/// Application protocol name in the TLS handshake (RFC 7301). The number is the major version of the framing; minor
/// versions are negotiated in Hello and Welcome.
pub const ALPN: &[u8] = b"elementary-tunnel/1";

/// The same over HTTP/2: TLS and TCP in place of QUIC. Whoever offers it to the API's port gets a tunnel there.
pub const ALPN_HTTP2: &[u8] = b"elementary-tunnel-h2/1";

/// Offered to the API over TLS, before `http/1.1`, by whoever trusts the installation's own authority and no other: it is
/// shown the node's own chain, also where callers are shown a public one. Never chosen.
pub const OWN_AUTHORITY_ALPN: &[u8] = b"elementary-own-authority/1";

/// Application protocol name between gateway nodes: HTTP/2 (RFC 9113), and an end that takes it for the API's or for a
/// tunnel's refuses it in the handshake.
pub const PEER_ALPN: &[u8] = b"elementary-peer/1";

/// Oldest minor protocol version that this code speaks.
pub const PROTOCOL_MIN: u32 = 1;
/// Newest minor protocol version that this code speaks.
pub const PROTOCOL_MAX: u32 = 2;
/// The minor version from which a gateway tells its nodes: an older connector knows no such frame.
pub const PROTOCOL_NODES: u32 = 2;

/// Longest control, request, header or trailer frame in bytes. The largest honest one is a Header with the schema of
/// the widest Elementary table (under 8 KiB) or a request carrying an IN list at its bound (under 128 KiB).
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// Longest Hello in bytes: what an authenticated but not yet admitted peer may make the other side hold. 64 sources at
/// under 512 bytes each.
pub const MAX_HELLO_BYTES: usize = 64 * 1024;

/// Longest certificate request, and longest chain that answers it, in bytes: an honest request has under 1 KiB, a chain
/// of three certificates under 8 KiB.
pub const MAX_RENEWAL_BYTES: usize = 16 * 1024;

/// Longest trust bundle, and longest text of the certificates that lead to it, in bytes: four roots with RSA keys of 4096
/// bits have 9 KiB.
pub const MAX_TRUST_BYTES: usize = 16 * 1024;

/// Sources that one connector may serve: one Hello must hold them all.
pub const MAX_SOURCES: usize = 64;

/// Tunnels that one connector keeps, each to another node. Two survive the loss of any node; more are for who has more
/// nodes than availability zones, and each costs both sides an idle connection.
pub const MAX_TUNNELS: u8 = 4;

/// Nodes that a gateway names: a cluster has a few. At 320 bytes each they are a tenth of a frame.
pub const MAX_NODES: usize = 64;

/// Encoded size in bytes at which the connector closes a batch. It fits the receive window of one stream, so that no
/// stream ever holds more than `STREAM_WINDOW` bytes behind a gap (docs/performance.md, "Many small streams").
pub const TARGET_BATCH_BYTES: usize = 768 * 1024;

/// Largest encoded batch in bytes. Above the target only when a single row is; a row beyond it is `limit_exceeded`.
pub const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Rows in a batch at the most, so that the first batch leaves early and a batch of tiny rows stays cheap to decode.
pub const MAX_BATCH_ROWS: usize = 32_768;

/// Batches of one exchange that may be on their way or unread at the gateway. With [`WINDOW_BYTES`] this is what a
/// slow reader can make the gateway hold.
pub const WINDOW_BATCHES: u32 = 16;

/// Bytes of one exchange that may be on their way or unread at the gateway; a single batch may always be sent. A path of
/// 1 Gbit/s and 100 ms holds 12.5 MB.
pub const WINDOW_BYTES: u64 = 16 * 1024 * 1024;

/// Receive window of one QUIC stream in bytes. Held to 1 MiB because quinn-proto ends a connection that has more than
/// 1,024 gaps in one stream's reassembly buffer (quinn issues 2694 and 2809).
pub const STREAM_WINDOW: u32 = 1024 * 1024;

/// Receive window of one QUIC connection in bytes: the windows of two exchanges that fill a long fat path at once. The
/// gateway drains every stream into bounded buffers, so that no exchange can starve another of it.
pub const CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;

/// Streams of batches that the gateway lets a connector have open at once, over all exchanges. QUIC preallocates state
/// for each: an idle tunnel costs 45 kB with 100 and 32 to 38 kB with 8.
pub const MAX_BATCH_STREAMS: u32 = 32;

/// Exchanges on one tunnel at once, probes included. Further requests are refused as `overloaded` before they are sent.
pub const MAX_EXCHANGES: u32 = 32;

/// From the TLS handshake to the Hello's last byte. A connector sends it in the first flight after the handshake.
pub const HELLO_DEADLINE: Duration = Duration::from_secs(5);

/// Between two probes of a tunnel by the gateway: well within the 30 s after which many firewalls forget a UDP flow.
pub const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// After which a probe without an answer ends the tunnel.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(10);

/// After which a connector that saw no probe considers its tunnel dead: three intervals and a half.
pub const PROBE_SILENCE: Duration = Duration::from_secs(35);

/// QUIC idle timeout: the transport's own end of a dead path, after the probes have had their chance.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(40);

/// Difference of the two clocks from which it is reported as a fault of a host.
pub const CLOCK_SKEW_WARNING: Duration = Duration::from_secs(30);

/// Longest time that any query may run.
pub const MAX_QUERY_DEADLINE: Duration = Duration::from_secs(600);

/// Deadline of a query whose caller names none.
pub const DEFAULT_QUERY_DEADLINE: Duration = Duration::from_secs(60);

/// Time that the connector is given beyond a query's deadline to say itself that it passed, before the gateway gives
/// up on it.
pub const DEADLINE_GRACE: Duration = Duration::from_millis(500);

/// Longest piece of SQL text in bytes, in a catalogue file or a request.
pub const MAX_SQL_BYTES: usize = 32 * 1024;

/// Tokens in one piece of SQL text. sqlparser's cost and stack grow with them.
pub const MAX_SQL_TOKENS: usize = 4_000;

/// Bracket depth in one piece of SQL text.
pub const MAX_DEPTH: usize = 24;

/// JOIN keywords in one piece of SQL text: 300 joins crash the parser.
pub const MAX_SQL_JOINS: usize = 32;

/// Nodes of a plan: expressions and relations.
pub const MAX_PLAN_NODES: usize = 5_000;

/// Nesting of a plan, expressions and queries together. Walking one level takes under 2 kB of stack.
pub const MAX_PLAN_DEPTH: usize = 128;

/// Longest encoded plan in bytes: a third of what the worst plan within the other bounds would take, and twice what the
/// longest text of [`MAX_SQL_BYTES`] becomes. With the rest of its request it fits [`MAX_FRAME_BYTES`].
pub const MAX_PLAN_BYTES: usize = 96 * 1024;

/// Columns of one table: PostgreSQL's own bound is 1,600, the widest Elementary table has under 40.
pub const MAX_SCAN_COLUMNS: usize = 256;

/// Relations in a plan as written.
pub const MAX_RELATIONS: usize = 12;

/// Relations after every CTE reference has been replaced by what it stands for.
pub const MAX_EXPANDED_RELATIONS: usize = 64;

/// Expanded size of a plan: each column reference weighs what the expression behind it weighs. Eight chained CTEs of
/// `v || v` in 482 bytes made a planner take 21 GB.
pub const MAX_EXPANDED_SIZE: u64 = 50_000;

/// How many times what a caller may write a plan may have once the customer's policy is written into it: a policy puts at
/// most five relations in the place of one, and its list of excluded tables into each. Such a plan is made by the
/// connector and never travels.
pub const REWRITE_FACTOR: usize = 8;

/// Levels of nesting that a policy adds to a plan: two derived tables, a subquery and its condition.
pub const REWRITE_DEPTH: usize = 16;

/// CTEs in a plan.
pub const MAX_CTES: usize = 16;

/// Values in one IN list.
pub const MAX_IN_ITEMS: usize = 1_000;

/// Longest identifier in bytes: PostgreSQL cuts at 63 without an error.
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// Parameters of a catalogued query.
pub const MAX_PARAMETERS: usize = 32;

/// Longest text parameter in bytes.
pub const MAX_PARAMETER_BYTES: usize = 4 * 1024;

/// Stack of the thread that runs the SQL parser, in bytes: eight times what the deepest text within the bounds needs.
pub const PARSER_STACK_BYTES: usize = 16 * 1024 * 1024;

/// Queries of its own that a customer may have approved: more than the shipped ones, and few enough that a list of all of
/// them, with 32 parameters each, is one frame of [`MAX_FRAME_BYTES`].
pub const MAX_APPROVED: usize = 64;

/// Proposed queries that wait for the customer: as many as a person reads in one sitting.
pub const MAX_PENDING: usize = 16;
