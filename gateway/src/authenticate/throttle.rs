//! Slows down addresses that send wrong credentials, without ever refusing a right one.
//!
//! Memory is bounded: the addresses seen longest ago are forgotten first, in halves. An IPv6 address
//! counts as its /64, since a host has all of one.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::AuthenticateConfig;
use crate::keys::{Bucket, Rate};

/// Addresses remembered in one half.
const HALF: usize = 8_192;

/// What wrong credentials have used of each address's patience.
#[derive(Debug)]
pub struct Throttle {
    rate: Rate,
    seen: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<IpAddr, Bucket>,
    old: HashMap<IpAddr, Bucket>,
}

impl Throttle {
    /// A throttle in which no address has failed yet.
    pub fn new(config: &AuthenticateConfig) -> Self {
        let rate = Rate {
            per_second: config.failures_per_second,
            burst: config.failures_burst,
        };
        Self {
            rate,
            seen: Mutex::default(),
        }
    }

    /// Whether the address has failed too often.
    pub fn is_tired_of(&self, address: IpAddr, now: Duration) -> bool {
        let address = network(address);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = seen.young.get(&address).or_else(|| seen.old.get(&address));
        bucket.is_some_and(|bucket| bucket.is_spent(self.rate, now))
    }

    /// Notes a failure of `address`; `now` counts from any fixed moment.
    ///
    /// # Errors
    /// How long the address should wait, when it has failed too often.
    pub fn note_failure(&self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let address = network(address);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = match seen.old.remove(&address) {
            Some(bucket) => seen.young.entry(address).or_insert(bucket),
            None => seen.young.entry(address).or_default(),
        };
        let outcome = bucket.take(self.rate, now);
        if seen.young.len() >= HALF {
            seen.old = std::mem::take(&mut seen.young);
        }
        outcome
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(Ipv6Addr::from_bits(
                address.to_bits() & !u128::from(u64::MAX),
            )),
        },
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn throttle() -> Throttle {
        Throttle::new(&AuthenticateConfig {
            failures_burst: 3,
            failures_per_second: 1,
        })
    }

    #[test]
    fn an_address_that_fails_too_often_is_slowed_down_and_no_other() -> anyhow::Result<()> {
        let throttle = throttle();
        let (one, other) = ("192.0.2.1".parse()?, "192.0.2.2".parse()?);
        for _ in 0..3 {
            assert!(throttle.note_failure(one, NOW).is_ok());
        }
        assert_eq!(throttle.note_failure(one, NOW), Err(Duration::from_secs(1)));
        assert!(throttle.note_failure(other, NOW).is_ok());
        assert!(
            throttle
                .note_failure(one, NOW + Duration::from_secs(1))
                .is_ok()
        );
        Ok(())
    }

    #[test]
    fn an_ipv6_host_cannot_get_away_by_another_of_its_addresses() -> anyhow::Result<()> {
        let throttle = throttle();
        for last in 0..3_u16 {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last);
            assert!(throttle.note_failure(address.into(), NOW).is_ok());
        }
        assert!(
            throttle
                .note_failure("2001:db8:0:1::ffff".parse()?, NOW)
                .is_err()
        );
        assert!(
            throttle
                .note_failure("2001:db8:0:2::1".parse()?, NOW)
                .is_ok()
        );
        Ok(())
    }

    #[test]
    fn memory_is_bounded_however_many_addresses_come() {
        let throttle = throttle();
        for address in 0..100_000_u32 {
            assert!(
                throttle
                    .note_failure(std::net::Ipv4Addr::from_bits(address).into(), NOW)
                    .is_ok()
            );
        }
        let seen = throttle.seen.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(seen.young.len() + seen.old.len() <= 2 * HALF);
    }
}
