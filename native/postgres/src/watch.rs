//! Listens for the notifications of commits, and begins again after a lost connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::connect::{Connect, Connection, Push};

/// The pause before it tries to listen again.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens until it is dropped: see [`PostgresStore::watch`](crate::PostgresStore::watch).
#[derive(Debug)]
#[must_use = "it listens no longer than this is kept"]
pub struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Watch {
    /// Calls `push` for each notification on `channel`. Whatever was pushed while there was no
    /// connection is lost, so a new connection counts as a push.
    ///
    /// # Errors
    /// That of the first attempt.
    pub(crate) async fn begin(
        connect: Arc<Connect>,
        channel: &str,
        push: Arc<Push>,
    ) -> Result<Watch, tokio_postgres::Error> {
        let statement = format!("LISTEN \"{channel}\"");
        let listening = listen(&*connect, &statement, &push).await?;
        Ok(Watch(tokio::spawn(async move {
            let mut listening = Some(listening);
            loop {
                if let Some(Connection { client, ended }) = listening.take() {
                    // It ends with the connection, however that ends.
                    drop(ended.await);
                    drop(client);
                }
                tokio::time::sleep(PAUSE).await;
                if let Ok(again) = listen(&*connect, &statement, &push).await {
                    listening = Some(again);
                    push();
                }
            }
        })))
    }
}

async fn listen(
    connect: &Connect,
    statement: &str,
    push: &Arc<Push>,
) -> Result<Connection, tokio_postgres::Error> {
    let connection = connect(Some(Arc::clone(push))).await?;
    connection.client.batch_execute(statement).await?;
    Ok(connection)
}
