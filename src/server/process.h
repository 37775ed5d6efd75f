#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

/// What the process asks of its surroundings before anything else runs.
namespace hookline::server {

/// Makes the process outlive its terminal, its log, its pipes and the largest size of a file: a
/// write that cannot be done fails instead of killing, SIGHUP does nothing (until the server takes
/// it over to log it), and standard descriptors that are closed lead to /dev/null, so that no
/// database or socket gets their numbers and is written to as if it were the log. Once, before
/// threads and files.
void DetachFromTerminal();

/// Writes to standard output or error; what cannot be written is lost, and nothing else happens.
void PrintOut(std::string_view text);
void PrintError(std::string_view text);

/// Raises the soft limit of open descriptors to the hard one and returns what holds then.
std::size_t RaiseDescriptorLimit();

/// How the descriptors of the process are shared out.
struct DescriptorShares {
  std::size_t api_connections = 0;
  std::size_t delivery_connections = 0;  ///< Of all delivery loops together.
  std::size_t hook_connections = 0;
  std::size_t lookups = 0;  ///< Of names, for deliveries and hooks together.

  friend bool operator==(const DescriptorShares&, const DescriptorShares&) = default;
};

/// Cuts `wanted` down to what `limit` descriptors allow, keeping a reserve for the store, the log
/// and whatever else is opened. When there are too few, API connections get half, deliveries and
/// synchronous hooks a quarter each, after a small part for lookups; what one of them does not want
/// is the others'. No share is 0.
DescriptorShares ShareDescriptors(std::size_t limit, const DescriptorShares& wanted);

/// Bytes of memory that the process may use: the machine's, or its control group's if that is less.
std::size_t UsableMemory();

/// What requests and answers may take up at once: `configured` bytes, or, for 0, an eighth of the
/// usable memory within reason, and in any case what a few of the largest requests take up. kInput
/// if less is configured than those take up.
Result<std::size_t> MemoryShare(std::size_t configured, std::size_t usable,
                                std::size_t body_bytes_max);

/// The admin token of development mode: made once and kept in the data directory (which exists), in
/// a file that only its owner can read, so that it survives a restart. kUnavailable if it cannot be
/// read or written.
Result<std::string> KeptDevToken(const std::string& data_directory);

}  // namespace hookline::server
