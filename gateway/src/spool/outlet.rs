//! What the drain needs to know of a broker: whether it has a payload, and whose fault it is if not.

use calseta_shared::{broker::Route, envelope::Envelope};

/// Where payloads go.
pub trait Outlet: Send + Sync {
    /// Publishes and waits for the confirm.
    fn publish(
        &self,
        route: Route,
        envelope: &Envelope,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The broker does not certainly have the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The broker takes nothing now.
    Away,
    /// The broker refused this payload, and may take the next.
    Refused,
    /// The channel ended: by a fault of the network, or because of this payload.
    Ended,
}
