//! Connections to the database, and their notifications.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, Error, Socket};

/// Called for each notification.
pub(crate) type Push = dyn Fn() + Send + Sync;

type Connecting = Pin<Box<dyn Future<Output = Result<Connection, Error>> + Send>>;

/// Opens a connection.
pub(crate) type Connect = dyn Fn(Option<Arc<Push>>) -> Connecting + Send + Sync;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// Ends when the connection has ended.
    pub(crate) ended: JoinHandle<()>,
}

/// Opens connections with these settings.
pub(crate) fn connector<T>(config: Config, tls: T) -> Arc<Connect>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    Arc::new(move |push: Option<Arc<Push>>| -> Connecting {
        let (config, tls) = (config.clone(), tls.clone());
        Box::pin(async move {
            let (client, mut connection) = config.connect(tls).await?;
            // It ends with the client, or with an error that the calls of the client report.
            let ended = tokio::spawn(async move {
                while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                    if let (AsyncMessage::Notification(_), Some(push)) = (message, &push) {
                        push();
                    }
                }
            });
            Ok(Connection { client, ended })
        })
    })
}
