//! The running server: our own loop that accepts connections, so that each has its time-outs and its place, a shutdown signal, and a
//! bounded drain.

use crate::activity::{Activity, Working};
use crate::connections::Connections;
use crate::door;
use crate::error::{Reason, ServeError};
use crate::host::Hosts;
use crate::outgoing::Outgoing;
use crate::plain_errors::PlainErrors;
use crate::reply::error_text;
use crate::service::Service;
use crate::workers::Workers;
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

/// Connections at once that are told that there are too many.
const TURNED_AWAY: usize = 64;
/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 128;
/// Streams that a client opened and took back before they were looked at, and streams that were ended for the client's faults; beyond, the
/// connection is closed ("rapid reset").
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
    let house = House {
        hosts: Arc::new(Hosts::new(addr.ip(), &options.allowed_hosts)),
        service: service.clone(),
        places: Arc::new(Semaphore::new(connections)),
        turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
        open: Arc::new(Connections::new(service.unsent().clone())),
        stopping,
    };
    let asked_to_stop = async {
        shutdown.await;
        service.stop();
        tokio::time::sleep(delay).await;
    };
    tokio::select! {
        () = accept(listener, &house, &workers) => {}
        () = look_after_files(&service) => {}
        () = house.open.look_after(options, service.metrics()) => {}
        () = asked_to_stop => {}
    }
    let _ = stop.send(true);
    house.open.stop();
    // Every connection holds a place: all are done when all are free. Until then they have their own time still.
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    tokio::select! {
        _ = tokio::time::timeout(drain, house.places.acquire_many(all)) => {}
        () = house.open.look_after(options, service.metrics()) => {}
    }
    Ok(())
}

/// An address that others can reach needs keys, or that somebody said that it needs none.
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
struct House {
    service: Service,
    hosts: Arc<Hosts>,
    places: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
    open: Arc<Connections>,
    stopping: watch::Receiver<bool>,
}

async fn accept(listener: TcpListener, house: &House, workers: &Workers) {
    loop {
        let Ok((socket, peer)) = listener.accept().await else {
            // No descriptor is left, or the client is gone already: neither ends the service.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        match house.places.clone().try_acquire_owned() {
            Ok(place) => {
                let _ = socket.set_nodelay(true);
                // The thread that gets it listens to it.
                if let Ok(socket) = socket.into_std() {
                    workers.spawn(connection(socket, peer.ip(), house.clone(), place));
                }
            }
            Err(_) => {
                house.service.metrics().refused(Reason::Busy);
                // Without a handshake nothing can be said over TLS.
                let plain = house.service.options().tls.is_none();
                match house.turned_away.clone().try_acquire_owned() {
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
        // What the client sent is read, so that the system does not take the answer back.
        let mut sink = [0; 4096];
        while socket.read(&mut sink).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    let _ = tokio::time::timeout(Duration::from_millis(500), say).await;
}

async fn connection(
    socket: std::net::TcpStream,
    peer: IpAddr,
    mut house: House,
    _place: OwnedSemaphorePermit,
) {
    let Ok(socket) = TcpStream::from_std(socket) else { return };
    let service = house.service.clone();
    let _counted = Counted::new(&service);
    let options = service.options();
    let Some(tls) = &options.tls else { return speak(socket, peer, house).await };
    let handshake = tokio::time::timeout(options.header_timeout, tls.acceptor().accept(socket));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        () = told(&mut house.stopping) => return,
    };
    match shaken {
        Ok(Ok(stream)) => speak(stream, peer, house).await,
        _ => service.metrics().closed("tls"),
    }
}

/// Answers requests until the connection ends.
async fn speak(socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: IpAddr, house: House) {
    let House { service, hosts, open, .. } = house;
    let open = open.open();
    let activity = open.activity.clone();
    let builder = http(&service);
    // What a request needs, counted by this connection alone: the cores do not pass the counts of what all connections share around.
    let caller = Arc::new(Caller { service: service.clone(), hosts, peer, activity: activity.clone() });
    let answer = service_fn(|request: Request<Incoming>| {
        let caller = caller.clone();
        let (parts, body) = request.into_parts();
        async move {
            let Caller { service, hosts, peer, activity } = &*caller;
            // A stream that is reset drops this future, so the end is noted by guards.
            let working = Working::begin(activity);
            let _turn = activity.unsent.turn().await;
            let reply = door::answer(service, hosts, *peer, &activity.unsent, &parts, pin!(body)).await;
            Ok::<Response<Outgoing>, Infallible>(reply.map(|body| Outgoing::new(body, working)))
        }
    });
    let io = TokioIo::new(PlainErrors::new(socket, activity.clone()));
    let mut serving = pin!(builder.serve_connection(io, answer));
    let mut stopping = false;
    poll_fn(|cx| {
        let told = activity.told(cx);
        if told.over {
            return Poll::Ready(());
        }
        if told.stopping && !stopping {
            serving.as_mut().graceful_shutdown();
            stopping = true;
        }
        serving.as_mut().poll(cx).map(|_| ())
    })
    .await;
    // What the streams give back when they end with their connection makes no room for others of it.
    activity.unsent.close();
}

/// Ready when the service stops.
async fn told(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Who asks over a connection, and whom.
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
        service.metrics().connections.inc();
        Counted(service)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.metrics().connections.dec();
    }
}

fn http(service: &Service) -> Builder<TokioExecutor> {
    let options = service.options();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // `activity` bounds heads and idle connections, and sets no timer for each request.
        .header_read_timeout(None)
        .max_buf_size(options.header_bytes.max(8 << 10))
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(FAULTS)
        // Who listens to an answer that goes on and is gone does not answer this.
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
    // Files may be read at this moment, from a disk that does not answer: nobody waits for that.
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
