//! What is written is read back; what this program does not know is refused; no bytes make it panic.

use proptest::prelude::*;

use super::*;

fn envelopes() -> impl Strategy<Value = Envelope> {
    (
        any::<i64>(),
        any::<u128>(),
        proptest::option::of(".{0,80}"),
        (".{0,20}", ".{0,20}"),
        proptest::option::of("[0-9a-f-]{55}"),
        proptest::option::of((0..Reason::ALL.len(), ".{0,80}")),
        proptest::collection::vec(any::<u8>(), 0..400),
    )
        .prop_map(
            |(received_at_ms, id, content_type, names, traceparent, dead, body)| Envelope {
                receipt_id: ReceiptId(Uuid::from_u128(id)),
                source: Source::Elastic,
                received_at_ms,
                content_type,
                key_prefix: names.0,
                verified_by: names.1,
                traceparent,
                dead: dead.map(|(reason, detail)| (Reason::ALL[reason], detail)),
                body: body.into(),
            },
        )
}

fn bytes(envelope: &Envelope) -> Vec<u8> {
    let record = Record::encode(envelope);
    let mut page = vec![0; record.len()];
    record.write(&mut page);
    page
}

proptest! {
    #[test]
    fn an_envelope_is_read_back_as_it_was_written(envelope in envelopes()) {
        let page = bytes(&envelope);
        prop_assert_eq!(received_at_ms(&page), Some(envelope.received_at_ms));
        prop_assert_eq!(decode(&page), Ok(envelope));
    }

    #[test]
    fn a_record_cut_before_its_body_is_refused(mut envelope in envelopes(), cut in any::<prop::sample::Index>()) {
        envelope.body = Bytes::new();
        let page = bytes(&envelope);
        let cut = cut.index(page.len());
        prop_assert_eq!(decode(&page[..cut]), Err(RecordError::Short));
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(mut page in proptest::collection::vec(any::<u8>(), 0..300), known in any::<bool>()) {
        if let (true, Some(version)) = (known, page.first_mut()) {
            *version = VERSION;
        }
        if let Ok(envelope) = decode(&page) {
            prop_assert_eq!(bytes(&envelope), page);
        }
    }
}

#[test]
fn a_record_of_another_version_is_refused_and_its_time_is_still_known() {
    let mut page = vec![VERSION + 1];
    page.extend_from_slice(&42_i64.to_le_bytes());
    assert_eq!(received_at_ms(&page), Some(42));
    assert_eq!(
        decode(&page),
        Err(RecordError::Version { found: VERSION + 1 })
    );
}
