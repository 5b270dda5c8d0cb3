//! The running server: our own loop that accepts connections, so that their number and their times are bounded, a shutdown signal, and
//! a bounded drain.

use crate::admission::door::Door;
use crate::admission::host::Hosts;
use crate::error::{Reason, ServeError};
use crate::net::activity::{ActiveRequest, Activity};
use crate::net::connections::Connections;
use crate::net::outgoing::Outgoing;
use crate::net::plain_errors::PlainErrors;
use crate::net::workers::Workers;
use crate::protocols::endpoints::ENDPOINTS;
use crate::protocols::reply::error_text;
use crate::service::Service;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Connections beyond the limit that are sent a 503 at once; others are just closed.
const TURNED_AWAY: usize = 64;
/// The most concurrent streams of one HTTP/2 connection.
const STREAMS: u32 = 128;
/// Streams that a client opened and reset before they were accepted ("rapid reset"), and streams that the server reset because of the
/// client's errors; beyond, the connection is closed.
const RESETS: usize = 20;
const FAULTS: usize = 64;

/// Serves until `shutdown` is ready; then `ready` says no, no connection is taken any more, and requests in flight may finish for
/// the time of [`crate::Options::drain`].
///
/// # Errors
/// A listener that fails, an address that others can reach where no key is asked for, or a system that refuses threads.
pub async fn run(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let addr = listener.local_addr()?;
    let options = service.options();
    check_public(addr, &service)?;
    if !addr.ip().is_loopback() && !options.keys.is_empty() && options.tls.is_none() {
        tracing::warn!(%addr, "keys can be read on their way: give a certificate, or let only a proxy that has one reach this address");
    }
    let (drain, delay, connections) = (options.drain, options.drain_delay, options.connections);
    let (stop, stopping) = watch::channel(false);
    let workers = Workers::start()?;
    let state = ServerState {
        hosts: Arc::new(Hosts::new(addr.ip(), &options.allowed_hosts)),
        service: service.clone(),
        places: Arc::new(Semaphore::new(connections)),
        turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
        open: Arc::new(Connections::new(service.state.unsent.clone())),
        stopping,
    };
    let asked_to_stop = async {
        shutdown.await;
        service.stop();
        tokio::time::sleep(delay).await;
    };
    tokio::select! {
        () = accept(listener, &state, &workers) => {}
        () = look_after_files(&service) => {}
        () = state.open.look_after(options, &service.state.metrics) => {}
        () = asked_to_stop => {}
    }
    let _ = stop.send(true);
    state.open.stop();
    // Every connection holds a permit: when all are free, all connections have ended. Until then their time-outs go on.
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    tokio::select! {
        _ = tokio::time::timeout(drain, state.places.acquire_many(all)) => {}
        () = state.open.look_after(options, &service.state.metrics) => {}
    }
    Ok(())
}

/// Refuses an address that other machines can reach, unless keys are asked for or `allow_public` is set.
fn check_public(addr: SocketAddr, service: &Service) -> Result<(), ServeError> {
    let options = service.options();
    if addr.ip().is_loopback() || !options.keys.is_empty() || options.allow_public {
        return Ok(());
    }
    Err(ServeError::Public { addr: addr.to_string() })
}

/// Reads models, keys and certificate again when their files change, or at SIGHUP.
async fn look_after_files(service: &Service) {
    let watch = service.options().watch;
    #[cfg(unix)]
    let Ok(mut hangup) = signal::unix::signal(signal::unix::SignalKind::hangup()) else {
        return std::future::pending().await;
    };
    loop {
        let time = async {
            match watch.is_zero() {
                true => std::future::pending().await,
                false => tokio::time::sleep(watch).await,
            }
        };
        #[cfg(unix)]
        let asked = tokio::select! {
            () = time => false,
            _ = hangup.recv() => true,
        };
        #[cfg(not(unix))]
        let asked = {
            time.await;
            false
        };
        let service = service.clone();
        let _ = tokio::task::spawn_blocking(move || service.read_again(asked)).await;
    }
}

/// What every connection needs.
#[derive(Clone)]
struct ServerState {
    service: Service,
    hosts: Arc<Hosts>,
    places: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
    open: Arc<Connections>,
    stopping: watch::Receiver<bool>,
}

async fn accept(listener: TcpListener, state: &ServerState, workers: &Workers) {
    loop {
        let Ok((socket, peer)) = listener.accept().await else {
            // No file descriptor is left, or the client has left already: neither ends the service.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        match state.places.clone().try_acquire_owned() {
            Ok(place) => {
                let _ = socket.set_nodelay(true);
                // The worker's runtime registers it again as its own.
                if let Ok(socket) = socket.into_std() {
                    workers.spawn(connection(socket, peer.ip(), state.clone(), place));
                }
            }
            Err(_) => {
                state.service.state.metrics.refused(Reason::Busy);
                // Over TLS an answer would need a handshake first.
                let plain = state.service.options().tls.is_none();
                match state.turned_away.clone().try_acquire_owned() {
                    Ok(permit) if plain => drop(tokio::spawn(turn_away(socket, permit))),
                    _ => {}
                }
            }
        }
    }
}

/// Says that there are too many connections.
async fn turn_away(mut socket: TcpStream, _permit: OwnedSemaphorePermit) {
    let body = error_text("too many connections at once");
    let head = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-type: application/json";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let say = async {
        socket.write_all(answer.as_bytes()).await?;
        socket.shutdown().await?;
        // Unread bytes of the client would make the system reset the connection, and the answer would be lost.
        let mut sink = [0; 4096];
        while socket.read(&mut sink).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    let _ = tokio::time::timeout(Duration::from_millis(500), say).await;
}

