#include "server/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/uuid.h"

namespace hookline::server {
namespace {

/// The store's files and temporary files, the log, the threads' event descriptors.
constexpr std::size_t kReserve = 96;
constexpr std::size_t kTokenLength = 32;

void Print(std::FILE* stream, std::string_view text) {
  // fmt::print would throw, and there is nobody left to tell.
  (void)std::fwrite(text.data(), 1, text.size(), stream);
  (void)std::fflush(stream);
}

/// Owns a descriptor for the time of a function.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }

 private:
  const int fd_;
};

std::unexpected<Error> FileError(const std::string& path, std::string_view what) {
  return Fail(ErrorKind::kUnavailable,
              fmt::format("{} cannot be {}: {}", path, what, std::strerror(errno)));
}

bool IsToken(std::string_view text) {
  return text.size() == kTokenLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

}  // namespace

void DetachFromTerminal() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one, for the lower ones were filled before.
    [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);
  }
}

void PrintOut(std::string_view text) { Print(stdout, text); }

void PrintError(std::string_view text) { Print(stderr, text); }

std::size_t RaiseDescriptorLimit() {
  rlimit limit{};
  HOOKLINE_CHECK(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  if (limit.rlim_cur < limit.rlim_max && ::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  constexpr rlim_t kEnough = 1 << 30;  // RLIM_INFINITY is no number to count with.
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kEnough));
}

DescriptorShares ShareDescriptors(std::size_t limit, const DescriptorShares& wanted) {
  const std::size_t least = 4;
  std::size_t free = std::max(limit, kReserve + least) - kReserve;
  const std::size_t all = wanted.api_connections + wanted.delivery_connections +
                          wanted.hook_connections + wanted.lookups;
  if (all <= free) return wanted;
  DescriptorShares shares;
  shares.lookups = std::min(wanted.lookups, std::max<std::size_t>(1, free / 16));
  free -= std::min(free - least, shares.lookups);
  shares.delivery_connections = std::min(wanted.delivery_connections, free / 4);
  shares.hook_connections = std::min(wanted.hook_connections, free / 4);
  shares.api_connections = std::min(wanted.api_connections,
                                    free - shares.delivery_connections - shares.hook_connections);
  std::size_t left =
      free - shares.api_connections - shares.delivery_connections - shares.hook_connections;
  const std::size_t more =
      std::min(left, wanted.delivery_connections - shares.delivery_connections);
  shares.delivery_connections += more;
  left -= more;
  shares.hook_connections += std::min(left, wanted.hook_connections - shares.hook_connections);
  return shares;
}

std::size_t UsableMemory() {
  const auto pages = static_cast<std::size_t>(std::max<long>(::sysconf(_SC_PHYS_PAGES), 0));
  const auto page_bytes = static_cast<std::size_t>(std::max<long>(::sysconf(_SC_PAGESIZE), 0));
  const std::size_t bytes = pages * page_bytes;
  const File limit(::open("/sys/fs/cgroup/memory.max", O_RDONLY | O_CLOEXEC));
  if (limit.fd() < 0) return bytes;  // No control groups.
  std::string text(32, '\0');
  const ssize_t read = ::read(limit.fd(), text.data(), text.size());
  std::size_t most = 0;
  // "max" is no number, and no limit.
  const bool limited =
      read > 0 && std::from_chars(text.data(), text.data() + read, most).ec == std::errc();
  return limited ? std::min(bytes, most) : bytes;
}

Result<std::size_t> MemoryShare(std::size_t configured, std::size_t usable,
                                std::size_t body_bytes_max) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  // An app may hold three eighths, and a request several times its body: text, tree and answer.
  const std::size_t least = 16 * kMiB + 16 * body_bytes_max;
  if (configured == 0) return std::max(std::clamp(usable / 8, 128 * kMiB, 1024 * kMiB), least);
  if (configured >= least) return configured;
  return InputError(
      fmt::format("limits.memory_bytes must be at least {} with a limits.body_bytes of {}", least,
                  body_bytes_max));
}

Result<std::string> KeptDevToken(const std::string& data_directory) {
  const std::string path = data_directory + "/dev-admin-token";
  const File known(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (known.fd() < 0 && errno != ENOENT) return FileError(path, "opened");
  if (known.fd() >= 0) {
    std::string token(kTokenLength + 2, '\0');
    const ssize_t bytes = ::read(known.fd(), token.data(), token.size());
    if (bytes < 0) return FileError(path, "read");
    token.resize(static_cast<std::size_t>(bytes));
    while (token.ends_with('\n')) token.pop_back();
    if (IsToken(token)) return token;
    // Cut short by a crash, or somebody's notes: made anew below.
  }
  // Under another name first: a reader finds the whole token or none.
  const std::string temporary = path + ".new";
  const File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.fd() < 0) return FileError(temporary, "created");
  if (::fchmod(file.fd(), 0600) != 0) return FileError(temporary, "protected");
  std::string token = RandomKey(kTokenLength);
  const std::string line = token + "\n";
  if (::write(file.fd(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return FileError(temporary, "written");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return FileError(path, "replaced");
  return token;
}

}  // namespace hookline::server
