//! What an accepted caller is told: ids it can ask about later, and what was done to its body.
//!
//! The uuid of every alert is known before the alert is stored, since it follows from the receipt.
//! A body without any alert gets no receipt: nothing of it is queued.

use actix_web::HttpResponse;
use calseta_shared::ids::ReceiptId;
use serde_json::json;

use crate::{app::RequestId, inspect::Inspected, publish::Durability};

/// Tells where the payload is safe.
const DURABILITY: &str = "x-calseta-durability";

/// A request that was taken.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What was in its body.
    pub inspected: Inspected,
    queued: Option<(ReceiptId, Durability)>,
}

impl Accepted {
    /// Its payload is queued.
    pub fn queued(receipt_id: ReceiptId, inspected: Inspected, durability: Durability) -> Self {
        Self {
            inspected,
            queued: Some((receipt_id, durability)),
        }
    }

    /// There was nothing in it.
    pub fn empty(inspected: Inspected) -> Self {
        Self {
            inspected,
            queued: None,
        }
    }

    /// 202, and what became of the body.
    pub fn response(&self, request_id: &RequestId) -> HttpResponse {
        let uuids = self.queued.iter().flat_map(|(receipt_id, _)| {
            (0..self.inspected.documents).map(|position| receipt_id.alert_uuid(position))
        });
        let uuids: Vec<_> = uuids.collect();
        let mut response = HttpResponse::Accepted();
        if let Some((_, durability)) = self.queued {
            response.insert_header((DURABILITY, durability.name()));
        }
        response.json(json!({
            "data": {
                "receipt_id": self.queued.map(|(receipt_id, _)| receipt_id),
                "alert_uuid": uuids.first(),
                "alert_uuids": uuids,
                "documents": self.inspected.documents,
                "rejected": self.inspected.rejected,
                "mended": self.inspected.mended,
                "status": if self.queued.is_some() { "queued" } else { "empty" },
            },
            "meta": {"request_id": request_id.as_str()},
        }))
    }
}
