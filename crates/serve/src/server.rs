//! The running server: a listener that the caller owns, a shutdown signal, and a bounded drain.

use crate::error::ServeError;
use crate::router::router;
use crate::state::Service;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal;

/// How long requests in flight may take after the shutdown signal.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is ready, then lets requests in flight finish for up to ten seconds.
///
/// # Errors
/// A listener that fails.
pub async fn run(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let signal = async move {
        shutdown.await;
        let _ = stop.send(());
    };
    let serving = axum::serve(listener, router(service)).with_graceful_shutdown(signal);
    let late = async move {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = serving => Ok(result?),
        () = late => Ok(()),
    }
}

/// Listens on the address (`host:port`), calls `ready` with the one in use (a port of 0 is chosen by the system), and serves until
/// SIGTERM or Ctrl-C.
///
/// # Errors
/// An address that cannot be listened on, or a system that refuses threads or signals.
pub fn serve(addr: &str, service: Service, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(addr)
            .await
            .map_err(|e| ServeError::Bind { addr: addr.to_owned(), reason: e.to_string() })?;
        let stop = stop_signal()?;
        ready(listener.local_addr()?);
        run(listener, service, stop).await
    })
}

/// Ready at the first SIGTERM or Ctrl-C. The handlers are in place when this returns.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(signal::ctrl_c().await) })
}
