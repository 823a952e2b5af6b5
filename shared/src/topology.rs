//! The exchanges and queues, and why each argument is what it is.
//!
//! Both programs declare all of it at every (re)connect, so that neither must be started first and a
//! deleted queue comes back. Works on RabbitMQ 3.10 to 4.x. A queue that exists with other arguments
//! is an error the operator is told about; it is never deleted here.

use bytesize::ByteSize;
use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, LongString},
};
use serde::{Deserialize, Serialize};

use crate::source::Source;

/// Exchange and queue of raw payloads; the routing key is the source's name.
pub const RAW: &str = "calseta.raw";
/// Exchange and queue of dead letters; every routing key leads to the queue.
pub const DEAD: &str = "calseta.dead";

/// The limits of the queues. Both programs must have the same ones, or the second is refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TopologyConfig {
    /// How often a payload may be redelivered before it is dead-lettered.
    pub delivery_limit: u16,
    /// Bytes the raw queue may hold before it refuses publishes.
    pub raw_max_bytes: ByteSize,
    /// Bytes the dead-letter queue may hold before it refuses publishes.
    pub dead_max_bytes: ByteSize,
}

/// Declares exchanges, queues and bindings on `channel`. Idempotent.
///
/// # Errors
/// The broker's own, above all `PRECONDITION_FAILED` when a queue exists with other arguments.
pub async fn declare(channel: &Channel, limits: &TopologyConfig) -> lapin::Result<()> {
    // Declared first: a dead-letter exchange that does not exist drops what it is handed.
    exchange(channel, DEAD, ExchangeKind::Fanout).await?;
    queue(channel, DEAD, dead_arguments(limits)).await?;
    bind(channel, DEAD, "").await?;
    // Direct: a source without a queue makes `mandatory` return the payload instead of losing it.
    exchange(channel, RAW, ExchangeKind::Direct).await?;
    queue(channel, RAW, raw_arguments(limits)).await?;
    for source in Source::ALL {
        bind(channel, RAW, source.name()).await?;
    }
    Ok(())
}

fn raw_arguments(limits: &TopologyConfig) -> FieldTable {
    let mut arguments = quorum(limits.raw_max_bytes);
    // A payload that kills the worker is parked after this many deaths. Set explicitly: before 4.0
    // there is no limit, from 4.0 on it is 20. https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling
    arguments.insert(
        "x-delivery-limit".into(),
        AMQPValue::LongInt(limits.delivery_limit.into()),
    );
    // Where the parked ones go, instead of nowhere. https://www.rabbitmq.com/docs/dlx
    arguments.insert("x-dead-letter-exchange".into(), text(DEAD));
    // Kept in this queue until the dead queue has confirmed; needs reject-publish.
    // https://www.rabbitmq.com/docs/quorum-queues#dead-lettering
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments
}

fn dead_arguments(limits: &TopologyConfig) -> FieldTable {
    quorum(limits.dead_max_bytes)
}

fn quorum(max_bytes: ByteSize) -> FieldTable {
    let mut arguments = FieldTable::default();
    // Replicated and fsynced: a confirm means a majority has it on disk. https://www.rabbitmq.com/docs/quorum-queues
    arguments.insert("x-queue-type".into(), text("quorum"));
    // A full disk takes every queue down; a byte limit refuses only new publishes. https://www.rabbitmq.com/docs/maxlength
    arguments.insert(
        "x-max-length-bytes".into(),
        AMQPValue::LongLongInt(i64::try_from(max_bytes.as_u64()).unwrap_or(i64::MAX)),
    );
    // The default, drop-head, would throw the oldest accepted alert away. https://www.rabbitmq.com/docs/maxlength#overflow-behaviour
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions {
        durable: true, // survives a restart of the broker, as its queue does
        ..ExchangeDeclareOptions::default()
    };
    channel
        .exchange_declare(name.into(), kind, options, FieldTable::default())
        .await
}

async fn queue(channel: &Channel, name: &str, arguments: FieldTable) -> lapin::Result<()> {
    let options = QueueDeclareOptions {
        durable: true, // quorum queues must be
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(name.into(), options, arguments)
        .await?;
    Ok(())
}

async fn bind(channel: &Channel, name: &str, routing_key: &str) -> lapin::Result<()> {
    channel
        .queue_bind(
            name.into(),
            name.into(),
            routing_key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
}
