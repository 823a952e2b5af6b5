//! Logs to standard error as text or JSON, and traces over OTLP/HTTP when an endpoint is configured.
//!
//! A log line has a level, a sentence and fields, and never a payload, secret, user or host name.
//! Spans that were made before the end are exported before [`Telemetry`] is dropped.

use std::{io::IsTerminal, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::{propagation::TextMapPropagator, trace::TracerProvider};
use opentelemetry_http::{HttpClient, HttpError, Request, Response, hyper::HyperClient};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::config::ConfigError;

/// How a program tells about itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// What is logged: a level, or `target=level` pairs with commas between.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
    /// Base URL of an OTLP/HTTP collector, `http://host:4318`; empty for no traces.
    pub otlp_endpoint: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Keeps the exporter of traces alive.
pub struct Telemetry(Option<SdkTracerProvider>);

impl TelemetryConfig {
    /// Starts logs and traces for the whole process. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the filter or the endpoint cannot be read.
    pub fn start(&self, service: &'static str) -> anyhow::Result<Telemetry> {
        let filter = EnvFilter::try_new(&self.log).map_err(|error| ConfigError::Invalid {
            key: "telemetry.log",
            problem: error.to_string(),
        })?;
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        let lines = match self.log_format {
            LogFormat::Text => lines.with_target(false).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let provider = self.provider(service)?;
        // Spans are below the level of the log: with no traces wanted, none is ever made.
        let spans = Targets::new().with_target("calseta", LevelFilter::DEBUG);
        let traces = provider.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer(service))
                .with_filter(spans)
        });
        tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .with(traces)
            .try_init()?;
        Ok(Telemetry(provider))
    }

    fn provider(&self, service: &'static str) -> anyhow::Result<Option<SdkTracerProvider>> {
        if self.otlp_endpoint.is_empty() {
            return Ok(None);
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(RuntimeClient::new(Handle::current()))
            .with_endpoint(format!(
                "{}/v1/traces",
                self.otlp_endpoint.trim_end_matches('/')
            ))
            .build()
            .map_err(|error| ConfigError::Invalid {
                key: "telemetry.otlp_endpoint",
                problem: error.to_string(),
            })?;
        let resource = Resource::builder().with_service_name(service).build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Some(provider))
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last spans were not exported");
        }
    }
}

/// The W3C `traceparent` of the current span, when it is traced.
pub fn traceparent() -> Option<String> {
    let span = tracing::Span::current();
    if span.is_none() {
        return None;
    }
    let mut carrier = std::collections::HashMap::new();
    let context = span.context();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove("traceparent")
}

/// Links a span to the one that a `traceparent` names: a batch has many parents.
pub fn link(span: &tracing::Span, traceparent: &str) {
    use opentelemetry::trace::TraceContextExt;
    if span.is_disabled() {
        return;
    }
    let carrier =
        std::collections::HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    span.add_link(context.span().span_context().clone());
}

/// Exports from the SDK's own thread by the runtime, which that thread does not have.
#[derive(Debug)]
struct RuntimeClient {
    runtime: Handle,
    client: HyperClient,
}

impl RuntimeClient {
    fn new(runtime: Handle) -> Self {
        let client = HyperClient::with_default_connector(Duration::from_secs(10), None);
        Self { runtime, client }
    }
}

#[async_trait]
impl HttpClient for RuntimeClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime
            .spawn(async move { client.send_bytes(request).await })
            .await?
    }
}
