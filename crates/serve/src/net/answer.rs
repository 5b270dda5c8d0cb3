//! Answers without a socket, for programs that have their own, and for tests.

use crate::admission::door::Door;
use crate::admission::host::Hosts;
use crate::limits::unsent::Unsent;
use crate::protocols::endpoints::ENDPOINTS;
use crate::protocols::reply::Reply;
use crate::service::Service;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use std::net::IpAddr;
use std::pin::pin;

impl Service {
    /// Answers a request without a socket, as if it came to an address of loopback.
    pub async fn answer(&self, request: Request<Bytes>) -> Reply {
        let peer = IpAddr::from([127, 0, 0, 1]);
        let hosts = Hosts::new(peer, &self.options().allowed_hosts);
        let (parts, body) = request.into_parts();
        let unsent = Box::new(Unsent::new(self.state.unsent.clone()));
        let door = Door { endpoints: ENDPOINTS, service: self, hosts: &hosts, peer, unsent: &unsent };
        door.answer(&parts, pin!(Full::new(body))).await
    }
}
