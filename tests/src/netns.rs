//! Network namespaces: a customer's network, a cloud network and a wire between them, each with its own firewall, on one
//! machine. Needs root.

use std::fs::File;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network namespace of its own name, with loopback up. It goes with the value, and its devices with it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes one. `label` is only for the reader of `ip netns list`; the name is unique.
    ///
    /// # Errors
    /// When the process is not root, or `ip` is missing.
    pub fn create(label: &str) -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "network namespaces need root: run tests/run.sh, which uses sudo"
        );
        let name = format!("t-{:08x}-{label}", rand::random::<u32>());
        run(Command::new("ip").args(["netns", "add", &name]))?;
        let namespace = Self { name };
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Its name, as `ip netns` knows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Moves the calling thread inside: sockets that it opens from now on are in here, and so are programs that it starts.
    /// For a test on a runtime of one thread (`#[tokio::test]` is), as its first act; there is no way back.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn enter(&self) -> Result<()> {
        let namespace = File::open(Path::new("/var/run/netns").join(&self.name))?;
        Ok(move_into_link_name_space(
            namespace.as_fd(),
            Some(LinkNameSpaceType::Network),
        )?)
    }

    /// A command that runs `program` inside. `ip netns exec` becomes the program, so the process id is the program's.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program.as_ref());
        command
    }

    /// Runs `ip` on what is inside.
    ///
    /// # Errors
    /// With what `ip` printed.
    pub fn ip(&self, arguments: &[&str]) -> Result<()> {
        run(Command::new("ip").args(["-n", &self.name]).args(arguments))
    }

    /// Replaces the firewall inside with `rules`, a complete nftables script.
    ///
    /// # Errors
    /// With what `nft` printed.
    pub fn firewall(&self, rules: &str) -> Result<()> {
        let mut nft = self.command("nft");
        nft.args(["-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = nft.spawn().context("starting nft")?;
        if let Some(mut input) = child.stdin.take() {
            std::io::Write::write_all(&mut input, format!("flush ruleset\n{rules}").as_bytes())?;
        }
        let output = child.wait_with_output()?;
        ensure!(
            output.status.success(),
            "nft: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Packets counted by the named counter of table `inet filter` (`counter NAME {}` in the rules).
    ///
    /// # Errors
    /// When there is no such counter.
    pub fn counted(&self, counter: &str) -> Result<u64> {
        let output = self
            .command("nft")
            .args(["-j", "list", "counter", "inet", "filter", counter])
            .output()?;
        ensure!(
            output.status.success(),
            "nft: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let listed: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let entries = listed
            .get("nftables")
            .and_then(|l| l.as_array())
            .context("what nft listed")?;
        let packets = entries
            .iter()
            .find_map(|entry| entry.get("counter")?.get("packets")?.as_u64());
        packets.with_context(|| format!("counter {counter}"))
    }

    /// Lays a wire (a veth pair) to `other`, with an address at each end, such as `10.70.0.1/24`.
    ///
    /// # Errors
    /// With what `ip` printed.
    pub fn wire(&self, here: &str, other: &Self, there: &str) -> Result<()> {
        // A device's name has at most 15 bytes.
        let tag = rand::random::<u32>();
        let (a, b) = (format!("w{tag:08x}a"), format!("w{tag:08x}b"));
        let pair = [
            "link",
            "add",
            &a,
            "netns",
            &self.name,
            "type",
            "veth",
            "peer",
            "name",
            &b,
            "netns",
            &other.name,
        ];
        run(Command::new("ip").args(pair))?;
        for (end, device, address) in [(self, &a, here), (other, &b, there)] {
            end.ip(&["addr", "add", address, "dev", device])?;
            end.ip(&["link", "set", device, "up"])?;
        }
        Ok(())
    }

    /// Lets packets through that are for others.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn forwards(&self) -> Result<()> {
        let forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
        run(self.command("sh").args(["-c", forward]))
    }

    /// Sends everything without a closer route to `gateway`.
    ///
    /// # Errors
    /// With what `ip` printed.
    pub fn default_route(&self, gateway: IpAddr) -> Result<()> {
        self.ip(&["route", "add", "default", "via", &gateway.to_string()])
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = run(Command::new("ip").args(["netns", "del", &self.name]));
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
