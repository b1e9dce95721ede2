//! A network address translator for UDP over IPv4, as a home router or a cloud's NAT gateway is one. It keeps no table: the
//! port outside is the port inside with some bits turned, which leads back again.

use std::net::Ipv4Addr;

/// Bytes of an IPv4 header without options; longer ones are left alone.
const HEADER: usize = 20;

/// Where each field is in a packet.
const CHECKSUM: usize = 10;
const SOURCE: usize = 12;
const DESTINATION: usize = 16;
const SOURCE_PORT: usize = HEADER;
const DESTINATION_PORT: usize = HEADER + 2;
const UDP_CHECKSUM: usize = HEADER + 6;

/// A translator with one host behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nat {
    /// The host's own address.
    pub inside: Ipv4Addr,
    /// The address that others see.
    pub outside: Ipv4Addr,
    /// Bits of the port that are turned.
    pub port_bits: u16,
}

impl Nat {
    /// What the host sends: its source changes.
    pub(super) fn outwards(&self, packet: &mut [u8]) {
        self.change(packet, SOURCE, SOURCE_PORT, self.inside, self.outside);
    }

    /// What is sent to the address outside: its destination changes.
    pub(super) fn inwards(&self, packet: &mut [u8]) {
        self.change(packet, DESTINATION, DESTINATION_PORT, self.outside, self.inside);
    }

    fn change(&self, packet: &mut [u8], address: usize, port: usize, from: Ipv4Addr, to: Ipv4Addr) {
        let is_udp = packet.first() == Some(&0x45) && packet.get(9) == Some(&17);
        let is_meant = packet.get(address..address + 4) == Some(&from.octets());
        let Some(old_port) = word(packet, port).filter(|_| is_udp && is_meant) else {
            return;
        };
        let checked = word(packet, UDP_CHECKSUM) != Some(0);
        for (at, new) in to.octets().chunks_exact(2).enumerate() {
            let at = address + 2 * at;
            let Some((old, new)) = word(packet, at).zip(word(new, 0)) else {
                return;
            };
            put(packet, at, new);
            mend(packet, CHECKSUM, old, new);
            // The addresses are part of UDP's checksum too (RFC 768).
            if checked {
                mend(packet, UDP_CHECKSUM, old, new);
            }
        }
        let new_port = old_port ^ self.port_bits;
        put(packet, port, new_port);
        if checked {
            mend(packet, UDP_CHECKSUM, old_port, new_port);
            if word(packet, UDP_CHECKSUM) == Some(0) {
                put(packet, UDP_CHECKSUM, u16::MAX);
            }
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn put(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes.get_mut(at..at + 2) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

/// A checksum after one word has changed (RFC 1624).
fn mend(packet: &mut [u8], checksum: usize, old: u16, new: u16) {
    let Some(sum) = word(packet, checksum) else { return };
    let mut sum = u32::from(!sum) + u32::from(!old) + u32::from(new);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    put(packet, checksum, !u16::try_from(sum).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const NAT: Nat = Nat {
        inside: HOST,
        outside: Ipv4Addr::new(10, 0, 0, 77),
        port_bits: 0x0f0f,
    };

    /// The ones' complement sum, which is 0xffff over what carries its checksum.
    fn sum(words: impl Iterator<Item = u16>) -> u16 {
        let mut sum: u32 = words.map(u32::from).sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    fn words(bytes: &[u8]) -> impl Iterator<Item = u16> {
        bytes.chunks(2).map(|w| u16::from_be_bytes([w[0], w[1]]))
    }

    fn header_sum(packet: &[u8]) -> u16 {
        sum(words(&packet[..HEADER]))
    }

    fn udp_sum(packet: &[u8]) -> u16 {
        let udp = &packet[HEADER..];
        let pseudo = words(&packet[SOURCE..HEADER]).chain([17, udp.len() as u16]);
        sum(pseudo.chain(words(udp)))
    }

    fn packet(from: (Ipv4Addr, u16), to: (Ipv4Addr, u16), payload: u16) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 30, 0, 0, 0x40, 0, 64, 17, 0, 0];
        packet.extend([from.0.octets(), to.0.octets()].concat());
        packet.extend([from.1, to.1, 10, 0, payload].map(u16::to_be_bytes).concat());
        let (header, udp) = (!header_sum(&packet), !udp_sum(&packet));
        put(&mut packet, CHECKSUM, header);
        put(&mut packet, UDP_CHECKSUM, udp);
        packet
    }

    #[test]
    fn source_and_destination_change_with_their_checksums_and_back_again() {
        for payload in 0..2_000 {
            let sent = packet((HOST, 40_000), (SERVER, 443), payload);
            let mut seen = sent.clone();
            NAT.outwards(&mut seen);
            assert_eq!(seen[SOURCE..DESTINATION], NAT.outside.octets());
            assert_eq!(word(&seen, SOURCE_PORT), Some(40_000 ^ 0x0f0f));
            assert_eq!((header_sum(&seen), udp_sum(&seen)), (0xffff, 0xffff));
            let mut answer = packet((SERVER, 443), (NAT.outside, 40_000 ^ 0x0f0f), payload);
            NAT.inwards(&mut answer);
            assert_eq!(answer, packet((SERVER, 443), (HOST, 40_000), payload));
        }
    }

    #[test]
    fn what_is_not_the_hosts_or_not_udp_stays_as_it_is() {
        let mut tcp = packet((HOST, 40_000), (SERVER, 443), 1);
        tcp[9] = 6;
        for original in [
            packet((SERVER, 443), (HOST, 40_000), 1),
            tcp,
            vec![0x45, 0],
            vec![],
        ] {
            let mut packet = original.clone();
            NAT.outwards(&mut packet);
            assert_eq!(packet, original);
        }
    }
}