async fn connection(
    socket: std::net::TcpStream,
    peer: IpAddr,
    mut state: ServerState,
    _place: OwnedSemaphorePermit,
) {
    let Ok(socket) = TcpStream::from_std(socket) else { return };
    let service = state.service.clone();
    let _counted = Counted::new(&service);
    let options = service.options();
    let Some(tls) = &options.tls else { return speak(socket, peer, state).await };
    let handshake = tokio::time::timeout(options.header_timeout, tls.acceptor().accept(socket));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        _ = state.stopping.wait_for(|stop| *stop) => return,
    };
    match shaken {
        Ok(Ok(stream)) => speak(stream, peer, state).await,
        _ => service.state.metrics.closed("tls"),
    }
}

/// Answers requests until the connection ends.
async fn speak(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    state: ServerState,
) {
    let ServerState { service, hosts, open, .. } = state;
    let open = open.open();
    let activity = open.activity.clone();
    let builder = http(&service);
    // One reference count a connection: cores do not contend for the counts of what all connections share.
    let caller = Arc::new(Caller { service: service.clone(), hosts, peer, activity: activity.clone() });
    let answer = service_fn(|request: Request<Incoming>| {
        let caller = caller.clone();
        let (parts, body) = request.into_parts();
        async move {
            let Caller { service, hosts, peer, activity } = &*caller;
            // A stream that is reset drops this future, so guards note its end.
            let working = ActiveRequest::begin(activity);
            let _turn = activity.unsent.turn().await;
            let unsent = &activity.unsent;
            let door = Door { endpoints: ENDPOINTS, service, hosts, peer: *peer, unsent };
            let reply = door.answer(&parts, pin!(body)).await;
            Ok::<Response<Outgoing>, Infallible>(reply.map(|body| Outgoing::new(body, working)))
        }
    });
    let io = TokioIo::new(PlainErrors::new(socket, activity.clone()));
    let mut serving = pin!(builder.serve_connection(io, answer));
    let mut stopping = false;
    poll_fn(|cx| {
        let asked = activity.state(cx);
        if asked.over {
            return Poll::Ready(());
        }
        if asked.stopping && !stopping {
            serving.as_mut().graceful_shutdown();
            stopping = true;
        }
        serving.as_mut().poll(cx).map(|_| ())
    })
    .await;
    // Streams that end with the connection free room, but no request that waits on it may begin.
    activity.unsent.close();
}

/// What the requests of one connection have in common.
struct Caller {
    service: Service,
    hosts: Arc<Hosts>,
    peer: IpAddr,
    activity: Arc<Activity>,
}

/// An open connection, as long as it is counted.
struct Counted<'a>(&'a Service);

impl<'a> Counted<'a> {
    fn new(service: &'a Service) -> Self {
        service.state.metrics.connections.inc();
        Counted(service)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.state.metrics.connections.dec();
    }
}

fn http(service: &Service) -> Builder<TokioExecutor> {
    let options = service.options();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // `activity` bounds heads and idle connections without a timer for each request.
        .header_read_timeout(None)
        .max_buf_size(options.header_bytes.max(8 << 10))
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(FAULTS)
        // Pings detect clients of a stream that have left.
        .keep_alive_interval(options.idle_timeout)
        .keep_alive_timeout(options.header_timeout)
        .max_header_list_size(u32::try_from(options.header_bytes).unwrap_or(u32::MAX));
    builder
}

/// Listens on the address (`host:port`), calls `ready` with the one in use (a port of 0 is chosen by the system), and serves until
/// SIGTERM or Ctrl-C.
///
/// # Errors
/// An address that cannot be listened on or that needs a key, or a system that refuses threads or signals.
pub fn serve(addr: &str, service: Service, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    serve_until(addr, service, stop_signal, ready)
}

/// As [`serve`], until what `stop_signal` gives is ready.
pub(crate) fn serve_until<S: Future<Output = ()> + Send + 'static>(
    addr: &str,
    service: Service,
    stop_signal: impl FnOnce() -> std::io::Result<S>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let listener = TcpListener::bind(addr)
            .await
            .map_err(|e| ServeError::Bind { addr: addr.to_owned(), reason: e.to_string() })?;
        let stop = stop_signal()?;
        let addr = listener.local_addr()?;
        check_public(addr, &service)?;
        ready(addr);
        run(listener, service, stop).await
    });
    // A reading of files that hangs, on a disk that does not answer, is not waited for.
    runtime.shutdown_background();
    ended
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::mass;
    use crate::{ModelSource, Options};
    use planish_io::save_model;
    use planish_tensor::Exec;
    use std::sync::mpsc;
    use std::thread;
    use tokio::sync::oneshot;

    #[test]
    fn a_service_ends_though_a_reading_of_its_files_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.safetensors");
        save_model(&mass(), &path).unwrap();
        let options = Options { watch: Duration::from_millis(1), ..Options::default() };
        let source = ModelSource { name: None, path };
        let service = Service::open(Exec::best(), options, vec![source], Vec::new()).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, ready) = mpsc::channel();
        let held = service.clone();
        let lock = held.state.store.reloading.lock().unwrap();
        let (end, ended) = mpsc::channel();
        thread::spawn(move || {
            let stop = || Ok(async { drop(stopped.await) });
            let served = serve_until("127.0.0.1:0", service, stop, |_| tell.send(()).unwrap());
            end.send(served.map_err(|e| e.to_string())).unwrap();
        });
        ready.recv().unwrap();
        // The reading that waits for the lock has a copy of the service.
        thread::sleep(Duration::from_millis(200));
        stop.send(()).unwrap();
        assert_eq!(ended.recv_timeout(Duration::from_secs(60)).expect("it ends"), Ok(()));
        drop(lock);
    }
}
