//! Rows by COPY BINARY, the cheapest way Postgres takes them, sent in pieces of many rows.
//!
//! Row i of the COPY is the i-th that was written: an error of Postgres names it by that number.

use std::pin::Pin;

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures_util::SinkExt;
use tokio_postgres::{
    CopyInSink,
    types::{IsNull, ToSql, Type},
};

use super::StoreError;

/// Signature, flags and the length of a header extension: none of either.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What is sent at a time: a piece a row would cost a wake-up and a system call each.
const PIECE: usize = 64 * 1024;

/// A COPY that is under way. It counts only when it was finished.
pub(super) struct CopyIn {
    sink: Pin<Box<CopyInSink<Bytes>>>,
    types: &'static [Type],
    buffer: BytesMut,
}

impl CopyIn {
    /// Begins `statement`, whose columns are of these types.
    pub(super) async fn start(
        transaction: &Transaction<'_>,
        statement: &str,
        types: &'static [Type],
    ) -> Result<Self, StoreError> {
        let statement = transaction.prepare_cached(statement).await?;
        let mut buffer = BytesMut::with_capacity(2 * PIECE);
        buffer.put_slice(HEADER);
        Ok(Self {
            sink: Box::pin(transaction.copy_in(&statement).await?),
            types,
            buffer,
        })
    }

    /// Adds one row.
    pub(super) async fn row(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), StoreError> {
        self.buffer.put_i16(length(values.len())?);
        for (value, kind) in values.iter().zip(self.types) {
            let place = self.buffer.len();
            self.buffer.put_i32(-1);
            let written = value.to_sql_checked(kind, &mut self.buffer);
            if matches!(written.map_err(StoreError::Encode)?, IsNull::No) {
                let bytes: i32 = length(self.buffer.len() - place - 4)?;
                self.buffer[place..place + 4].copy_from_slice(&bytes.to_be_bytes());
            }
        }
        if self.buffer.len() >= PIECE {
            self.send().await?;
        }
        Ok(())
    }

    /// Ends it; returns how many rows Postgres took.
    pub(super) async fn finish(mut self) -> Result<u64, StoreError> {
        self.buffer.put_i16(-1);
        self.send().await?;
        Ok(self.sink.as_mut().finish().await?)
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let piece = self.buffer.split().freeze();
        self.buffer.reserve(PIECE);
        Ok(self.sink.send(piece).await?)
    }
}

fn length<T: TryFrom<usize>>(length: usize) -> Result<T, StoreError>
where
    T::Error: std::error::Error + Send + Sync + 'static,
{
    length
        .try_into()
        .map_err(|error| StoreError::Encode(Box::new(error)))
}
