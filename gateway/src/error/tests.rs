//! The table of codes is closed, complete and in the form the contract has.

use std::collections::HashSet;

use actix_web::body::MessageBody;

use super::*;

#[test]
fn every_cause_stands_at_its_own_place_of_the_table() {
    let mut names = HashSet::new();
    for (place, cause) in Cause::all().enumerate() {
        assert_eq!(cause as usize, place, "{} is out of place", cause.name());
        assert!(names.insert(cause.name()), "{} repeats", cause.name());
    }
}

#[test]
fn every_code_has_a_cause_and_an_error_status() {
    let reached: HashSet<Code> = Cause::all().map(Cause::code).collect();
    for code in Code::ALL {
        assert!(reached.contains(&code), "{} is never answered", code.name());
        assert!(code.status().as_u16() >= 400);
    }
}

#[test]
fn an_answer_has_the_message_inside_and_outside_and_a_whole_second_retry_after()
-> anyhow::Result<()> {
    let refusal = Refusal::new(Cause::BrokerAway)
        .detail("limit", 3)
        .retry_after(0);
    let response = refusal.response();
    assert_eq!(response.status().as_u16(), 429);
    assert_eq!(response.headers().get("retry-after"), Some(&"1".parse()?));
    let body = response.into_body().try_into_bytes();
    let body: Value = serde_json::from_slice(&body.map_err(|_| anyhow::anyhow!("a stream"))?)?;
    assert_eq!(body["error"]["code"], "OVERLOADED");
    assert_eq!(body["error"]["message"], body["message"]);
    assert_eq!(body["error"]["details"]["limit"], 3);
    Ok(())
}

#[test]
fn causes_of_a_wrong_credential_cannot_be_told_apart_by_the_caller() {
    let told: HashSet<&str> = Cause::all()
        .filter(|cause| cause.code() == Code::Unauthorized)
        .map(Cause::message)
        .collect();
    assert_eq!(told.len(), 1);
}
