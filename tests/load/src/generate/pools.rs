//! The world the alerts come from: hosts, users, domains and files that are seen again and again, and
//! two indicators an alert that are new.
//!
//! Sized after a network of some hundred hosts, so that most indicators of an alert were seen before.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{random::Random, template::Values};

const HOSTS: u64 = 400;
const USERS: u64 = 500;
const FILES: usize = 3_000;
const DOMAINS: u64 = 1_000;
const ATTACKERS: u64 = 2_000;
/// First octets of addresses that are public, whatever follows.
const PUBLIC: [u8; 8] = [45, 62, 77, 91, 104, 141, 185, 212];
const GIVEN: [&str; 10] = [
    "ada", "boris", "chidi", "dana", "emre", "fatima", "goran", "hana", "ivan", "jun",
];

#[derive(Clone, Debug)]
pub(super) struct Pools {
    files: Vec<String>,
}

impl Pools {
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            files: (0..FILES).map(|_| random.hex(64)).collect(),
        }
    }

    /// The values of alert `n`; new are its destination address and its URL.
    pub(super) fn values(&self, random: &mut Random, n: u64, at: OffsetDateTime) -> Values {
        let host = random.below(HOSTS);
        let user = format!("{}.{:03}", random.pick(&GIVEN), random.below(USERS / 10));
        let domain = format!("cdn{}.example.net", random.below(DOMAINS));
        let attacker = random.below(ATTACKERS);
        let new = random.next().to_be_bytes();
        Values([
            random.hex(64),
            at.format(&Rfc3339).unwrap_or_default(),
            format!(
                "{}.{}.{}.17",
                PUBLIC[attacker.to_be_bytes()[7] as usize % 8],
                attacker / 250,
                attacker % 250
            ),
            format!(
                "{}.{}.{}.{}",
                PUBLIC[usize::from(new[0] % 8)],
                new[1],
                new[2],
                new[3]
            ),
            format!("ws-{host:03}"),
            format!("10.20.{}.{}", host / 250, host % 250 + 1),
            user.clone(),
            format!("{user}@corp.example.com"),
            random.pick(&self.files).clone(),
            domain.clone(),
            format!(
                "https://{domain}/download/{n:x}-{:08x}.bin",
                random.next() >> 32
            ),
        ])
    }
}
