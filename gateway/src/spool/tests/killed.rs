//! SIGKILL in the middle of appends: everything that was acknowledged before is there, in order.
//!
//! The child is this test binary itself, asked for the one ignored test below.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use tokio::task::JoinSet;

use super::{Spool, config, envelope, texts};

const DIR: &str = "CALSETA_SPOOL_TEST_DIR";
const CALLERS: usize = 16;

#[test]
#[ignore = "the child of the test below, which kills it"]
#[expect(clippy::disallowed_methods, reason = "its parent names the directory")]
fn appends_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let spool = Spool::open(&config(dir.as_ref())).unwrap();
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let spool = spool.clone();
            callers.spawn(async move {
                for number in 0.. {
                    let text = format!("{caller} {number}");
                    spool.append(&envelope(&text, caller * 700)).await.unwrap();
                    writeln!(std::io::stdout(), "synced {text}").unwrap();
                }
            });
        }
        callers.join_all().await;
    });
}

#[tokio::test]
async fn every_acknowledged_payload_is_there_in_order_after_a_sigkill() -> anyhow::Result<()> {
    for acknowledged in [1, 40, 333] {
        let dir = tempfile::tempdir()?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--exact", "--ignored", "--nocapture"])
            .arg("spool::tests::killed::appends_until_it_is_killed")
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut told = Vec::new();
        let output = child
            .stdout
            .take()
            .ok_or_else(|| anyhow::anyhow!("no output"))?;
        for line in BufReader::new(output).lines() {
            if let Some((_, text)) = line?.split_once("synced ") {
                told.push(text.to_owned());
            }
            if told.len() == acknowledged {
                // SIGKILL; what it still says before it dies is read, too.
                child.kill()?;
            }
        }
        child.wait()?;
        assert!(told.len() >= acknowledged, "the child said only {told:?}");

        let spool = Spool::open(&config(dir.path()))?;
        let stored = texts(&spool).await?;
        assert_eq!(spool.depth(), stored.len() as u64);
        for caller in 0..CALLERS {
            let prefix = format!("{caller} ");
            let own = stored.iter().filter_map(|text| text.strip_prefix(&prefix));
            let own: Vec<usize> = own.map(str::parse).collect::<Result<_, _>>()?;
            let synced = told.iter().filter(|text| text.starts_with(&prefix)).count();
            assert!(
                own.len() >= synced,
                "caller {caller}: {synced} acknowledged, {} kept",
                own.len()
            );
            assert!(
                own.iter().copied().eq(0..own.len()),
                "caller {caller}: {own:?}"
            );
        }
        spool.close().await;
    }
    Ok(())
}
