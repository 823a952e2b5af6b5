//! What the kernel knows of a process: processor time and peak memory, from /proc.

use std::{fs, time::Duration};

use anyhow::Context;

/// Linux counts processor time for /proc in hundredths of a second on every platform it has.
const TICK: Duration = Duration::from_millis(10);

/// Processor time so far, of user and system.
pub(super) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    ticks(&stat)
        .map(|ticks| TICK * ticks)
        .context("/proc/PID/stat cannot be read")
}

/// Peak memory in MiB.
pub(super) fn peak_mib(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    kilobytes(&status)
        .map(|kilobytes| kilobytes / 1_024.0)
        .context("/proc/PID/status has no VmHWM")
}

/// Processor time of the whole machine that was not idle.
pub(super) fn machine_busy() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let fields: Vec<u32> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // user, nice, system, idle, iowait, irq, softirq; what follows is counted in user already.
    let busy: u32 = [0, 1, 2, 5, 6]
        .iter()
        .filter_map(|index| fields.get(*index))
        .sum();
    Ok(TICK * busy)
}

/// Fields 14 and 15; the second field is a name that may hold spaces and parentheses.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kilobytes(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 700 42 0 0 20";
        assert_eq!(ticks(stat), Some(742));
    }

    #[test]
    fn peak_memory_is_read_from_its_line() {
        let found = kilobytes("Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n");
        assert_eq!(found.map(f64::to_bits), Some(2_048_f64.to_bits()));
    }
}
