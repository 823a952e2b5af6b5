//! Each refusal has its status, its code, a message for the rule's author, and stores no alert.

use anyhow::ensure;
use bytes::Bytes;
use harness::{
    Pipeline,
    client::{Answer, Client},
    sign::Proof,
};

use crate::documents::brute_force;

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_its_code_in_the_designed_shape() -> anyhow::Result<()> {
    let limited = Pipeline::with_workers(1).gateway("CALSETA__HTTP__BODY_LIMIT", "64KiB");
    let pipeline = limited.start().await?;
    let good = Bytes::from(brute_force().to_string());
    let client = |change: fn(&mut Client)| {
        let mut client = pipeline.client.clone();
        change(&mut client);
        client
    };

    let no_key = client(|client| client.key = None);
    expect(&no_key.post(good.clone()).await?, 401, "UNAUTHORIZED")?;
    let wrong_key = client(|client| client.key = Some(format!("cai_{}", "A".repeat(43))));
    expect(&wrong_key.post(good.clone()).await?, 401, "UNAUTHORIZED")?;
    let forged = client(|client| client.proof = Proof::signature("another secret"));
    expect(&forged.post(good.clone()).await?, 401, "INVALID_SIGNATURE")?;
    let unproven = client(|client| client.proof = Proof::None);
    expect(
        &unproven.post(good.clone()).await?,
        401,
        "INVALID_SIGNATURE",
    )?;
    let elsewhere = client(|client| client.path = "/v1/ingest/splunk".into());
    expect(&elsewhere.post(good.clone()).await?, 404, "UNKNOWN_SOURCE")?;
    let nowhere = client(|client| client.path = "/v2".into());
    expect(&nowhere.post(good).await?, 404, "NOT_FOUND")?;

    let broken = pipeline
        .client
        .post(Bytes::from_static(b"{\n  \"a\": nope\n}"))
        .await?;
    expect(&broken, 400, "INVALID_JSON")?;
    let details = &broken.json()["error"]["details"];
    ensure!(
        details["line"] == 2 && details["column"].is_u64(),
        "no position: {details}"
    );
    let no_alert = pipeline
        .client
        .post(Bytes::from_static(b"{\"hello\":\"world\"}"))
        .await?;
    expect(&no_alert, 422, "INVALID_PAYLOAD")?;
    let large = pipeline
        .client
        .post(Bytes::from(vec![b' '; 65 * 1_024]))
        .await?;
    expect(&large, 413, "PAYLOAD_TOO_LARGE")?;

    ensure!(
        pipeline.count("SELECT count(*) FROM alerts").await? == 0,
        "a refused body became an alert"
    );
    pipeline.finish()
}

/// `{"error":{"code","message","details"},"message"}`, and nothing of the credential in it.
fn expect(answer: &Answer, status: u16, code: &str) -> anyhow::Result<()> {
    let body = answer.json();
    ensure!(
        answer.status == status,
        "{} instead of {status} {code}: {body}",
        answer.status
    );
    ensure!(body["error"]["code"] == code, "not {code}: {body}");
    let message = body["message"].as_str().unwrap_or_default();
    ensure!(
        !message.is_empty() && body["error"]["message"] == message,
        "no message twice: {body}"
    );
    ensure!(body["error"]["details"].is_object(), "no details: {body}");
    let hidden = ["cai_AAAA", "another secret"];
    ensure!(
        !hidden.iter().any(|part| body.to_string().contains(part)),
        "tells too much: {body}"
    );
    Ok(())
}
