#pragma once

struct sockaddr;

/// Tells trouble of our own from that of a target. Plain functions; any thread.
namespace hookline::net {

/// True for an error of socket(), bind() or connect() that comes from a shortage of this process or
/// machine: descriptors, memory, buffers.
bool IsLocalTrouble(int error);

/// After connect() to `address` has failed with EADDRNOTAVAIL: true if there is a way to that
/// address, so that it is a free local port that was missing; false if this machine has no address
/// of its own to go there from (IPv6 without IPv6).
bool LacksPortsTo(const sockaddr& address);

}  // namespace hookline::net
