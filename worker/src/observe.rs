//! The span around every batch, linked to the request behind each of its deliveries: a batch has many parents.
//!
//! It is for traces, and below the level of the log: without traces it costs nothing.

use calseta_shared::{envelope::Envelope, telemetry, topology};
use tracing::Span;

/// Links of one span; what exports traces drops those beyond it.
const MAX_LINKS: usize = 128;

/// A span for storing the payloads of these envelopes, in which there are so many alerts.
pub fn batch<'a>(envelopes: impl ExactSizeIterator<Item = &'a Envelope>, alerts: usize) -> Span {
    let span = tracing::debug_span!(
        "batch",
        otel.kind = "consumer",
        messaging.system = "rabbitmq",
        messaging.destination.name = topology::RAW,
        messaging.operation.name = "process",
        "messaging.operation.type" = "process",
        messaging.batch.message_count = envelopes.len(),
        db.system.name = "postgresql",
        alerts,
    );
    if !span.is_disabled() {
        let parents = envelopes.filter_map(|envelope| envelope.traceparent.as_deref());
        for parent in parents.take(MAX_LINKS) {
            telemetry::link(&span, parent);
        }
    }
    span
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::sync::{Arc, Mutex};

    use calseta_shared::{ids::ReceiptId, source::Source};
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{SdkTracerProvider, SpanData, SpanExporter},
    };
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Keeps what it is given.
    #[derive(Clone, Debug, Default)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    fn envelope(trace: Option<usize>) -> Envelope {
        Envelope {
            receipt_id: ReceiptId::new(),
            source: Source::Elastic,
            received_at_ms: 0,
            content_type: None,
            key_prefix: "cai_12345678".into(),
            verified_by: "none".into(),
            traceparent: trace.map(|n| format!("00-{n:032x}-00000000000000aa-01")),
            dead: None,
            body: "{}".into(),
        }
    }

    /// What is exported of the span of these.
    fn exported(envelopes: &[Envelope]) -> SpanData {
        let kept = Kept::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(kept.clone())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || drop(batch(envelopes.iter(), 3)));
        kept.0.lock().unwrap().pop().unwrap()
    }

    #[test]
    fn a_batch_is_linked_to_the_request_of_each_delivery_that_has_one() {
        let span = exported(&[envelope(Some(1)), envelope(None), envelope(Some(2))]);
        let traces: Vec<_> = span
            .links
            .iter()
            .map(|link| link.span_context.trace_id().to_string())
            .collect();
        assert_eq!(traces, [format!("{:032x}", 1), format!("{:032x}", 2)]);
        let count = span
            .attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == "messaging.batch.message_count");
        assert_eq!(count.unwrap().value.to_string(), "3");
    }

    #[test]
    fn the_links_of_a_large_batch_are_bounded() {
        let envelopes: Vec<_> = (1..=500).map(|n| envelope(Some(n))).collect();
        assert_eq!(exported(&envelopes).links.len(), MAX_LINKS);
    }
}
