//! How long read, normalize and extract take on one core, and whether that is as promised: at most 15 µs for an alert
//! of 4 KB, twice as fast as the same through `serde_json::Value`, linear up to 1 MiB, and no hostile mebibyte at more
//! than 20 times its 64 KiB. A broken promise ends it with an error. `cargo bench -p calseta-worker --bench interpret`,
//! with part of a name behind `--` for some cases only. Best of several rounds is judged, the median shown beside it.

#![expect(clippy::print_stdout, reason = "a benchmark is run for what it prints")]

#[path = "interpret/baseline.rs"]
mod baseline;
#[path = "interpret/documents.rs"]
mod documents;
#[path = "interpret/hostile.rs"]
mod hostile;
#[path = "interpret/measure.rs"]
mod measure;

use std::process::ExitCode;

use calseta_shared::payload::{Document, Limits};
use calseta_worker::interpret::Interpreter;

use baseline::Baseline;
use measure::{Time, time};

/// For an alert of 4 KB, in nanoseconds.
const MAX_NANOSECONDS: f64 = 15_000.0;
/// How many times faster than through a `Value`, over all alerts.
const MIN_RATIO: f64 = 2.0;
/// How many times longer a hostile mebibyte may take than 64 KiB of the same.
const MAX_GROWTH: f64 = 20.0;

fn main() -> anyhow::Result<ExitCode> {
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let filter = filter.unwrap_or_default();
    let interpreter = Interpreter::new(&[], Limits::default())?;
    let mut broken = Vec::new();
    alerts(&interpreter, &filter, &mut broken)?;
    growth(&interpreter, &filter)?;
    hostile(&interpreter, &filter, &mut broken);
    if broken.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nnot as promised: {}", broken.join("; "));
    Ok(ExitCode::FAILURE)
}

/// Read, normalize and extract.
fn interpret(interpreter: &Interpreter, text: &str) -> Time {
    let document = Document {
        alert: 0..text.len(),
        text: text.into(),
        id: None,
        index: None,
        rule: None,
    };
    time(|| interpreter.document(&document, None))
}

fn alerts(interpreter: &Interpreter, filter: &str, broken: &mut Vec<String>) -> anyhow::Result<()> {
    let baseline = Baseline::new();
    let (mut ours, mut theirs, mut bytes) = (0.0, 0.0, 0);
    println!(
        "{:<34} {:>7}  {:>18}  {:>18}",
        "alert", "bytes", "best/median µs", "Value best/median"
    );
    for (name, text) in documents::alerts()? {
        if !name.contains(filter) {
            continue;
        }
        let (own, value) = (
            interpret(interpreter, &text),
            time(|| baseline.interpret(&text)),
        );
        println!(
            "{name:<34} {:>7}  {own:>18}  {value:>18}  {:.1}x",
            text.len(),
            value.best / own.best
        );
        ours += own.best;
        theirs += value.best;
        bytes += text.len();
    }
    if bytes == 0 {
        return Ok(());
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand bytes")]
    let of_4_kb = ours * 4096.0 / bytes as f64;
    let ratio = theirs / ours;
    println!(
        "an alert of 4 KB: {:.1} µs, {ratio:.1} times as fast as through a Value\n",
        of_4_kb / 1e3
    );
    if of_4_kb > MAX_NANOSECONDS {
        broken.push(format!("4 KB take {of_4_kb:.0} ns"));
    }
    if ratio < MIN_RATIO {
        broken.push(format!("{ratio:.1} times as fast as a Value"));
    }
    Ok(())
}

fn growth(interpreter: &Interpreter, filter: &str) -> anyhow::Result<()> {
    if !"growth".contains(filter) {
        return Ok(());
    }
    println!(
        "{:<34} {:>7}  {:>18}",
        "growing alert", "bytes", "best/median µs"
    );
    for size in [4, 16, 64, 256, 1024] {
        let text = documents::grown(size << 10)?;
        let own = interpret(interpreter, &text);
        #[expect(clippy::cast_precision_loss, reason = "below 2^52")]
        let per_byte = own.best / text.len() as f64;
        println!(
            "{:<34} {:>7}  {own:>18}  {per_byte:.2} ns a byte",
            format!("{size} KiB"),
            text.len()
        );
    }
    println!();
    Ok(())
}

fn hostile(interpreter: &Interpreter, filter: &str, broken: &mut Vec<String>) {
    println!(
        "{:<34} {:>18}  {:>18}",
        "hostile document", "64 KiB µs", "1 MiB µs"
    );
    for (name, make) in hostile::SHAPES {
        if !name.contains(filter) {
            continue;
        }
        let small = interpret(interpreter, &make(64 << 10));
        let large = interpret(interpreter, &make(1 << 20));
        let growth = large.best / small.best;
        println!("{name:<34} {small:>18}  {large:>18}  {growth:.1}x");
        if growth > MAX_GROWTH {
            broken.push(format!("{name}: {growth:.1} times"));
        }
    }
}
