//! What the kernel knows of a process: processor time and peak memory, from /proc.

use std::{fs, time::Duration};

use anyhow::Context;

/// Linux counts processor time for /proc in hundredths of a second on every platform it has.
const TICK: Duration = Duration::from_millis(10);

/// Processor time so far, of user and system.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    ticks(&stat)
        .map(|ticks| TICK * ticks)
        .context("/proc/PID/stat cannot be read")
}

/// Processor time so far of a process and of everything below it, also of what has ended there.
pub(crate) fn family_cpu(root: u32) -> anyhow::Result<Duration> {
    let stats = fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let all: Vec<Member> = stats.filter_map(|stat| member(&stat)).collect();
    let mut family = vec![root];
    let mut sum = 0;
    while let Some(pid) = family.pop() {
        family.extend(
            all.iter()
                .filter(|one| one.parent == pid)
                .map(|one| one.pid),
        );
        sum += all
            .iter()
            .filter(|one| one.pid == pid)
            .map(|one| one.ticks)
            .sum::<u32>();
    }
    Ok(TICK * sum)
}

/// Peak memory in KiB.
pub(crate) fn peak_kib(pid: u32) -> anyhow::Result<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    peak(&status).context("/proc/PID/status has no VmHWM")
}

/// Processor time of the whole machine that was not idle.
pub(crate) fn machine_busy() -> anyhow::Result<Duration> {
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

/// One process among others.
struct Member {
    pid: u32,
    parent: u32,
    /// Its own, and those of its children that have ended.
    ticks: u32,
}

fn member(stat: &str) -> Option<Member> {
    let (pid, _) = stat.split_once(' ')?;
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<u32>());
    Some(Member {
        pid: pid.parse().ok()?,
        parent: fields.get(1)?.parse().ok()?,
        ticks: ticks.sum::<Result<u32, _>>().ok()?,
    })
}

/// Fields 14 and 15; the second field is a name that may hold spaces and parentheses.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn peak(status: &str) -> Option<u32> {
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
    fn a_process_brings_the_time_of_its_ended_children() {
        let stat = "7 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 700 42 30 5 20";
        let found = member(stat).map(|one| (one.pid, one.parent, one.ticks));
        assert_eq!(found, Some((7, 1, 777)));
    }

    #[test]
    fn peak_memory_is_read_from_its_line() {
        let found = peak("Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n");
        assert_eq!(found, Some(2_048));
    }
}
