//! Rows by bare COPY BINARY: the document and a key, one table, 500 rows a commit, on one connection and on two.

use std::{error::Error, pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{task::JoinSet, time::Instant};
use tokio_postgres::{
    Client, Config,
    binary_copy::BinaryCopyInWriter,
    types::{IsNull, ToSql, Type, to_sql_checked},
};
use uuid::Uuid;

use crate::{database::connect, report::per_second as rate_of};

const BATCH: usize = 500;
const TABLE: &str = "CREATE TABLE ceiling (uuid uuid PRIMARY KEY, raw json COMPRESSION lz4)";
const COPY: &str = "COPY ceiling (uuid, raw) FROM STDIN BINARY";

/// Copies for `limit` in all, and returns the rows a second: of one connection, and of two.
pub(super) async fn per_second(
    database: &Config,
    bodies: &[Bytes],
    limit: Duration,
) -> anyhow::Result<[f64; 2]> {
    connect(database).await?.batch_execute(TABLE).await?;
    let bodies: Arc<[Bytes]> = bodies.into();
    let mut rates = [0.0; 2];
    for (connections, rate) in (1..).zip(&mut rates) {
        let started = Instant::now();
        let mut writers = JoinSet::new();
        for _ in 0..connections {
            let client = connect(database).await?;
            writers.spawn(copy(client, bodies.clone(), started + limit / 2));
        }
        let mut rows = 0;
        while let Some(count) = writers.join_next().await {
            rows += count??;
        }
        *rate = rate_of(rows, started.elapsed());
    }
    Ok(rates)
}

async fn copy(client: Client, bodies: Arc<[Bytes]>, deadline: Instant) -> anyhow::Result<u64> {
    let mut rows = 0;
    for batch in bodies.chunks(BATCH).cycle() {
        if Instant::now() >= deadline {
            break;
        }
        let sink = client.copy_in(COPY).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::UUID, Type::JSON]));
        for body in batch {
            writer
                .as_mut()
                .write(&[&Uuid::now_v7(), &Raw(body)])
                .await?;
        }
        // Without a transaction around it, the end of the COPY is the commit.
        rows += writer.finish().await?;
    }
    Ok(rows)
}

/// JSON text as it is.
#[derive(Debug)]
struct Raw<'a>(&'a [u8]);

impl ToSql for Raw<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::JSON
    }

    to_sql_checked!();
}
