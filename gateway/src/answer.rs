//! What an accepted caller is told: ids it can ask about later, and what was done to its body.
//!
//! The uuid of every alert is known before the alert is stored, since it follows from the receipt.
//! A body without any alert gets no receipt: nothing of it is queued.

use actix_web::{
    HttpResponse,
    http::header::{ContentType, HeaderName, HeaderValue},
};
use calseta_shared::ids::ReceiptId;
use serde::Serialize;
use uuid::Uuid;

use crate::{inspect::Inspected, observe::RequestId, publish::Durability};

/// Tells where the payload is safe.
const DURABILITY: HeaderName = HeaderName::from_static("x-calseta-durability");

/// A request that was taken.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What was in its body.
    pub inspected: Inspected,
    queued: Option<(ReceiptId, Durability)>,
}

#[derive(Serialize)]
struct Told<'a> {
    data: Data<'a>,
    meta: Meta<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    receipt_id: Option<ReceiptId>,
    alert_uuid: Option<Uuid>,
    alert_uuids: Vec<Uuid>,
    documents: u32,
    rejected: usize,
    mended: &'a [&'static str],
    status: &'static str,
}

#[derive(Serialize)]
struct Meta<'a> {
    request_id: &'a str,
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
        let alert_uuids: Vec<Uuid> = uuids.collect();
        // What is not the alerts' ids is about 300 bytes.
        let mut body = Vec::with_capacity(512 + 40 * alert_uuids.len());
        let mut response = HttpResponse::Accepted();
        if let Some((_, durability)) = self.queued {
            response.insert_header((DURABILITY, HeaderValue::from_static(durability.name())));
        }
        let told = Told {
            data: Data {
                receipt_id: self.queued.map(|(receipt_id, _)| receipt_id),
                alert_uuid: alert_uuids.first().copied(),
                alert_uuids,
                documents: self.inspected.documents,
                rejected: self.inspected.rejected,
                mended: &self.inspected.mended,
                status: self.queued.map_or("empty", |_| "queued"),
            },
            meta: Meta {
                request_id: request_id.as_str(),
            },
        };
        match serde_json::to_writer(&mut body, &told) {
            Ok(()) => response.insert_header(ContentType::json()).body(body),
            Err(error) => HttpResponse::from_error(error),
        }
    }
}
