//! What the requests of one thread publish, by one task for all of them.
//!
//! Confirms come on a thread of lapin's own, and wake whoever waits for them by a system call: one task is woken
//! once for many, where each request would be for itself. And a publish that has begun is seen to its end, also
//! when its sender hangs up.

use std::{
    pin::{Pin, pin},
    sync::Arc,
};

use calseta_shared::{
    broker::{PublishError, Route},
    envelope::Envelope,
};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, error::SendError, unbounded_channel},
        oneshot,
    },
    task::yield_now,
    time::timeout,
};

use super::{Durability, NotKept, Outbox};
use crate::spool::Spool;

/// Orders taken in one turn; a limit only since there has to be one.
const AT_A_TIME: usize = 256;

/// The way out for the requests of one thread. Its task ends with it.
pub struct Lane {
    outbox: Outbox,
    /// Taken as soon as they come: no more of them wait than there are requests, which are limited.
    orders: UnboundedSender<Order>,
}

struct Order {
    route: Route,
    envelope: Arc<Envelope>,
    done: oneshot::Sender<Result<(), PublishError>>,
}

impl Lane {
    /// Needs the runtime of the thread it is for.
    pub fn open(outbox: Outbox) -> Self {
        let (orders, received) = unbounded_channel();
        tokio::spawn(publish(outbox.clone(), received));
        Self { outbox, orders }
    }

    /// Hands an envelope to the broker, or to the spool while the broker does not take it.
    ///
    /// What is kept of each request while it waits is small: hundreds wait at a time. The rare ways are boxed.
    pub(super) async fn keep(
        &self,
        route: Route,
        envelope: Arc<Envelope>,
    ) -> Result<Durability, NotKept> {
        let Some(spool) = &self.outbox.spool else {
            let sent = self.send(route, &envelope).await;
            return sent.map(|()| Durability::Broker).map_err(NotKept::NoSpool);
        };
        // A spool that fails leaves the broker, even one in doubt.
        if self.outbox.circuit.is_open() && Box::pin(spool.append(&envelope)).await.is_ok() {
            return Ok(Durability::Spool);
        }
        let mut sending = pin!(self.send(route, &envelope));
        match timeout(self.outbox.after, &mut sending).await {
            Ok(Ok(())) => Ok(Durability::Broker),
            Ok(Err(error)) => Box::pin(spooled(spool, &envelope, error)).await,
            Err(_) => Box::pin(self.late(spool, &envelope, sending)).await,
        }
    }

    /// The broker takes its time: whichever has it first; a payload in both places is stored once.
    async fn late(
        &self,
        spool: &Spool,
        envelope: &Envelope,
        mut sending: Pin<&mut impl Future<Output = Result<(), PublishError>>>,
    ) -> Result<Durability, NotKept> {
        self.outbox.circuit.doubt();
        tokio::select! {
            biased;
            Ok(()) = &mut sending => Ok(Durability::Broker),
            Ok(()) = spool.append(envelope) => Ok(Durability::Spool),
            else => spooled(spool, envelope, PublishError::Unconfirmed(self.outbox.after)).await,
        }
    }

    async fn send(&self, route: Route, envelope: &Arc<Envelope>) -> Result<(), PublishError> {
        let (done, sent) = oneshot::channel();
        let envelope = envelope.clone();
        let order = Order {
            route,
            envelope,
            done,
        };
        // Its task can only have panicked; then each request is for itself.
        if let Err(SendError(order)) = self.orders.send(order) {
            return Box::pin(self.outbox.send(order.route, &order.envelope)).await;
        }
        let lost = || Err(PublishError::Unconfirmed(self.outbox.after));
        sent.await.unwrap_or_else(|_| lost())
    }
}

/// The broker does not have it: the spool does, or nobody.
async fn spooled(
    spool: &Spool,
    envelope: &Envelope,
    broker: PublishError,
) -> Result<Durability, NotKept> {
    let appended = spool.append(envelope).await;
    appended
        .map(|()| Durability::Spool)
        .map_err(|source| NotKept::Spool { broker, source })
}

async fn publish(outbox: Outbox, mut orders: UnboundedReceiver<Order>) {
    let mut under_way = FuturesUnordered::new();
    let mut taken = Vec::new();
    loop {
        tokio::select! {
            count = orders.recv_many(&mut taken, AT_A_TIME) => {
                if count == 0 {
                    break;
                }
                under_way.extend(taken.drain(..).map(|order| fulfil(&outbox, order)));
            }
            Some(()) = under_way.next() => {}
        }
        // Whatever can go on does. This leaves no waker: the turn above does, before the task sleeps.
        while under_way.next().now_or_never().flatten().is_some() {}
        // The thread's requests have their turn: what they order meanwhile wakes lapin's thread once.
        yield_now().await;
    }
    while under_way.next().await.is_some() {}
}

async fn fulfil(outbox: &Outbox, order: Order) {
    let sent = outbox.send(order.route, &order.envelope).await;
    // A sender that hung up does not wait for it.
    drop(order.done.send(sent));
}
