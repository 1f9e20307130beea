//! A receiver on a port of its own, and a file of its own.

use std::{net::SocketAddr, path::Path, sync::Arc};

use monitor_receiver::{
    Nanoseconds,
    http::{Limits, Paths, Receiver, serve_grpc, serve_http},
    store::{Options, Store},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// The time of every store in these tests: the day after the fixtures were recorded.
pub const NOW: Nanoseconds = 1_795_416_658_000_000_000;

pub const OPTIONS: Options = Options {
    clock: || NOW,
    keep_events: None,
    keep_metrics: None,
    max_bytes: None,
    keep_account: true,
    keep_spans: true,
    makes_way: false,
};

/// A receiver that serves until it is stopped.
pub struct Server {
    pub http: SocketAddr,
    pub grpc: SocketAddr,
    pub store: Arc<Store>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    pub async fn start(file: &Path) -> Server {
        Server::start_with(file, OPTIONS, Limits::default()).await
    }

    pub async fn start_with(file: &Path, options: Options, limits: Limits) -> Server {
        let store = Arc::new(Store::open(file, options).expect("the file can be opened"));
        let receiver = Arc::new(Receiver::new(store.clone(), Paths::default(), limits));
        let listen = async || TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (http, grpc) = (listen().await, listen().await);
        let addresses = (http.local_addr().expect("it is bound"), grpc.local_addr().expect("it is bound"));
        let stop = CancellationToken::new();
        let tasks = vec![
            tokio::spawn(serve_http(http, receiver.clone(), stop.clone())),
            tokio::spawn(serve_grpc(grpc, receiver, stop.clone())),
        ];
        Server { http: addresses.0, grpc: addresses.1, store, stop, tasks }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.expect("it ends");
        }
    }
}
